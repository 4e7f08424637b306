"""The last thing between a learner and drivers that follow position targets.

In this order, for every joint: finite (else it stays where it is held), within the joint's range,
ramped up from where it is held, moved no faster than its velocity limit; and then, with kp and kd,
no further from the joint than its effort limit allows.

At rest a joint is held. Where: at the position that it has when it must not act any more, and
otherwise at its last target.
"""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.messages.layout import FloatArray
from dynsyn_controller.robot.robot import Robot
from dynsyn_controller.robot.safety.base import Chain
from dynsyn_controller.robot.safety.chain import SafetyChain
from dynsyn_controller.robot.safety.channels import of_joint

REACH = 0.1
"""Of a joint's range: moved further from where it is held, by hand or by its weight, it is held
where it then is, so that drivers that are switched on later do not swing it back."""
NOT_FINITE, EFFORT = 1, 2


class TargetChain(Chain):
    """Limits position targets, rad or m; see `Chain`. Not ready until positions have come.

    Attributes:
        neutral: where the joints are held, or were until they began to act.

    Args:
        robot: of command type position or pd.
        slew_limit: see `Chain`.
    """

    limits: ClassVar[dict[int, str]] = {
        NOT_FINITE: "not a finite target",
        EFFORT: "effort limit",
    }

    def __init__(self, robot: Robot, slew_limit: float = 0.0) -> None:
        super().__init__(robot, slew_limit)
        self.ready = self._stopped = False
        self._last, self._ramp = self.neutral.copy(), 0.0
        span, period = robot.command_range, 1.0 / robot.control_rate
        channels = robot.safety_channels
        places = {channel.name: robot.layout.locate(channel)[0] for channel in channels}
        self._limits = limits = np.zeros(len(robot.joints), dtype=_LIMITS)
        limits["low"], limits["high"] = span.low, span.high
        limits["velocity_at"] = -1
        self._reach = REACH * (span.high - span.low)
        for each, joint in zip(limits, robot.joints, strict=True):
            each["position_at"] = places[of_joint("position", joint.name)]
            if joint.kd > 0.0:
                each["velocity_at"] = places[of_joint("velocity", joint.name)]
            each["kp"], each["kd"] = joint.kp or 0.0, joint.kd
            each["effort"] = joint.effort_limit or math.inf
            each["slew"] = (joint.velocity_limit or math.inf) * period
        if slew_limit:
            limits["slew"] = np.minimum(limits["slew"], slew_limit * span.half)

    def limit(self, command: FloatArray, sensors: FloatArray, ramp: float = 1.0) -> FloatArray:
        """See `Chain.limit`."""
        if not self.ready:
            self.stop(sensors)
        self._stopped = False
        if ramp < self._ramp:  # it begins anew, from wherever somebody else has moved it to
            self.neutral[:] = self._last
        self._ramp = ramp
        safe = np.empty_like(self._last)
        arguments = (self._limits, self.neutral, self._last, self._acted)
        _limit(command, sensors, ramp, *arguments, safe)
        return safe

    def hold(self, sensors: FloatArray) -> FloatArray:
        """The last targets: the joints stay where they have been sent."""
        self.neutral[:] = self._last
        return self._last.copy()

    def stop(self, sensors: FloatArray | None = None) -> FloatArray:
        """Where the joints are; without readings the last targets."""
        if sensors is not None:
            position = sensors[self._limits["position_at"]]
            if not self._stopped:
                self._last[:] = position
            near, far = position - self._reach, position + self._reach
            moved = (self._last < near) | (self._last > far)
            self._last[moved] = position[moved]
            self.ready = self._stopped = True
        self.neutral[:] = self._last
        return self._last.copy()

    def compile(self) -> None:
        """See `Chain.compile`."""
        largest = max(self._limits[name].max() for name in ("position_at", "velocity_at"))
        arguments = (self._limits, self.neutral, self._last.copy(), self._acted.copy())
        _limit(self.neutral, np.zeros(largest + 1), 1.0, *arguments, self._last.copy())


_LIMITS = np.dtype(
    [(name, np.int64) for name in ("position_at", "velocity_at")]
    + [(name, np.float64) for name in ("low", "high", "slew", "kp", "kd", "effort")]
)


@njit(cache=True)
def _limit(wanted, sensors, ramp, limits, held, last, acted, safe):
    for joint in range(safe.size):
        bounds = limits[joint]
        target = wanted[joint]
        if not math.isfinite(target):
            target = held[joint]
            acted[joint] |= NOT_FINITE
        target = min(max(target, bounds.low), bounds.high)
        if ramp < 1.0:
            target = held[joint] + ramp * (target - held[joint])
        target = min(max(target, last[joint] - bounds.slew), last[joint] + bounds.slew)
        if bounds.kp > 0.0:
            position = sensors[bounds.position_at]
            damping = 0.0
            if bounds.velocity_at >= 0:
                damping = bounds.kd * sensors[bounds.velocity_at]
            low = position + (damping - bounds.effort) / bounds.kp
            high = position + (damping + bounds.effort) / bounds.kp
            if not low <= target <= high:
                target = min(max(target, low), high)
                acted[joint] |= EFFORT
        last[joint] = safe[joint] = target


def safety_chain(robot: Robot, slew_limit: float = 0.0) -> Chain:
    """The chain for a robot's type of command; see `Chain`."""
    return (TargetChain if robot.command.holds else SafetyChain)(robot, slew_limit)
