"""Efforts and targets <-> commands: dynsyn_msgs/JointCommand by name, std_msgs/Float64MultiArray in
order."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dynsyn_controller.messages.conversions import MessageError, set_stamp
from dynsyn_controller.messages.layout import FloatArray


class CommandWriter:
    """Fills dynsyn_msgs/JointCommand and std_msgs/Float64MultiArray.

    Args:
        joints: names, in the order of the commands.
        field: of JointCommand, that is filled: effort, position or velocity.
        gains: further fields, kp and kd, that never change.
    """

    def __init__(
        self,
        joints: Sequence[str],
        field: str = "effort",
        gains: Mapping[str, Sequence[float]] | None = None,
    ) -> None:
        self._joints, self._field = list(joints), field
        self._gains = {name: array("d", values) for name, values in (gains or {}).items()}

    def write_command(self, message: Any, command: FloatArray, nanoseconds: int) -> None:
        """Fill a JointCommand from `command` (joints,), with this stamp."""
        set_stamp(message.header.stamp, nanoseconds)
        message.name = self._joints
        setattr(message, self._field, array("d", command.tobytes()))
        for name, values in self._gains.items():
            setattr(message, name, values)

    @staticmethod
    def write_array(message: Any, command: FloatArray) -> None:
        """Fill a Float64MultiArray from `command` (joints,), in the configured order."""
        message.data = array("d", command.tobytes())


class CommandReader:
    """Reads efforts or targets for a robot's joints from commands.

    Attributes:
        joints: names, in the order of what comes out.

    Args:
        joints: them.
        field: of JointCommand, that is read: effort, position or velocity.
    """

    def __init__(self, joints: Sequence[str], field: str = "effort") -> None:
        self.joints, self._field = tuple(joints), field
        self._last: list[str] | None = None
        self._order: list[int] = []

    def read_command(self, message: Any) -> FloatArray:
        """What a JointCommand says, (joints,).

        Raises:
            MessageError: a joint missing, unknown or twice, or a value that is not finite.
        """
        names, values = message.name, getattr(message, self._field)
        if names != self._last:
            self._order = self._match(names)
            self._last = list(names)
        if len(values) != len(names):
            raise MessageError(f"command: {self._count(values)} for {len(names)} joints")
        return self._finite([values[index] for index in self._order])

    def read_array(self, message: Any) -> FloatArray:
        """What a Float64MultiArray in the order of `joints` says, (joints,).

        Raises:
            MessageError: another number of values, or one that is not finite.
        """
        if len(message.data) != len(self.joints):
            raise MessageError(
                f"command: {self._count(message.data)}, expected {len(self.joints)} "
                f"({', '.join(self.joints)})"
            )
        return self._finite(list(message.data))

    def _match(self, names: Sequence[str]) -> list[int]:
        unknown = [name for name in names if name not in self.joints]
        missing = [joint for joint in self.joints if joint not in names]
        if unknown or missing or len(names) != len(self.joints):
            raise MessageError(
                f"command: found joints {', '.join(names) or 'none'}, "
                f"expected {', '.join(self.joints)}, each once"
            )
        return [list(names).index(joint) for joint in self.joints]

    def _count(self, values: Sequence[float]) -> str:
        plural = {"effort": "efforts", "position": "positions", "velocity": "velocities"}
        return f"{len(values)} {plural[self._field]}"

    def _finite(self, values: list[float]) -> FloatArray:
        if not all(map(math.isfinite, values)):
            raise MessageError(f"command: found {self._field} {values}, expected finite numbers")
        return np.array(values)
