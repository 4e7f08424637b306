"""Links and joints of a simulated body: its URDF, and the transforms between its frames.

Frames follow REP-103 and REP-105: `odom`, in it the body's base `base_link`, and from there one
frame for each link, named after the link. A link's frame lies in the joint that moves it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from xml.etree import ElementTree

BASE = "base_link"
ODOM = "odom"
LIDAR = "lidar"
STABILIZED = "base_stabilized"
"""The base without its pitch and roll (REP-120), in which odometry gives its twist."""

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]
"""x, y, z, w."""
UNTURNED: Quaternion = (0.0, 0.0, 0.0, 1.0)


class Box(NamedTuple):
    """A box of a link.

    Attributes:
        size: m along x, y and z.
        centre: m, in the link's frame.
    """

    size: Vector
    centre: Vector = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Link:
    """A rigid part.

    Attributes:
        name: also of its frame.
        boxes: what it looks like.
    """

    name: str
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True)
class Joint:
    """What moves a link against another.

    Attributes:
        name: as in joint_states.
        parent, child: names of links.
        kind: revolute, continuous or prismatic.
        origin: m, place of the child's frame in the parent's where the joint's position is 0.
        axis: unit vector, about which or along which a positive position moves the child.
        lower, upper: rad or m.
        effort, velocity: limits: N m or N; rad/s or m/s. URDF wants both; 1000 stands for none.
        zero: rad about the axis, of the child's frame where the position is 0; other than 0 only
            with an axis along x, y or z.
    """

    name: str
    parent: str
    child: str
    kind: str = "revolute"
    origin: Vector = (0.0, 0.0, 0.0)
    axis: Vector = (0.0, 0.0, 1.0)
    lower: float = 0.0
    upper: float = 0.0
    effort: float = 0.0
    velocity: float = 1e3
    zero: float = 0.0

    def transform(self, position: float) -> Transform:
        """From the parent's frame to the child's at this position (rad or m)."""
        if self.kind == "prismatic":
            x, y, z = (o + position * a for o, a in zip(self.origin, self.axis, strict=True))
            return Transform(self.parent, self.child, (x, y, z), UNTURNED)
        half = 0.5 * (position + self.zero)
        x, y, z = (math.sin(half) * part for part in self.axis)
        turn = (x, y, z, math.cos(half))
        return Transform(self.parent, self.child, self.origin, turn)


class Transform(NamedTuple):
    """Where a frame is in its parent's.

    Attributes:
        parent, child: names of the frames.
        translation: m.
        rotation: unit quaternion x, y, z, w.
    """

    parent: str
    child: str
    translation: Vector
    rotation: Quaternion


@dataclass(frozen=True)
class BodyModel:
    """A tree of links.

    Attributes:
        name: of the robot.
        links: the root first.
        joints: each moves one link; their children in any order.
        lidar: rotation of frame `lidar` in `base_stabilized`; None: the body has no lidar.
    """

    name: str
    links: tuple[Link, ...]
    joints: tuple[Joint, ...]
    lidar: Quaternion | None = None

    def urdf(self) -> str:
        """The model as URDF."""
        robot = ElementTree.Element("robot", name=self.name)
        for link in self.links:
            _add_link(robot, link)
        for joint in self.joints:
            _add_joint(robot, joint)
        ElementTree.indent(robot)
        return ElementTree.tostring(robot, encoding="unicode", xml_declaration=True)

    def fixed(self) -> list[Transform]:
        """Transforms that do not change."""
        if self.lidar is None:
            return []
        return [Transform(STABILIZED, LIDAR, (0.0, 0.0, 0.0), self.lidar)]

    def moved(self, positions: Mapping[str, float]) -> list[Transform]:
        """Transforms of the joints that move.

        Args:
            positions: rad or m, by joint.
        """
        return [joint.transform(positions[joint.name]) for joint in self.joints]


STANDING = Transform(ODOM, BASE, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))
"""A base that does not move; who looks at the body looks for it in `odom`."""


def placed(position: Vector, orientation: Quaternion) -> list[Transform]:
    """Where the base is in `odom`, and the stabilised base in the base.

    Args:
        position: of the base, m.
        orientation: of the base.
    """
    x, y, z, w = orientation
    # The stabilised base keeps the heading: the inverse of the tilt is all that is left of it.
    length = math.hypot(z, w) or 1.0
    heading = (0.0, 0.0, z / length, w / length)
    level = _product((-x, -y, -z, w), heading)
    return [
        Transform(ODOM, BASE, position, orientation),
        Transform(BASE, STABILIZED, (0.0, 0.0, 0.0), level),
    ]


def _product(a: Quaternion, b: Quaternion) -> Quaternion:
    ax, ay, az, aw = a
    bx, by, bz, bw = b
    return (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )


def _add_link(robot: ElementTree.Element, link: Link) -> None:
    element = ElementTree.SubElement(robot, "link", name=link.name)
    for box in link.boxes:
        visual = ElementTree.SubElement(element, "visual")
        ElementTree.SubElement(visual, "origin", xyz=_text(box.centre), rpy="0 0 0")
        geometry = ElementTree.SubElement(visual, "geometry")
        ElementTree.SubElement(geometry, "box", size=_text(box.size))


def _add_joint(robot: ElementTree.Element, joint: Joint) -> None:
    element = ElementTree.SubElement(robot, "joint", name=joint.name, type=joint.kind)
    ElementTree.SubElement(element, "parent", link=joint.parent)
    ElementTree.SubElement(element, "child", link=joint.child)
    x, y, z = joint.axis
    turned = (joint.zero * x, joint.zero * y, joint.zero * z)
    ElementTree.SubElement(element, "origin", xyz=_text(joint.origin), rpy=_text(turned))
    ElementTree.SubElement(element, "axis", xyz=_text(joint.axis))
    limit = {"effort": f"{joint.effort:.17g}", "velocity": f"{joint.velocity:.17g}"}
    if joint.kind != "continuous":
        limit |= {"lower": f"{joint.lower:.17g}", "upper": f"{joint.upper:.17g}"}
    ElementTree.SubElement(element, "limit", limit)


def _text(vector: Vector) -> str:
    return " ".join(f"{part:.17g}" for part in vector)
