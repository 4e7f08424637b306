"""The last thing between a learner and the motors: efforts within all that a joint bears.

In this order, for every joint: finite (else its neutral effort), within the effort limit, ramped up
after arming, slew-limited; and then what protects the joint at once, slew or not: fading out
towards its velocity limit and its soft stops, and what its motor bears in the long run.
"""

from __future__ import annotations

import math

import numpy as np

from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.messages.layout import FloatArray
from dynsyn_controller.robot.robot_file import Robot
from dynsyn_controller.robot.safety.channels import of_joint

VELOCITY_FADE = 0.1
"""Of the velocity limit: the last part of it, over which effort fades out."""
HEAT_FADE = 0.2
"""Of the heat that a motor bears: the last part of it, over which the peak effort comes down."""

NOT_FINITE, VELOCITY, STOP, HEAT = 1, 2, 4, 8
_NAMES = {
    NOT_FINITE: "not a finite effort",
    VELOCITY: "velocity limit",
    STOP: "soft stop",
    HEAT: "continuous effort",
}


class SafetyChain:
    """Limits efforts, whatever a network asks for.

    Attributes:
        neutral: efforts of a robot at rest, N m or N, (joints,).

    Args:
        robot: joints with their limits.
        slew_limit: largest change of an effort between two control steps, as a fraction of the
            joint's effort limit, > 0 and at most 2; 0: as the robot file's `effort_rate` says.

    Raises:
        ValueError: slew_limit out of range.
    """

    def __init__(self, robot: Robot, slew_limit: float = 0.0) -> None:
        if not 0.0 <= slew_limit <= 2.0:
            raise ValueError(f"slew_limit: found {slew_limit}, expected 0 to 2")
        joints = robot.joints
        self.neutral = np.array([joint.neutral_effort for joint in joints])
        self._names = robot.joint_names
        self._last = self.neutral.copy()
        self._heat = np.zeros(len(joints))
        self._acted = np.zeros(len(joints), dtype=np.int64)
        self._limits = np.zeros(len(joints), dtype=_LIMITS)
        period = 1.0 / robot.control_rate
        channels = robot.safety_channels
        places = {channel.name: robot.layout.locate(channel)[0] for channel in channels}
        for limits, joint in zip(self._limits, joints, strict=True):
            limits["effort"], limits["neutral"] = joint.effort_limit, joint.neutral_effort
            limits["position_at"] = places.get(of_joint("position", joint.name), -1)
            limits["velocity_at"] = places.get(of_joint("velocity", joint.name), -1)
            low, high = joint.position_minimum, joint.position_maximum
            limits["minimum"] = -math.inf if low is None else low
            limits["maximum"] = math.inf if high is None else high
            limits["zone"] = joint.stop_zone
            limits["velocity"] = joint.velocity_limit or math.inf
            limits["continuous"] = joint.continuous_effort or math.inf
            limits["heating"] = min(1.0, period / joint.thermal_time)
            rates = [slew_limit * joint.effort_limit] if slew_limit else []
            rates += [joint.effort_rate * period] if joint.effort_rate else []
            limits["slew"] = min(rates, default=math.inf)

    def limit(self, effort: FloatArray, sensors: FloatArray, ramp: float = 1.0) -> FloatArray:
        """Efforts that may be sent now, a new array; remembered for the next step.

        The slew limit also holds on the way to neutral, so that a pause is as smooth as any other
        change.

        Args:
            effort: wanted, N m or N, (joints,).
            sensors: readings of now, (layout.size,).
            ramp: 0 to 1; how much of the way from neutral to what is wanted.
        """
        safe = np.empty_like(self._last)
        _limit(effort, sensors, ramp, self._limits, self._last, self._heat, self._acted, safe)
        return safe

    def stop(self) -> FloatArray:
        """Neutral efforts at once, past the slew limit: for an emergency stop and for shutdown."""
        self._last[:] = self.neutral
        self._heat += self._limits["heating"] * (self.neutral**2 - self._heat)
        return self.neutral.copy()

    def acted(self) -> str:
        """Which limits of which joints have acted since the last call, in words; empty: none."""
        told = [
            f"{what} of {joint}"
            for joint, acted in zip(self._names, self._acted.tolist(), strict=True)
            for bit, what in _NAMES.items()
            if acted & bit
        ]
        self._acted[:] = 0
        return ", ".join(told)


_LIMITS = np.dtype(
    [(name, np.int64) for name in ("position_at", "velocity_at")]
    + [
        (name, np.float64)
        for name in (
            "effort",
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
        effort = min(max(effort, -bounds.effort), bounds.effort)
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
            most = bounds.continuous + room * max(0.0, bounds.effort - bounds.continuous)
            if abs(effort) > most:
                effort = math.copysign(most, effort)
                acted[joint] |= HEAT
        heat[joint] += bounds.heating * (effort * effort - heat[joint])
        last[joint] = safe[joint] = effort
