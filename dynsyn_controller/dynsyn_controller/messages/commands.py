"""Efforts <-> commands (dynsyn_msgs/JointCommand by name, std_msgs/Float64MultiArray in order)."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np

from dynsyn_controller.messages.conversions import MessageError, set_stamp
from dynsyn_controller.messages.layout import FloatArray


class CommandWriter:
    """Fills dynsyn_msgs/JointCommand and std_msgs/Float64MultiArray from efforts."""

    def __init__(self, joints: Sequence[str]) -> None:
        self._joints = list(joints)

    def write_command(self, message: Any, effort: FloatArray, nanoseconds: int) -> None:
        """Fill a JointCommand from `effort` (joints,) in N m, with this stamp."""
        set_stamp(message.header.stamp, nanoseconds)
        message.name = self._joints
        message.effort = array("d", effort.tobytes())

    @staticmethod
    def write_array(message: Any, effort: FloatArray) -> None:
        """Fill a Float64MultiArray from `effort` (joints,) in N m, in the configured order."""
        message.data = array("d", effort.tobytes())


class CommandReader:
    """Reads efforts for a robot's joints from commands.

    Attributes:
        joints: names, in the order of the efforts that come out.
    """

    def __init__(self, joints: Sequence[str]) -> None:
        self.joints = tuple(joints)
        self._last: list[str] | None = None
        self._order: list[int] = []

    def read_command(self, message: Any) -> FloatArray:
        """Efforts (joints,) in N m of a JointCommand.

        Raises:
            MessageError: a joint missing, unknown or twice, or a value that is not finite.
        """
        names, effort = message.name, message.effort
        if names != self._last:
            self._order = self._match(names)
            self._last = list(names)
        if len(effort) != len(names):
            raise MessageError(f"command: {len(effort)} efforts for {len(names)} joints")
        return self._finite([effort[index] for index in self._order])

    def read_array(self, message: Any) -> FloatArray:
        """Efforts (joints,) in N m of a Float64MultiArray in the order of `joints`.

        Raises:
            MessageError: another number of values, or one that is not finite.
        """
        if len(message.data) != len(self.joints):
            raise MessageError(
                f"command: {len(message.data)} efforts, expected {len(self.joints)} "
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

    @staticmethod
    def _finite(effort: list[float]) -> FloatArray:
        if not all(map(math.isfinite, effort)):
            raise MessageError(f"command: found efforts {effort}, expected finite numbers")
        return np.array(effort)
