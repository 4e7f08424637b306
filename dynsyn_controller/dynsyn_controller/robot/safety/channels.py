"""Which readings the safety of a robot needs beside its observation."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from dynsyn_controller.robot.command import Command
from dynsyn_controller.robot.observation import Channel
from dynsyn_controller.robot.safety.options import Safety

ORIENTATION = "orientation (for its limit)"
HEIGHT = "height (for its limit)"


def of_joint(field: str, joint: str) -> str:
    """Name of the channel that reads a joint's position or velocity."""
    return f"{field} of {joint} (for its limits)"


def safety_channels(joints: Iterable[Any], safety: Safety, command: Command) -> tuple[Channel, ...]:
    """Channels that the limits of joints and body read, by the names that this module gives them.

    Args:
        joints: with names and limits, from the robot file.
        safety, command: the robot file's sections.
    """
    found = []
    for joint in joints:
        held = joint.stiffness > 0
        stops = joint.position_minimum is not None or joint.position_maximum is not None
        braked = joint.velocity_limit is not None and command.type == "effort"
        fields = {"position": held or stops, "velocity": held or braked or joint.kd > 0}
        found += [
            Channel(of_joint(field, joint.name), "joint_states", field, joint.name)
            for field, wanted in fields.items()
            if wanted
        ]
    if safety.tilt_limit < math.inf:
        found.append(Channel(ORIENTATION, "imu", "orientation.roll"))
    if safety.height_minimum > -math.inf:
        found.append(Channel(HEIGHT, "odom", "pose.position.z"))
    return tuple(found)
