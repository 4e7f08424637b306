"""The last thing between a learner and the motors: finite, clamped, slew-limited efforts."""

from __future__ import annotations

import numpy as np

from dynsyn_controller.messages.layout import FloatArray
from dynsyn_controller.robot.robot_file import Robot


class Safety:
    """Limits efforts, whatever a network asks for.

    Args:
        robot: joints with effort limits and neutral efforts.
        slew_limit: largest change of an effort between two control steps, as a fraction of the
            joint's effort limit, > 0 and at most 2; 0: not limited.

    Raises:
        ValueError: slew_limit out of range.
    """

    def __init__(self, robot: Robot, slew_limit: float = 0.0) -> None:
        if not 0.0 <= slew_limit <= 2.0:
            raise ValueError(f"slew_limit: found {slew_limit}, expected 0 to 2")
        self.neutral = np.array([joint.neutral_effort for joint in robot.joints])
        self._limit = np.array([joint.effort_limit for joint in robot.joints])
        self._slew = slew_limit * self._limit if slew_limit > 0 else None
        self._last = self.neutral.copy()

    def limit(self, effort: FloatArray) -> FloatArray:
        """Efforts that may be sent now, a new array; remembered for the slew limit.

        An effort that is not finite becomes its joint's neutral effort. The slew limit also holds
        on the way to neutral, so that a stop is as smooth as any other change.

        Args:
            effort: wanted, N m or N, (joints,).
        """
        safe = np.where(np.isfinite(effort), effort, self.neutral)
        np.clip(safe, -self._limit, self._limit, out=safe)
        if self._slew is not None:
            np.clip(safe, self._last - self._slew, self._last + self._slew, out=safe)
            self._last = safe.copy()
        return safe

    def stop(self) -> FloatArray:
        """Neutral efforts at once, past the slew limit: for an emergency stop and for shutdown."""
        self._last = self.neutral.copy()
        return self._last.copy()
