"""nav_msgs/Odometry: place, orientation and velocities of the body."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from dynsyn_controller.messages.base import Part
from dynsyn_controller.messages.body import BodySensor, Orientation, Vector


@dataclass(frozen=True)
class OdometrySensor(BodySensor):
    """The body's pose in the world, and its twist."""

    name: str = "odom"

    message: ClassVar[str] = "nav_msgs/Odometry"
    frame: ClassVar[str] = "odom"
    parts: ClassVar = (
        Vector("position", unit="m", field="pose.position", path="pose.pose.position"),
        Orientation("orientation", field="pose.orientation", path="pose.pose.orientation"),
        Vector("linear", unit="m/s", field="twist.linear", path="twist.twist.linear"),
        Vector("angular", unit="rad/s", field="twist.angular", path="twist.twist.angular"),
    )

    def writer(self, part: Part, message: Any) -> Callable[[list[float]], None]:
        """See `Sensor`."""
        # Velocities do not turn with a body that pitches: see REP-103 and REP-120.
        message.child_frame_id = "base_stabilized"
        return super().writer(part, message)
