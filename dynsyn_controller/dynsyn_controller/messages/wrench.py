"""geometry_msgs/WrenchStamped: force and torque at one place of the body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dynsyn_controller.messages.body import BodySensor, Vector


@dataclass(frozen=True)
class WrenchSensor(BodySensor):
    """A force-torque sensor, for example in a foot or a wrist."""

    name: str = "wrench"

    message: ClassVar[str] = "geometry_msgs/WrenchStamped"
    frame: ClassVar[str] = "base_link"
    parts: ClassVar = (
        Vector("force", unit="N", path="wrench.force"),
        Vector("torque", unit="N m", path="wrench.torque"),
    )
