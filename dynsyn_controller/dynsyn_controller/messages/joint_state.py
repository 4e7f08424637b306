"""sensor_msgs/JointState: position, velocity and effort of joints, by name."""

from __future__ import annotations

import dataclasses
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from dynsyn_controller.core.schema import SchemaError
from dynsyn_controller.messages.base import Block, Part, Sensor, check_names
from dynsyn_controller.messages.named import NamedExtractor

FIELDS = {"position": "rad", "velocity": "rad/s", "effort": "N m"}
"""Field of the message and block of the sensor vector -> unit; m, m/s and N of a sliding joint."""


@dataclass(frozen=True)
class JointStateSensor(Sensor):
    """Joints of a robot.

    Attributes:
        joints: with an actuator, in the order of the effort vector; a robot file says them in its
            section `joints`.
        passive: joints without an actuator that the messages hold, too.
    """

    name: str = "joint_states"
    joints: tuple[str, ...] = ()
    passive: tuple[str, ...] = ()

    message: ClassVar[str] = "sensor_msgs/JointState"
    key: ClassVar[str] = "joint"
    frame: ClassVar[str] = "base_link"

    def bind(self, joints: tuple[str, ...], elements: tuple[str, ...]) -> Sensor:
        """See `Sensor`."""
        if self.joints:
            raise SchemaError("joints", "expected in the robot file's own section joints")
        return dataclasses.replace(self, joints=joints)

    def check(self) -> None:
        """See `Sensor`."""
        super().check()
        check_names("passive", self.joints + self.passive)

    def blocks(self) -> tuple[Block, ...]:
        """See `Sensor`."""
        names = self.joints + self.passive
        return tuple(Block(field, names, unit) for field, unit in FIELDS.items())

    def extractor(self, part: Part, wanted: set[int]) -> NamedExtractor:
        """See `Sensor`."""
        names = self.joints + self.passive
        return NamedExtractor(part, wanted, names, {field: field for field in FIELDS})

    def writer(self, part: Part, message: Any) -> Callable[[list[float]], None]:
        """See `Sensor`."""
        message.name = list(self.joints + self.passive)

        def fill(readings: list[float]) -> None:
            for field, where in part.items():
                setattr(message, field, array("d", readings[where]))

        return fill
