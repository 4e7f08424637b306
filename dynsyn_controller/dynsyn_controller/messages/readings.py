"""dynsyn_msgs/Readings: any numbers, by name and with a stamp."""

from __future__ import annotations

import dataclasses
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from dynsyn_controller.messages.base import Block, Part, Sensor, check_names
from dynsyn_controller.messages.named import NamedExtractor


@dataclass(frozen=True)
class ReadingsSensor(Sensor):
    """Numbers without a message type of their own.

    Attributes:
        elements: their names; none in a robot file: those that its channels name.
    """

    name: str = "readings"
    elements: tuple[str, ...] = ()

    message: ClassVar[str] = "dynsyn_msgs/Readings"
    key: ClassVar[str] = "element"

    def bind(self, joints: tuple[str, ...], elements: tuple[str, ...]) -> Sensor:
        """See `Sensor`."""
        return self if self.elements else dataclasses.replace(self, elements=elements)

    def check(self) -> None:
        """See `Sensor`."""
        super().check()
        check_names("elements", self.elements)

    def blocks(self) -> tuple[Block, ...]:
        """See `Sensor`."""
        return (Block("", self.elements),)

    def extractor(self, part: Part, wanted: set[int]) -> NamedExtractor:
        """See `Sensor`."""
        return NamedExtractor(part, wanted, self.elements, {"": "value"})

    def writer(self, part: Part, message: Any) -> Callable[[list[float]], None]:
        """See `Sensor`."""
        message.name = list(self.elements)
        where = part[""]

        def fill(readings: list[float]) -> None:
            message.value = array("d", readings[where])

        return fill
