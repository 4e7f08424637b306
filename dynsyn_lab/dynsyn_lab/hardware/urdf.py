"""What a URDF says about joints, their limits and the inertial sensor.

Only the elements that a robot file has a use for are read, with the parser of Python's library:
https://wiki.ros.org/urdf/XML. No model is built.
"""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

MOVING = ("revolute", "continuous", "prismatic")
"""Types of joints that a motor may move."""
_TYPES = (*MOVING, "fixed", "floating", "planar")
_XACRO = "{http://www.ros.org/wiki/xacro}"


class UrdfError(ValueError):
    """A description that cannot be used; the message names file, element and what is expected."""


@dataclass(frozen=True)
class UrdfJoint:
    """A joint that can move.

    Attributes:
        name: unique.
        kind: revolute, continuous or prismatic.
        lower, upper: rad or m; None: not limited.
        velocity: rad/s or m/s, > 0; None: not stated.
        effort: N m or N, > 0; None: not stated.
        mimics: joint that it follows; empty: it has its own motor.
    """

    name: str
    kind: str
    lower: float | None
    upper: float | None
    velocity: float | None
    effort: float | None
    mimics: str = ""


@dataclass(frozen=True)
class Urdf:
    """A robot's description.

    Attributes:
        name: of the robot.
        joints: that can move, in the order of the file.
        links: names.
        imu: link, or frame, of the inertial sensor; empty: none is named.
        imu_rate: Hz; None: not stated.
    """

    name: str
    joints: tuple[UrdfJoint, ...]
    links: tuple[str, ...]
    imu: str = ""
    imu_rate: float | None = None

    @property
    def actuated(self) -> tuple[UrdfJoint, ...]:
        """Joints with a motor of their own."""
        return tuple(joint for joint in self.joints if not joint.mimics)


def load_urdf(path: Path) -> Urdf:
    """Read a file.

    Raises:
        UrdfError: it is missing, is xacro, or says something that cannot be.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UrdfError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UrdfError(f"{path}: not UTF-8 text") from None
    return parse_urdf(text, str(path))


def parse_urdf(text: str, where: str) -> Urdf:
    """Read the text of a URDF.

    Args:
        text: it.
        where: what errors call it.

    Raises:
        UrdfError: it is no URDF, is xacro, or says something that cannot be.
    """
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise UrdfError(f"{where}: not valid XML: {error}") from None
    if root.tag != "robot":
        raise UrdfError(f"{where}: found <{root.tag}>, expected <robot>")
    if any(str(element.tag).startswith(_XACRO) for element in root.iter()):
        raise UrdfError(f"{where}: is xacro, expected plain URDF: xacro {where} > robot.urdf")
    joints = []
    seen: set[str] = set()
    for element in root.findall("joint"):
        name = element.get("name", "")
        what = f'{where}: <joint name="{name}">'
        if not name:
            raise UrdfError(f"{where}: <joint>: attribute name: missing")
        if name in seen:
            raise UrdfError(f"{what}: appears twice, expected unique names")
        seen.add(name)
        joint = _joint(element, what)
        if joint is not None:
            joints.append(joint)
    for joint in joints:
        if joint.mimics and joint.mimics not in seen:
            raise UrdfError(
                f'{where}: <joint name="{joint.name}">: <mimic>: found joint {joint.mimics!r}, '
                "expected a joint of this robot"
            )
    links = tuple(link.get("name", "") for link in root.findall("link"))
    imu, rate = _imu(root, links, where)
    return Urdf(root.get("name", "robot"), tuple(joints), links, imu, rate)


def _joint(element: ElementTree.Element, where: str) -> UrdfJoint | None:
    """None: it cannot move, or has more than one degree of freedom."""
    kind = element.get("type", "")
    if kind not in _TYPES:
        raise UrdfError(f"{where}: type: found {kind!r}, expected one of {', '.join(_TYPES)}")
    if kind not in MOVING:
        return None
    limit, mimic = element.find("limit"), element.find("mimic")
    if limit is None:
        if kind != "continuous" and mimic is None:
            raise UrdfError(f"{where}: <limit>: missing, which a {kind} joint must have")
        limit = ElementTree.Element("limit")
    lower = upper = None
    if kind != "continuous":
        lower, upper = (_number(limit, key, f"{where}: <limit>") for key in ("lower", "upper"))
        lower, upper = lower or 0.0, upper or 0.0
        if lower > upper:
            raise UrdfError(f"{where}: <limit>: lower {lower:g}, expected at most upper {upper:g}")
        if lower == upper:  # exporters that know no limits write zeros
            lower = upper = None
    velocity, effort = (_size(limit, key, f"{where}: <limit>") for key in ("velocity", "effort"))
    follows = "" if mimic is None else mimic.get("joint", "")
    return UrdfJoint(element.get("name", ""), kind, lower, upper, velocity, effort, follows)


def _number(element: ElementTree.Element, key: str, where: str) -> float | None:
    text = element.get(key)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UrdfError(f"{where}: {key}: found {text!r}, expected a finite number")
    return value


def _size(element: ElementTree.Element, key: str, where: str) -> float | None:
    """A number above 0; None where it is left out, or 0, which is how exporters say so."""
    value = _number(element, key, where)
    if value is not None and value < 0.0:
        raise UrdfError(f"{where}: {key}: found {value:g}, expected 0 or more")
    return value or None


def _imu(root: ElementTree.Element, links: tuple[str, ...], where: str) -> tuple[str, float | None]:
    """Link of the inertial sensor and its rate: of Gazebo, of ros2_control, or by its name."""
    for gazebo in root.findall("gazebo"):
        for sensor in gazebo.findall("sensor"):
            if sensor.get("type") == "imu":
                rate = sensor.findtext("update_rate")
                found = ElementTree.Element("sensor", {"update_rate": rate} if rate else {})
                what = f'{where}: <sensor name="{sensor.get("name", "")}">'
                return gazebo.get("reference") or "", _size(found, "update_rate", what)
    for sensor in root.iterfind("ros2_control/sensor"):
        states = {each.get("name", "") for each in sensor.findall("state_interface")}
        if "orientation.x" in states:
            frame = sensor.findtext("param[@name='frame_id']")
            return frame or sensor.get("name") or "", None
    named = [link for link in links if re.search(r"(^|_)imu(_|$|\d)", link.lower())]
    return (named[0] if named else ""), None
