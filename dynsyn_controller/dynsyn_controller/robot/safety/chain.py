"""The last thing between a learner and motors that take efforts or velocities.

In this order, for every joint: finite (else its neutral command), within its limit, ramped up after
arming, slew-limited; and then what protects the joint at once, slew or not: efforts fade out
towards its velocity limit, efforts and velocities towards its soft stops, and efforts come down to
what its motor bears in the long run.
"""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.messages.layout import FloatArray
from dynsyn_controller.robot.robot import Robot
from dynsyn_controller.robot.safety.base import Chain
from dynsyn_controller.robot.safety.channels import of_joint

VELOCITY_FADE = 0.1
"""Of the velocity limit: the last part of it, over which effort fades out."""
HEAT_FADE = 0.2
"""Of the heat that a motor bears: the last part of it, over which the peak effort comes down."""

NOT_FINITE, VELOCITY, STOP, HEAT = 1, 2, 4, 8


class SafetyChain(Chain):
    """Limits efforts (N m or N) or velocities (rad/s or m/s); see `Chain`.

    Args:
        robot: of command type effort or velocity.
        slew_limit: see `Chain`.
    """

    limits: ClassVar[dict[int, str]] = {
        NOT_FINITE: "not a finite command",
        VELOCITY: "velocity limit",
        STOP: "soft stop",
        HEAT: "continuous effort",
    }

    def __init__(self, robot: Robot, slew_limit: float = 0.0) -> None:
        super().__init__(robot, slew_limit)
        joints = robot.joints
        self._last = self.neutral.copy()
        self._heat = np.zeros(len(joints))
        self._limits = np.zeros(len(joints), dtype=_LIMITS)
        period = 1.0 / robot.control_rate
        channels = robot.safety_channels
        places = {channel.name: robot.layout.locate(channel)[0] for channel in channels}
        self._limits["command"] = robot.command_range.half
        self._limits["neutral"] = self.neutral
        of_efforts = robot.command.type == "effort"
        for limits, joint in zip(self._limits, joints, strict=True):
            limits["position_at"] = places.get(of_joint("position", joint.name), -1)
            limits["velocity_at"] = -1
            if of_efforts:
                limits["velocity_at"] = places.get(of_joint("velocity", joint.name), -1)
            low, high = joint.position_minimum, joint.position_maximum
            limits["minimum"] = -math.inf if low is None else low
            limits["maximum"] = math.inf if high is None else high
            limits["zone"] = joint.stop_zone
            limits["velocity"] = joint.velocity_limit or math.inf
            limits["continuous"] = joint.continuous_effort or math.inf
            limits["heating"] = min(1.0, period / joint.thermal_time)
            rate = joint.effort_rate if of_efforts else joint.acceleration_limit
            rates = [slew_limit * limits["command"]] if slew_limit else []
            rates += [rate * period] if rate else []
            limits["slew"] = min(rates, default=math.inf)

    def limit(self, command: FloatArray, sensors: FloatArray, ramp: float = 1.0) -> FloatArray:
        """See `Chain.limit`."""
        safe = np.empty_like(self._last)
        _limit(command, sensors, ramp, self._limits, self._last, self._heat, self._acted, safe)
        return safe

    def hold(self, sensors: FloatArray) -> FloatArray:
        """Neutral, within the slew limit."""
        return self.limit(self.neutral, sensors)

    def stop(self, sensors: FloatArray | None = None) -> FloatArray:
        """Neutral at once, past the slew limit."""
        self._last[:] = self.neutral
        self._heat += self._limits["heating"] * (self.neutral**2 - self._heat)
        return self.neutral.copy()

    def compile(self) -> None:
        """See `Chain.compile`."""
        count = self._last.size
        sensors = np.zeros(int(self._limits["position_at"].max(initial=0)) + 1)
        limits = self._limits.copy()
        limits["velocity_at"] = -1
        last, heat, safe = np.zeros(count), np.zeros(count), np.zeros(count)
        _limit(self.neutral, sensors, 1.0, limits, last, heat, self._acted.copy(), safe)


_LIMITS = np.dtype(
    [(name, np.int64) for name in ("position_at", "velocity_at")]
    + [
        (name, np.float64)
        for name in (
            "command",
            "neutral",
            "minimum",
            "maximum",
            "zone",
            "velocity",
            "continuous",
            "heating",
            "slew",
        )
    ]
)


@njit(cache=True)
def _limit(wanted, sensors, ramp, limits, last, heat, acted, safe):
    for joint in range(safe.size):
        bounds = limits[joint]
        effort = wanted[joint]
        if not math.isfinite(effort):
            effort = bounds.neutral
            acted[joint] |= NOT_FINITE
        effort = min(max(effort, -bounds.command), bounds.command)
        if ramp < 1.0:
            effort = bounds.neutral + ramp * (effort - bounds.neutral)
        effort = min(max(effort, last[joint] - bounds.slew), last[joint] + bounds.slew)
        if bounds.velocity_at >= 0:
            velocity = sensors[bounds.velocity_at]
            if effort * velocity > 0.0:
                room = (bounds.velocity - abs(velocity)) / (VELOCITY_FADE * bounds.velocity)
                if room < 1.0:
                    effort *= max(room, 0.0)
                    acted[joint] |= VELOCITY
        if bounds.position_at >= 0:
            position = sensors[bounds.position_at]
            ahead = bounds.maximum - position if effort > 0.0 else position - bounds.minimum
            if ahead < bounds.zone and effort != 0.0:
                effort *= max(ahead / bounds.zone, 0.0)
                acted[joint] |= STOP
        bearable = bounds.continuous * bounds.continuous
        if heat[joint] > (1.0 - HEAT_FADE) * bearable:
            room = max(0.0, (bearable - heat[joint]) / (HEAT_FADE * bearable))
            most = bounds.continuous + room * max(0.0, bounds.command - bounds.continuous)
            if abs(effort) > most:
                effort = math.copysign(most, effort)
                acted[joint] |= HEAT
        heat[joint] += bounds.heating * (effort * effort - heat[joint])
        last[joint] = safe[joint] = effort
