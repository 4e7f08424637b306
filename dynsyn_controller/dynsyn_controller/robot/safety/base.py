"""What the last thing between a learner and the motors does, whatever the command's type."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from dynsyn_controller.messages.layout import FloatArray
from dynsyn_controller.robot.robot import Robot


class Chain(ABC):
    """Limits commands, whatever a network asks for.

    Attributes:
        neutral: commands of a robot at rest, (joints,), in the command's unit.
        ready: a command is known that may be sent.

    Args:
        robot: joints with their limits.
        slew_limit: largest change of a command between two control steps, as a fraction of half its
            range (of the effort limit), > 0 and at most 2; 0: as the robot file's joints say.

    Raises:
        ValueError: slew_limit out of range.
    """

    limits: ClassVar[dict[int, str]]
    """Bit -> what `acted` calls this limit."""

    def __init__(self, robot: Robot, slew_limit: float) -> None:
        if not 0.0 <= slew_limit <= 2.0:
            raise ValueError(f"slew_limit: found {slew_limit}, expected 0 to 2")
        self.neutral = robot.command_range.neutral.copy()
        self.ready = True
        self._names = robot.joint_names
        self._acted = np.zeros(len(robot.joints), dtype=np.int64)

    @abstractmethod
    def limit(self, command: FloatArray, sensors: FloatArray, ramp: float = 1.0) -> FloatArray:
        """Commands that may be sent now, a new array; remembered for the next step.

        Args:
            command: wanted, (joints,).
            sensors: readings of now, all of which have come, (layout.size,).
            ramp: 0 to 1; how much of the way from neutral to what is wanted.
        """

    @abstractmethod
    def hold(self, sensors: FloatArray) -> FloatArray:
        """Commands of a pause, as smooth as any other change; readings may be old or missing."""

    @abstractmethod
    def stop(self, sensors: FloatArray | None = None) -> FloatArray:
        """Commands of a robot that must not act, at once: an emergency stop, disarmed, shutdown.

        Args:
            sensors: readings of now; None: they are old, or have not come.
        """

    @abstractmethod
    def compile(self) -> None:
        """Limit something, so that nothing is slow in the first step; changes nothing."""

    def acted(self) -> str:
        """Which limits of which joints have acted since the last call, in words; empty: none."""
        told = [
            f"{what} of {joint}"
            for joint, acted in zip(self._names, self._acted.tolist(), strict=True)
            for bit, what in self.limits.items()
            if acted & bit
        ]
        self._acted[:] = 0
        return ", ".join(told)
