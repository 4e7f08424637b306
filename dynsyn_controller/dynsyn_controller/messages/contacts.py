"""dynsyn_msgs/Contacts: whether something touches, by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from dynsyn_controller.messages.base import Block, Part, Sensor, check_names
from dynsyn_controller.messages.named import NamedExtractor


@dataclass(frozen=True)
class ContactSensor(Sensor):
    """Contact sensors, 0 or 1 each.

    Attributes:
        contacts: their names; none in a robot file: those that its channels name.
    """

    name: str = "contacts"
    contacts: tuple[str, ...] = ()

    message: ClassVar[str] = "dynsyn_msgs/Contacts"
    key: ClassVar[str] = "contact"

    def bind(self, joints: tuple[str, ...], elements: tuple[str, ...]) -> Sensor:
        """See `Sensor`."""
        return self if self.contacts else dataclasses.replace(self, contacts=elements)

    def check(self) -> None:
        """See `Sensor`."""
        super().check()
        check_names("contacts", self.contacts)

    def blocks(self) -> tuple[Block, ...]:
        """See `Sensor`."""
        return (Block("", self.contacts, "0 or 1"),)

    def extractor(self, part: Part, wanted: set[int]) -> NamedExtractor:
        """See `Sensor`."""
        return NamedExtractor(part, wanted, self.contacts, {"": "in_contact"})

    def writer(self, part: Part, message: Any) -> Callable[[list[float]], None]:
        """See `Sensor`."""
        message.name = list(self.contacts)
        where = part[""]

        def fill(readings: list[float]) -> None:
            message.in_contact = [value > 0.5 for value in readings[where]]

        return fill
