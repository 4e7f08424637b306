"""sensor_msgs/Imu: orientation, angular velocity and linear acceleration of the body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dynsyn_controller.messages.body import BodySensor, Orientation, Vector


@dataclass(frozen=True)
class ImuSensor(BodySensor):
    """An inertial measurement unit; what its covariance calls unknown is not measured."""

    name: str = "imu"

    message: ClassVar[str] = "sensor_msgs/Imu"
    frame: ClassVar[str] = "base_link"
    parts: ClassVar = (
        Orientation("orientation", path="orientation", covariance="orientation_covariance"),
        Vector(
            "angular_velocity",
            unit="rad/s",
            path="angular_velocity",
            covariance="angular_velocity_covariance",
        ),
        Vector(
            "linear_acceleration",
            unit="m/s^2",
            path="linear_acceleration",
            covariance="linear_acceleration_covariance",
        ),
    )
