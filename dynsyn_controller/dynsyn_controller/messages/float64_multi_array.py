"""std_msgs/Float64MultiArray: any numbers, in an order that the robot file gives names to."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Any, ClassVar

from dynsyn_controller.core.schema import SchemaError
from dynsyn_controller.messages.base import Block, MessageError, Sensor, check_names


@dataclass(frozen=True)
class Float64MultiArraySensor(Sensor):
    """Numbers without a message type of their own. Its messages bear no stamp.

    Attributes:
        elements: names of the numbers, in the order of the message; another number of them is
            refused.
    """

    name: str = "float64_multi_array"
    elements: tuple[str, ...] = ()

    message: ClassVar[str] = "std_msgs/Float64MultiArray"
    key: ClassVar[str] = "element"
    stamped: ClassVar[bool] = False

    def check(self) -> None:
        """See `Sensor`."""
        super().check()
        if not self.elements:
            raise SchemaError("elements", "missing, expected the names of the numbers")
        check_names("elements", self.elements)

    def blocks(self) -> tuple[Block, ...]:
        """See `Sensor`."""
        return (Block("", self.elements),)

    def read(self, message: Any) -> Any:
        """See `Sensor`."""
        if len(message.data) != len(self.elements):
            raise MessageError(f"{len(message.data)} numbers, expected {len(self.elements)}")
        return message.data

    def write(self, message: Any, readings: list[float]) -> None:
        """See `Sensor`."""
        message.data = array("d", readings)
