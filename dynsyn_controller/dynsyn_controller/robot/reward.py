"""Reward from the robot's own quantities: the same on simulator and hardware.

The terms are those of the sections `reward` and `fall` of the robot file (`robot.Reward`,
`robot.Fall`). For BipedalWalker they give the environment's own reward.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dynsyn_controller.messages.layout import FloatArray, SensorLayout
from dynsyn_controller.robot.observation import tilt_angle
from dynsyn_controller.robot.robot import Robot

_LONGEST = 1.0
"""s; a position that stands still for longer may still only jump as far as the body moves in it."""


@dataclass(frozen=True)
class Rewarded:
    """What a control step was worth.

    Attributes:
        value: dimensionless, finite where the sensors are.
        fell: true in the one step in which the body falls.
        jump: m, how far the position jumped; 0: it did not.
    """

    value: float
    fell: bool
    jump: float = 0.0


class RewardMeter:
    """Follows sensor vectors and says what each control step was worth.

    A fall is rewarded once, in the step in which it happens. While the body lies fallen nothing is
    rewarded or punished: what happens then (somebody lifts it) is not the controller's doing. From
    the first step in which it stands again on, progress counts from there.

    A position that moves faster than the robot file's `speed_limit` is a jump of the measurement:
    it is worth nothing, and progress counts from where it went. The speed is taken over the time
    since the position last changed (at most `_LONGEST` s), since odometry may be slower than
    control. A fall in the same step is a fall all the same.

    Args:
        robot: its sections `reward` and `fall` hold the terms; its joints the effort limits.
        layout: of the sensor vectors to come.
    """

    def __init__(self, robot: Robot, layout: SensorLayout) -> None:
        self._terms = robot.reward
        self._fall = robot.fall
        # What no term asks for need not be sensed: it reads 0, which has no effect.
        needed = {name: layout.blocks[name] for name in robot.reward_blocks}
        self._position = needed.get("odom.position")
        self._orientation = needed.get("imu.orientation")
        self._range = robot.command_range
        self._reach = robot.reward.speed_limit / robot.control_rate
        self._most_still = max(1, round(_LONGEST * robot.control_rate))
        self._shaping: float | None = None
        self._place: tuple[float, ...] = (0.0, 0.0, 0.0)
        self._still = 1
        self._down = False

    def restart(self) -> None:
        """The body has been put somewhere else: the next step's progress is not its own."""
        self._shaping = None
        self._down = False

    def step(self, sensors: FloatArray, effort: FloatArray) -> Rewarded:
        """Reward of the control step that ended in `sensors`.

        Args:
            sensors: (layout.size,) readings after the step, SI units.
            effort: (joints,) command of the step, in the robot file's order; N m or N, or targets.
        """
        place, tilt = (0.0, 0.0, 0.0), 0.0
        if self._position is not None:
            place = tuple(sensors[self._position].tolist())
        if self._orientation is not None:
            tilt = tilt_angle(*sensors[self._orientation].tolist())
        x, _, height = place
        jump = self._jump(place)
        if jump > 0.0:
            self._shaping = None
        was_down = self._down
        self._down = tilt > self._fall.tilt_limit or height < self._fall.height_minimum
        if self._down:
            self._shaping = None
            return Rewarded(0.0 if was_down else self._terms.fall, not was_down, jump)
        shaping = self._terms.progress * x - self._terms.tilt * tilt
        gained = 0.0 if self._shaping is None else shaping - self._shaping
        self._shaping = shaping
        spent = float(np.sum(np.minimum(self._range.parts(effort), 1.0)))
        return Rewarded(gained - self._terms.effort * spent, False, jump)

    def _jump(self, place: tuple[float, ...]) -> float:
        """m that the body cannot have moved since the step before; 0: it can."""
        if self._shaping is None or place == self._place:
            self._still = min(self._still + 1, self._most_still) if place == self._place else 1
            self._place = place
            return 0.0
        moved, reach = math.dist(place, self._place), self._reach * self._still
        self._place, self._still = place, 1
        return moved if moved > reach else 0.0
