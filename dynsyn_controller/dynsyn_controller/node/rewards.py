"""Where the reward of a control step comes from, and what of it may be learnt from."""

from __future__ import annotations

import math
from typing import Any

from dynsyn_controller.messages.conversions import MessageError, stamp_nanoseconds
from dynsyn_controller.messages.layout import FloatArray
from dynsyn_controller.node.events import Events, Level
from dynsyn_controller.robot.reward import RewardMeter
from dynsyn_controller.robot.reward_bounds import RewardBounds
from dynsyn_controller.robot.robot import Robot


class Rewards:
    """Rewards from messages, or computed from the readings; bounded.

    Attributes:
        bounds: what they are held against.
        stamp: of the last message, ns; 0 before one.
        computed: from the readings.

    Args:
        robot: the robot file.
        computed: compute them.
        events: told what is cut.
    """

    def __init__(self, robot: Robot, computed: bool, events: Events) -> None:
        self.bounds = RewardBounds(robot.reward)
        self.stamp = 0
        self.computed = computed
        self._meter = RewardMeter(robot, robot.layout) if computed else None
        self._events = events
        self._value, self._terminal = 0.0, False
        self._dropped = True

    def read(self, message: Any, add: bool) -> None:
        """Take a dynsyn_msgs/Reward; see `Guard.read_reward`."""
        if not math.isfinite(message.value):
            raise MessageError(f"reward: found {message.value}, expected a finite number")
        self._value = self._value + message.value if add else message.value
        self._terminal = message.terminal or (add and self._terminal)
        self.stamp = stamp_nanoseconds(message.header.stamp)

    def drop(self) -> None:
        """What happens now is not the controller's doing; that an episode ends is kept."""
        self._dropped = True
        self._value = 0.0

    def collect(self, sensors: FloatArray, effort: FloatArray, now: int) -> tuple[float, bool]:
        """Reward of the control step that ended in `sensors`, and whether an episode did.

        Args:
            sensors: (layout.size,) readings.
            effort: (joints,) N m or N, applied during the step.
            now: ns.
        """
        if self._meter is not None:
            if self._dropped:
                self._meter.restart()
            rewarded = self._meter.step(sensors, effort)
            reward, terminal = rewarded.value, rewarded.fell
            if rewarded.jump:
                text = f"position jumped by {rewarded.jump:.3g} m: no progress, counted anew"
                self._events.moment("position_jumped", text, now)
        else:
            reward, terminal = self._value, self._terminal
        reward = 0.0 if self._dropped else self._bounded(reward, terminal, now)
        self._value, self._terminal, self._dropped = 0.0, False, False
        return reward, terminal

    def warm_up(self, sensors: FloatArray, effort: FloatArray) -> None:
        """Compute one reward, so that the first is as quick as the rest."""
        if self._meter is not None:
            self._meter.step(sensors, effort)
            self._meter.restart()

    def _bounded(self, reward: float, terminal: bool, now: int) -> float:
        bounds = self.bounds
        cut, implausible = bounds.cut, bounds.implausible
        bounded = bounds.apply(reward, terminal)
        if bounds.cut != cut:
            text = (
                f"reward {reward:.4g} is far beyond what is usual, counts as {bounded:.4g} "
                "(reward.largest of the robot file states another bound)"
            )
            self._events.moment("reward_cut", text, now)
        if bounds.implausible and not implausible:
            text = "many rewards are far beyond what is usual: learning pauses"
            self._events.begin("rewards_implausible", text, now, Level.ERROR)
        elif implausible and not bounds.implausible:
            self._events.end("rewards_implausible", "rewards are plausible again: learning goes on")
        return bounded
