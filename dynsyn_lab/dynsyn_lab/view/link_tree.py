"""Where a robot's links are, and their outlines as seen from the side or from above, for the view.

What the same URDF says of limits is read by `hardware.urdf`, which is stricter and needs no tree:
what a robot file is written from must be right, a picture may leave out what it cannot draw.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
SIDE, TOP = "side", "top"
_PLANES = {SIDE: (0, 2), TOP: (0, 1)}
_ROUND = 12
"""Points that stand for a circle."""


@dataclass(frozen=True)
class TreeJoint:
    """A joint: see `BodyModel.Joint`; `origin` is (4, 4), `axis` (3,)."""

    name: str
    kind: str
    parent: str
    child: str
    origin: FloatArray
    axis: FloatArray

    def transform(self, position: float) -> FloatArray:
        """The child's frame in the parent's, (4, 4), at this position (rad or m)."""
        moved = np.eye(4)
        if self.kind == "prismatic":
            moved[:3, 3] = position * self.axis
        elif self.kind in ("revolute", "continuous"):
            moved[:3, :3] = _turn(self.axis, position)
        return self.origin @ moved


@dataclass
class LinkTree:
    """Links and joints of a robot.

    Attributes:
        root: name of the link that no joint moves.
        joints: parents before children.
        corners: points of each link's shapes, one array (points, 3) a shape, m in its frame.
    """

    root: str
    joints: list[TreeJoint]
    corners: dict[str, list[FloatArray]] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> LinkTree:
        """Read a URDF; shapes are its boxes, cylinders and spheres, meshes are left out.

        Raises:
            ValueError: it is no URDF: not XML, or its links are not one tree.
        """
        try:
            robot = ElementTree.fromstring(text)
        except ElementTree.ParseError as error:
            raise ValueError(f"robot_description: not XML: {error}") from None
        joints = [_joint(each) for each in robot.findall("joint")]
        links = [each.get("name", "") for each in robot.findall("link")]
        children = {joint.child for joint in joints}
        roots = [name for name in links if name not in children]
        if len(roots) != 1:
            raise ValueError(f"robot_description: found {len(roots)} root links, expected one")
        ordered: list[TreeJoint] = []
        known = {roots[0]}
        while len(ordered) < len(joints):
            ready = [j for j in joints if j.parent in known and j.child not in known]
            if not ready:
                raise ValueError("robot_description: its joints are no tree")
            ordered += ready
            known |= {joint.child for joint in ready}
        corners = {each.get("name", ""): _shapes(each) for each in robot.findall("link")}
        return cls(roots[0], ordered, corners)

    @property
    def view(self) -> str:
        """SIDE, or TOP where the joints' axes are upright rather than across."""
        across, upright = 0.0, 0.0
        for joint in self.joints:
            if joint.kind in ("revolute", "continuous"):
                across += abs(joint.axis[1])
                upright += abs(joint.axis[2])
        return TOP if upright > across else SIDE

    def place(self, positions: Mapping[str, float], base: FloatArray) -> dict[str, FloatArray]:
        """Pose (4, 4) of every link.

        Args:
            positions: rad or m by joint; joints that are not there stand at 0.
            base: (4, 4) pose of the root.
        """
        poses = {self.root: base}
        for joint in self.joints:
            transform = joint.transform(positions.get(joint.name, 0.0))
            poses[joint.child] = poses[joint.parent] @ transform
        return poses

    def outlines(self, poses: Mapping[str, FloatArray]) -> list[dict[str, Any]]:
        """Convex outline of every shape as it is seen: link's name, and points [[across, up]] in m.

        Shapes that are further away come first.
        """
        seen = list(_PLANES[self.view])
        (depth,) = {0, 1, 2} - set(seen)
        sign = 1.0 if self.view == TOP else -1.0  # seen from -y, or from +z
        found = []
        for name, pose in poses.items():
            for corners in self.corners.get(name, ()):
                points = corners @ pose[:3, :3].T + pose[:3, 3]
                order = sign * float(points[:, depth].mean())
                found.append((order, name, convex(points[:, seen])))
        found.sort(key=lambda each: each[0])
        return [{"link": name, "points": points.round(4).tolist()} for _, name, points in found]


def pose(position: Any, orientation: Any) -> FloatArray:
    """(4, 4) of a geometry_msgs Point and Quaternion."""
    x, y, z, w = orientation.x, orientation.y, orientation.z, orientation.w
    angle = 2.0 * math.atan2(math.hypot(x, y, z), w)
    length = math.hypot(x, y, z) or 1.0
    made = np.eye(4)
    made[:3, :3] = _turn(np.array([x, y, z]) / length, angle)
    made[:3, 3] = position.x, position.y, position.z
    return made


def convex(points: FloatArray) -> FloatArray:
    """Corners (n, 2) of the convex hull, counter-clockwise (Andrew's monotone chain)."""
    ordered = sorted(map(tuple, points.tolist()))
    halves = []
    for sequence in (ordered, ordered[::-1]):
        half: list[tuple[float, ...]] = []
        for point in sequence:
            while len(half) > 1 and _left(half[-2], half[-1], point) <= 0:
                half.pop()
            half.append(point)
        halves += half[:-1]
    return np.array(halves or ordered[:1])


def _left(a: Any, b: Any, c: Any) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _turn(axis: FloatArray, angle: float) -> FloatArray:
    """Rotation by an angle about a unit axis (Rodrigues), (3, 3)."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + math.sin(angle) * cross + (1.0 - math.cos(angle)) * cross @ cross


def _joint(element: ElementTree.Element) -> TreeJoint:
    axis, parent, child = (element.find(name) for name in ("axis", "parent", "child"))
    name = element.get("name", "")
    if parent is None or child is None:
        raise ValueError(f"robot_description: joint {name!r} has no parent or no child")
    direction = _numbers(axis.get("xyz", "") if axis is not None else "1 0 0", 3)
    length = float(np.linalg.norm(direction)) or 1.0
    return TreeJoint(
        name=name,
        kind=element.get("type", "fixed"),
        parent=parent.get("link", ""),
        child=child.get("link", ""),
        origin=_origin(element),
        axis=direction / length,
    )


def _origin(element: ElementTree.Element) -> FloatArray:
    made, origin = np.eye(4), element.find("origin")
    if origin is not None:
        made[:3, 3] = _numbers(origin.get("xyz", "0 0 0"), 3)
        roll, pitch, yaw = _numbers(origin.get("rpy", "0 0 0"), 3)
        x, y, z = np.eye(3)
        made[:3, :3] = _turn(z, yaw) @ _turn(y, pitch) @ _turn(x, roll)
    return made


def _shapes(link: ElementTree.Element) -> list[FloatArray]:
    found = []
    for visual in link.findall("visual"):
        for shape in visual.findall("geometry/*"):
            corners = _corners(shape)
            if corners is not None:
                origin = _origin(visual)
                found.append(corners @ origin[:3, :3].T + origin[:3, 3])
    return found


def _corners(shape: ElementTree.Element) -> FloatArray | None:
    if shape.tag == "box":
        half = 0.5 * _numbers(shape.get("size", ""), 3)
        signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
        return signs * half
    if shape.tag not in ("cylinder", "sphere"):
        return None
    (radius,) = _numbers(shape.get("radius", ""), 1)
    angles = np.linspace(0.0, 2.0 * math.pi, _ROUND, endpoint=False)
    ring = radius * np.column_stack([np.cos(angles), np.sin(angles), np.zeros(_ROUND)])
    if shape.tag == "sphere":
        return np.vstack([np.roll(ring, shift, axis=1) for shift in range(3)])
    (length,) = _numbers(shape.get("length", ""), 1)
    return np.vstack([ring + [0.0, 0.0, 0.5 * length], ring - [0.0, 0.0, 0.5 * length]])


def _numbers(text: str, count: int) -> FloatArray:
    try:
        found = np.array([float(word) for word in text.split()])
    except ValueError:
        found = np.zeros(0)
    if found.size != count:
        raise ValueError(f"robot_description: found {text!r}, expected {count} numbers")
    return found
