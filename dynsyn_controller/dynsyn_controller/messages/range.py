"""sensor_msgs/Range: one distance, by ultrasound or infrared."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from dynsyn_controller.messages import distances
from dynsyn_controller.messages.base import Block, Sensor


@dataclass(frozen=True)
class RangeSensor(Sensor):
    """A distance sensor; see `distances` for what its reading may be.

    Attributes:
        range_max: m; reading where nothing was met and the message does not tell.
    """

    name: str = "range"
    range_max: float = distances.RANGE_MAX

    message: ClassVar[str] = "sensor_msgs/Range"
    frame: ClassVar[str] = "base_link"

    def check(self) -> None:
        """See `Sensor`."""
        super().check()
        distances.check_range_max(self.range_max)

    def blocks(self) -> tuple[Block, ...]:
        """See `Sensor`."""
        return (Block(unit="m"),)

    def read(self, message: Any) -> list[float | None]:
        """See `Sensor`."""
        among = distances.limits(message.min_range, message.max_range, self.range_max)
        return [distances.reading(message.range, among)]

    def write(self, message: Any, readings: list[float]) -> None:
        """See `Sensor`."""
        (distance,) = readings
        message.min_range, message.max_range = 0.0, self.range_max
        message.range = math.inf if distance >= self.range_max else distance
