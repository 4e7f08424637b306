"""What a robot's joints are told: efforts, or targets that its drivers follow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np

from dynsyn_controller.core.schema import SchemaError
from dynsyn_controller.messages.layout import FloatArray

CommandType = Literal["effort", "position", "velocity", "pd"]

_NEEDED = {
    "effort": ("effort_limit",),
    "position": ("position_minimum", "position_maximum", "velocity_limit"),
    "velocity": ("velocity_limit",),
    "pd": ("effort_limit", "position_minimum", "position_maximum", "velocity_limit", "kp"),
}
"""Keys of a joint without which a command of this type has no limits."""
_UNUSED = {
    "effort": ("acceleration_limit", "kp", "kd"),
    "velocity": ("effort_limit", "kp", "kd"),
    "position": ("effort_limit", "acceleration_limit", "kp", "kd", "stop_zone"),
    "pd": ("acceleration_limit", "stop_zone"),
}
"""Keys that nothing would look at: who states them counts on a limit that is none."""
_OF_EFFORTS = (
    "neutral_effort",
    "continuous_effort",
    "thermal_time",
    "effort_rate",
    "standby_position",
    "stiffness",
    "damping",
)


@dataclass(frozen=True)
class Command:
    """Section `command` of a robot file.

    Attributes:
        type: effort; velocity or position, targets that the drivers follow; pd, position targets
            that they follow with the joints' kp and kd.
    """

    type: CommandType = "effort"

    @property
    def field(self) -> str:
        """Of dynsyn_msgs/JointCommand, that holds it: effort, position or velocity."""
        return "position" if self.type == "pd" else self.type

    @property
    def holds(self) -> bool:
        """A robot at rest is held at a position; otherwise it is at its neutral effort or still."""
        return self.field == "position"


@dataclass(frozen=True)
class CommandRange:
    """What the network's outputs stand for: output u is the command `middle + u * half`.

    Each array has one element for each joint, in N m or N (effort), rad or m (position and pd),
    rad/s or m/s (velocity).

    Attributes:
        middle, half: of the range; `half` > 0.
        neutral: command of a robot at rest; of position and pd: the middle, which is never sent.
    """

    middle: FloatArray
    half: FloatArray
    neutral: FloatArray

    @property
    def low(self) -> FloatArray:
        """Least command."""
        return self.middle - self.half

    @property
    def high(self) -> FloatArray:
        """Greatest command."""
        return self.middle + self.half

    def parts(self, command: FloatArray) -> FloatArray:
        """How much of its range each command uses, about 0 to 1."""
        return np.abs(command - self.middle) / self.half


def command_range(command: Command, joints: Iterable[Any]) -> CommandRange:
    """Range of the commands of a checked robot file's joints."""
    joints = tuple(joints)
    middle = np.zeros(len(joints))
    if command.holds:
        low = np.array([joint.position_minimum for joint in joints])
        high = np.array([joint.position_maximum for joint in joints])
        middle = 0.5 * (low + high)
        return CommandRange(middle, 0.5 * (high - low), middle)
    if command.type == "velocity":
        return CommandRange(middle, np.array([joint.velocity_limit for joint in joints]), middle)
    neutral = np.array([joint.neutral_effort for joint in joints])
    return CommandRange(middle, np.array([joint.effort_limit for joint in joints]), neutral)


def check_command(command: Command, joints: Iterable[Any]) -> None:
    """Check that the joints have the limits of their commands, and none that would do nothing.

    Raises:
        SchemaError: the first key that is missing or of no use, with its joint.
    """
    unused = _UNUSED[command.type] + (() if command.type == "effort" else _OF_EFFORTS)
    with_type = f"with command type {command.type}"
    for place, joint in enumerate(joints):
        for key in _NEEDED[command.type]:
            if getattr(joint, key) is None:
                where = f"joints[{place}].{key}"
                hint = "" if command.type == "effort" else f"; {joint.name} needs it {with_type}"
                raise SchemaError(where, f"missing{hint}")
        defaults = {field.name: field.default for field in fields(joint)}
        for key in unused:
            if getattr(joint, key) != defaults[key]:
                raise SchemaError(
                    f"joints: {joint.name}",
                    f"{key}: found {getattr(joint, key)}, which limits nothing {with_type}",
                )
