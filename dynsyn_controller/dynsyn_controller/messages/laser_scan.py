"""sensor_msgs/LaserScan: distances along rays."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from dynsyn_controller.core.schema import SchemaError
from dynsyn_controller.messages import distances
from dynsyn_controller.messages.base import Block, MessageError, Part, Sensor


@dataclass(frozen=True)
class LaserScanSensor(Sensor):
    """A lidar; see `distances` for what its rays may be.

    Attributes:
        rays: number of rays of a message; another number is refused.
        range_max: m; reading of a ray that met nothing, where the message does not tell.
        angle_min, angle_increment: rad; of the first ray, and between rays, of a simulated lidar.
        scan_time: s between the scans of a simulated lidar.
    """

    name: str = "scan"
    rays: int = 0
    range_max: float = distances.RANGE_MAX
    angle_min: float = 0.0
    angle_increment: float = 0.0
    scan_time: float = 0.0

    message: ClassVar[str] = "sensor_msgs/LaserScan"
    key: ClassVar[str] = "ray"
    key_type: ClassVar[type] = int
    frame: ClassVar[str] = "lidar"

    def check(self) -> None:
        """See `Sensor`."""
        super().check()
        if self.rays < 1:
            raise SchemaError("rays", f"found {self.rays}, expected the number of rays, 1 or more")
        distances.check_range_max(self.range_max)

    def blocks(self) -> tuple[Block, ...]:
        """See `Sensor`."""
        return (Block("", tuple(map(str, range(self.rays))), "m"),)

    def extractor(self, part: Part, wanted: set[int]) -> ScanExtractor:
        """See `Sensor`."""
        return ScanExtractor(self, part, wanted)

    def writer(self, part: Part, message: Any) -> Callable[[list[float]], None]:
        """See `Sensor`."""
        message.angle_min, message.angle_increment = self.angle_min, self.angle_increment
        message.angle_max = self.angle_min + (self.rays - 1) * self.angle_increment
        message.scan_time = self.scan_time
        message.range_min, message.range_max = 0.0, self.range_max
        where, limit = part[""], self.range_max

        def fill(readings: list[float]) -> None:
            rays = readings[where]
            message.ranges = array("f", [math.inf if ray >= limit else ray for ray in rays])

        return fill


class ScanExtractor:
    """See `base.Extractor`; rays that are to be discarded are left out."""

    def __init__(self, sensor: LaserScanSensor, part: Part, wanted: set[int]) -> None:
        first = part[""].start
        self._count, self._range_max = sensor.rays, sensor.range_max
        self._rays = [ray for ray in range(sensor.rays) if first + ray in wanted]
        self.places = [first + ray for ray in self._rays]
        self.orders: dict[tuple[str, ...], Any] = {}

    def extract(self, message: Any) -> tuple[list[float], list[int]]:
        """See `base.Extractor`."""
        ranges = message.ranges
        if len(ranges) != self._count:
            raise MessageError(f"{len(ranges)} rays, expected {self._count}")
        among = distances.limits(message.range_min, message.range_max, self._range_max)
        plain: list[float] = [ranges[ray] for ray in self._rays]
        ordinary = math.isfinite(sum(plain)) and among.low <= min(plain)
        if ordinary and max(plain) <= among.farthest:  # each reads as it is, and this is quicker
            return plain, self.places
        values = [distances.reading(distance, among) for distance in plain]
        if None not in values:
            return cast(list[float], values), self.places
        kept = [(v, p) for v, p in zip(values, self.places, strict=True) if v is not None]
        return [value for value, _ in kept], [place for _, place in kept]
