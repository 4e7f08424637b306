"""Messages made of vectors and orientations: sensor_msgs/Imu, nav_msgs/Odometry and the like.

A message of this kind is a table of its parts (`BodySensor.parts`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, ClassVar

from dynsyn_controller.messages.base import Block, MessageError, Part, Sensor

UNIT_TOLERANCE = 0.01
"""How far the length of an orientation may be from 1."""
ANGLES = ("roll", "pitch", "yaw", "rotation_x", "rotation_y", "rotation_z")
"""What a channel may read of an orientation; the first is operation 1 of `Observer`."""

_Getter = Callable[[Any], tuple[float, ...]]


@dataclass(frozen=True)
class Vector(Block):
    """x, y and z of a geometry_msgs/Vector3 or Point.

    Attributes:
        path: where it is in the message.
        covariance: where its covariance is, whose first element is -1 where there is no estimate;
            empty: there is none.
    """

    elements: tuple[str, ...] = ("x", "y", "z")
    path: str = ""
    covariance: str = ""


@dataclass(frozen=True)
class Orientation(Block):
    """A geometry_msgs/Quaternion. Channels read angles of it, see `ANGLES`.

    All zero means that the sender does not know; another length than 1 is refused.

    Attributes:
        path, covariance: as of a `Vector`.
    """

    elements: tuple[str, ...] = ("x", "y", "z", "w")
    unit: str = "unit quaternion"
    path: str = ""
    covariance: str = ""

    @property
    def defaults(self) -> tuple[float, ...]:
        """The identity orientation."""
        return (0.0, 0.0, 0.0, 1.0)

    def fields(self) -> dict[str, tuple[int, int]]:
        """See `Block`."""
        return {f"{self.title}.{angle}": (0, i) for i, angle in enumerate(ANGLES, start=1)}


class BodySensor(Sensor):
    """See the module. A derived class sets `parts`."""

    parts: ClassVar[tuple[Vector | Orientation, ...]] = ()

    def blocks(self) -> tuple[Block, ...]:
        """See `Sensor`."""
        return self.parts

    def extractor(self, part: Part, wanted: set[int]) -> BodyExtractor:
        """See `Sensor`."""
        return BodyExtractor(self.parts, part, wanted)

    def writer(self, part: Part, message: Any) -> Callable[[list[float]], None]:
        """See `Sensor`."""
        vectors, orientations = [], []
        for block in self.parts:
            if block.name in part:
                kind = orientations if isinstance(block, Orientation) else vectors
                kind.append((attrgetter(block.path)(message), part[block.name]))
            elif block.covariance:
                attrgetter(block.covariance)(message)[0] = -1.0  # no estimate

        def fill(readings: list[float]) -> None:
            for field, where in vectors:
                field.x, field.y, field.z = readings[where]
            for field, where in orientations:
                field.x, field.y, field.z, field.w = readings[where]

        return fill


class BodyExtractor:
    """See `base.Extractor`; of a vector only the axes that are wanted are looked at."""

    def __init__(
        self, parts: tuple[Vector | Orientation, ...], part: Part, wanted: set[int]
    ) -> None:
        self.places: list[int] = []
        self.orders: dict[tuple[str, ...], Any] = {}
        self._vectors: list[tuple[_Getter, Callable | None, list[int]]] = []
        self._orientations: list[tuple[_Getter, Callable | None, list[int]]] = []
        for block in parts:
            where = part.get(block.name, slice(0, 0))
            places = list(range(where.start, where.stop))
            if wanted.isdisjoint(places):
                continue
            whole = isinstance(block, Orientation)
            if not whole:
                places = [place for place in places if place in wanted]
            axes = ["xyzw"[place - where.start] for place in places]
            covariance = attrgetter(block.covariance) if block.covariance else None
            kind = self._orientations if whole else self._vectors
            kind.append((_getter(block.path, axes), covariance, places))
            self.places += places

    def extract(self, message: Any) -> tuple[list[float], list[int]]:
        """See `base.Extractor`."""
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


def _getter(path: str, axes: list[str]) -> _Getter:
    if len(axes) > 1:
        return attrgetter(*(f"{path}.{axis}" for axis in axes))
    alone = attrgetter(f"{path}.{axes[0]}")
    return lambda message: (alone(message),)
