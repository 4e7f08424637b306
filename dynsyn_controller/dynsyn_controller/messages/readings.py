"""What each kind of sensor message says, picked out by name: the parts of `conversions`.

A taker knows the elements of the sensor vector that are wanted from its source, and for a message
returns their values and places.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from operator import attrgetter
from typing import Any, Protocol

from dynsyn_controller.robot.sensors import BODY_BLOCKS, JOINT_FIELDS, SensorLayout

_FIELDS = {
    "imu.orientation": "orientation",
    "imu.angular_velocity": "angular_velocity",
    "imu.linear_acceleration": "linear_acceleration",
    "odom.position": "pose.pose.position",
    "odom.orientation": "pose.pose.orientation",
    "odom.linear": "twist.twist.linear",
    "odom.angular": "twist.twist.angular",
    "command.linear": "linear",
    "command.angular": "angular",
}
_COVARIANCES = {
    block: f"{field}_covariance" for block, field in _FIELDS.items() if block.startswith("imu.")
}
UNIT_TOLERANCE = 0.01
"""How far the length of an orientation may be from 1."""


class MessageError(ValueError):
    """A message that cannot be used; nothing of it has been taken."""


class Taker(Protocol):
    """Picks the wanted readings out of the messages of one source.

    Attributes:
        places: elements of the sensor vector that it may bring.
    """

    places: list[int]

    def take(self, message: Any) -> tuple[list[float], list[int]]:
        """Values of those that the message has, and their places."""


def takers(layout: SensorLayout, wanted: set[int]) -> dict[str, Taker]:
    """Source -> its taker, for the sources from which any element of `wanted` comes."""
    fields = {f"joint.{field}": field for field in JOINT_FIELDS}
    found: dict[str, Taker] = {
        "joint_states": NamedTaker(layout, wanted, layout.joints, fields),
        "contacts": NamedTaker(layout, wanted, layout.contacts, {"contacts": "in_contact"}),
        "scan": ScanTaker(layout, wanted),
    }
    for source in ("imu", "odom", "command"):
        found[source] = BodyTaker(layout, wanted, source)
    return {source: taker for source, taker in found.items() if taker.places}


class NamedTaker:
    """Readings by name: sensor_msgs/JointState and dynsyn_msgs/Contacts.

    Args:
        layout: of the sensor vector.
        wanted: elements of it.
        names: those that the layout has; others in a message are passed over.
        fields: block of the layout -> field of the message.
    """

    def __init__(
        self, layout: SensorLayout, wanted: set[int], names: tuple[str, ...], fields: dict[str, str]
    ) -> None:
        self._places: dict[str, dict[str, int]] = {}
        for block, field in fields.items():
            places = range(layout.size)[layout.blocks[block]]
            self._places[field] = {n: p for n, p in zip(names, places, strict=True) if p in wanted}
        self.places = [place for places in self._places.values() for place in places.values()]
        self._last: list[str] = []
        self._picks: list[tuple[str, list[int], list[int]]] = []

    def take(self, message: Any) -> tuple[list[float], list[int]]:
        names = message.name
        if names != self._last:
            self._match(names)
        values: list[float] = []
        places: list[int] = []
        for field, indices, targets in self._picks:
            readings = getattr(message, field)
            if len(readings) == len(names):
                values += [readings[index] for index in indices]
                places += targets
            elif len(readings) > 0:  # empty is the message's way to say: not measured
                raise MessageError(f"{field}: {len(readings)} values for {len(names)} names")
        return values, places

    def _match(self, names: list[str]) -> None:
        if len(set(names)) != len(names):
            raise MessageError(f"a name appears twice in {', '.join(names)}")
        self._picks = []
        for field, places in self._places.items():
            indices = [index for index, name in enumerate(names) if name in places]
            if indices:
                self._picks.append((field, indices, [places[names[i]] for i in indices]))
        self._last = list(names)


class BodyTaker:
    """Vectors and orientations: sensor_msgs/Imu, nav_msgs/Odometry and geometry_msgs/Twist."""

    def __init__(self, layout: SensorLayout, wanted: set[int], source: str) -> None:
        self.places: list[int] = []
        self._vectors: list[tuple[Callable, Callable | None, list[int]]] = []
        self._orientations: list[tuple[Callable, Callable | None, list[int]]] = []
        for block, width in BODY_BLOCKS:
            places = list(range(layout.size))[layout.blocks[block]]
            if not block.startswith(f"{source}.") or wanted.isdisjoint(places):
                continue
            if width == 3:  # an orientation is only ever used as a whole
                places = [place for place in places if place in wanted]
            axes = ["xyzw"[place - layout.blocks[block].start] for place in places]
            getter = _getter(_FIELDS[block], axes)
            covariance = attrgetter(_COVARIANCES[block]) if block in _COVARIANCES else None
            kind = self._orientations if width == 4 else self._vectors
            kind.append((getter, covariance, places))
            self.places += places

    def take(self, message: Any) -> tuple[list[float], list[int]]:
        values: list[float] = []
        places: list[int] = []
        for getter, covariance, targets in self._vectors:
            if covariance is None or covariance(message)[0] != -1.0:
                values += getter(message)
                places += targets
        for getter, covariance, targets in self._orientations:
            if covariance is not None and covariance(message)[0] == -1.0:
                continue
            quaternion = getter(message)
            length = math.hypot(*quaternion)
            if length == 0.0:  # what a driver leaves that does not know
                continue
            if not abs(length - 1.0) < UNIT_TOLERANCE:
                raise MessageError(f"orientation of length {length:g}, expected a unit quaternion")
            values += quaternion
            places += targets
        return values, places


def _getter(field: str, axes: list[str]) -> Callable[[Any], tuple[float, ...]]:
    if len(axes) > 1:
        return attrgetter(*(f"{field}.{axis}" for axis in axes))
    alone = attrgetter(f"{field}.{axes[0]}")
    return lambda message: (alone(message),)


class ScanTaker:
    """Rays of a sensor_msgs/LaserScan. REP-117: +inf is one that met nothing and reads as the
    scan's range_max; -inf met something too close and reads as its range_min."""

    def __init__(self, layout: SensorLayout, wanted: set[int]) -> None:
        first = layout.blocks["scan"].start
        self._rays = [ray for ray in range(layout.rays) if first + ray in wanted]
        self._count = layout.rays
        self.places = [first + ray for ray in self._rays]

    def take(self, message: Any) -> tuple[list[float], list[int]]:
        ranges = message.ranges
        if len(ranges) != self._count:
            raise MessageError(f"{len(ranges)} rays, expected {self._count}")
        values = [ranges[ray] for ray in self._rays]
        if math.isinf(sum(values)):
            ends = {math.inf: message.range_max, -math.inf: message.range_min}
            values = [ends.get(value, value) for value in values]
        return values, self.places
