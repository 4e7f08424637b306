"""geometry_msgs/Twist and TwistStamped: what an operator commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dynsyn_controller.messages.body import BodySensor, Vector


@dataclass(frozen=True)
class TwistSensor(BodySensor):
    """A commanded velocity. Its messages bear no stamp."""

    name: str = "command"

    message: ClassVar[str] = "geometry_msgs/Twist"
    stamped: ClassVar[bool] = False
    parts: ClassVar = (
        Vector("linear", unit="m/s", path="linear"),
        Vector("angular", unit="rad/s", path="angular"),
    )


@dataclass(frozen=True)
class TwistStampedSensor(TwistSensor):
    """The same with a header, which is passed over: a command belongs to no observation."""

    name: str = "command_stamped"

    message: ClassVar[str] = "geometry_msgs/TwistStamped"
    parts: ClassVar = (
        Vector("linear", unit="m/s", path="twist.linear"),
        Vector("angular", unit="rad/s", path="twist.angular"),
    )
