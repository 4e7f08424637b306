"""From messages to efforts: what the controller node does in a control step, without any ROS.

Times are nanoseconds of the caller's steady clock.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.messages.conversions import (
    NEVER,
    MessageError,
    SensorReader,
    stamp_nanoseconds,
)
from dynsyn_controller.messages.layout import FloatArray
from dynsyn_controller.robot.observation import Observer
from dynsyn_controller.robot.reward import RewardMeter
from dynsyn_controller.robot.robot_file import Robot
from dynsyn_controller.robot.safety import Safety

REWARD = "reward"


class Pilot:
    """Holds the latest readings and lets the controller act on them while that is safe.

    The effort is neutral, and nothing is lived or learnt, until every channel has come, while any
    is stale and after an emergency stop. The reward of such a time is not the controller's doing:
    its value is dropped, that an episode ended in it is kept.

    Attributes:
        controller: the lifetime; may be exchanged between steps for another of the same robot.
        reader: the sensors' readings.
        learning: False: frozen.
        stopped: the emergency stop is on.
        stale: the last `tick` (lockstep: `listen`) found an observation or the reward too old.
        effort: the last command, N m or N, (joints,).
        stamp: of the observation that `effort` answers, ns of the sender's clock; 0 before one.
        sources: whose messages it takes: names of sensors, and `REWARD`.
        newest: when the last message came; `NEVER` before one.
        refusal: why the last step was refused by the controller; empty: it was not.

    Args:
        robot: the robot file.
        controller: made for it.
        slew_limit: see `Safety`.
        computed: compute the reward here instead of waiting for messages of it.
    """

    def __init__(
        self,
        robot: Robot,
        controller: Controller,
        slew_limit: float = 0.0,
        computed: bool = False,
    ) -> None:
        self.controller = controller
        self.safety = Safety(robot, slew_limit)
        blocks = robot.reward_blocks if computed else ()
        self.reader = SensorReader(robot.layout, robot.observation, blocks)
        self.arrived: dict[str, int] = dict.fromkeys(self.reader.sources, NEVER)
        self.sources = (*self.reader.sources, *self._optional(robot))
        self._meter = RewardMeter(robot, robot.layout) if computed else None
        if self._meter is None:
            self.arrived[REWARD] = NEVER
            self.sources += (REWARD,)
        self._clocking = next(iter(self.reader.stamps), "") if computed else REWARD
        self._observer = Observer(robot.observation, robot.layout)
        self._observation = np.zeros(len(robot.observation))
        self.learning = True
        self.stopped = False
        self.stale = False
        self.refusal = ""
        self.effort = self.safety.stop()
        self.stamp = 0
        self.newest = NEVER
        self._answered: int | None = None
        self._reward, self._terminal, self._reward_stamp = 0.0, False, 0
        self._paused = False

    def warm_up(self) -> None:
        """Compile all that a step needs, so that the first one is as fast as the rest."""
        self.controller.compile()
        self._observer.observe(self.reader.sensors, self._observation)
        if self._meter is not None:
            self._meter.step(self.reader.sensors, self.effort)
            self._meter.restart()

    def read(self, source: str, message: Any, now: int) -> None:
        """Take a sensor message; see `SensorReader.read`."""
        self.reader.read(source, message, now)
        self.newest = now
        if source in self.arrived:
            self.arrived[source] = now

    def read_reward(self, message: Any, now: int, add: bool = True) -> None:
        """Take a dynsyn_msgs/Reward.

        Args:
            message: it.
            now: when it came, ns.
            add: several between two steps add up (real time); False: the last one counts, which
                makes a message that is sent twice count once (lockstep).

        Raises:
            MessageError: its value is not finite; nothing has been taken.
        """
        if not math.isfinite(message.value):
            raise MessageError(f"reward: found {message.value}, expected a finite number")
        self._reward = self._reward + message.value if add else message.value
        self._terminal = message.terminal or (add and self._terminal)
        self._reward_stamp = stamp_nanoseconds(message.header.stamp)
        self.newest = self.arrived[REWARD] = now

    def missing(self) -> list[str]:
        """Names of what has not come yet: channels of the observation, and "reward"."""
        missing = self.reader.missing()
        if self.arrived.get(REWARD) == NEVER:
            missing.append(REWARD)
        return missing

    def waiting(self) -> bool:
        """Whether something has not come yet; quicker than `missing`."""
        return self.reader.oldest() == NEVER or self.arrived.get(REWARD) == NEVER

    def late(self, now: int, after: int) -> list[str]:
        """What is older than `after` ns, with its age, for people.

        Sources that are silent, and channels of those that speak, but not of all that they should.
        """
        silent = {
            source: came
            for source, came in self.arrived.items()
            if came != NEVER and now - came > after
        }
        left_out = self.reader.late(now - after, but=silent.keys() - {REWARD})
        return [f"{name} {(now - came) / 1e9:.2f} s" for name, came in (silent | left_out).items()]

    def tick(self, now: int, stale_after: int, absent_after: int) -> FloatArray:
        """One control step in real time: efforts to be sent now.

        Args:
            now: ns.
            stale_after: age, ns, from which on a reading or the reward is stale.
            absent_after: age, ns, from which on a reading that may be absent is.
        """
        self.reader.expire(now - absent_after)
        waiting = self.waiting()
        oldest = min(self.reader.oldest(), self.arrived.get(REWARD, now))
        self.stale = not waiting and now - oldest > stale_after
        if not waiting:
            self.stamp = min(self.reader.stamps.values(), default=self._reward_stamp)
        if waiting or self.stale:
            return self._pause(self.safety.limit(self.safety.neutral))
        return self._act()

    def answer(self, source: str, now: int, absent_after: int) -> FloatArray | None:
        """Lockstep: efforts to be sent because of the message from `source` just taken, if any.

        An observation is answered when all of it and its reward have come with the same stamp. One
        that is sent again is answered with the same efforts, and not lived again.
        """
        stamp = self.reader.stamps[self._clocking] if self._meter else self._reward_stamp
        if self.reader.stamps.get(source, stamp) != stamp:  # five times of six, and quick
            return None
        if not self.reader.complete(stamp) or self.arrived.get(REWARD) == NEVER:
            return None
        if stamp == self._answered:
            return self.effort if source == self._clocking else None
        self.stamp = self._answered = stamp
        self.reader.expire(now - absent_after)
        return self._act()

    def listen(self, now: int, silent_after: int) -> None:
        """Lockstep, where there are no ticks: see whether all still speak; sets `stale`.

        Args:
            now: ns.
            silent_after: age, ns, from which on something is wrong; longer than the time after
                which an observation without an answer is sent again.
        """
        oldest = min(self.reader.oldest(), self.arrived.get(REWARD, now))
        self.stale = oldest != NEVER and now - oldest > silent_after

    def stop(self) -> FloatArray:
        """Emergency stop: neutral efforts from now on, until `rearm`."""
        self.stopped = True
        return self.halt()

    def halt(self) -> FloatArray:
        """Neutral efforts once, at the end of acting."""
        return self._pause(self.safety.stop())

    def rearm(self) -> None:
        """End the emergency stop."""
        self.stopped = False

    def exchange(self, controller: Controller) -> None:
        """Go on with another lifetime; the reward of the old one's last effort is not its own."""
        self.controller = controller
        self._paused = True

    def _act(self) -> FloatArray:
        if self.stopped:
            return self.halt()
        reward, terminal = self._collect_reward()
        self._observer.observe(self.reader.sensors, self._observation)
        self.refusal = ""
        try:
            wanted = self.controller.step(self._observation, reward, terminal, self.learning)
        except ValueError as error:  # finite readings that a scale took beyond all numbers
            self.refusal = str(error)
            return self._pause(self.safety.limit(self.safety.neutral))
        self.effort = self.safety.limit(wanted)
        return self.effort

    def _optional(self, robot: Robot) -> list[str]:
        """Sources of the observation that need not come."""
        sources = dict.fromkeys(channel.source for channel in robot.observation)
        return [source for source in sources if source not in self.reader.sources]

    def _collect_reward(self) -> tuple[float, bool]:
        if self._meter is not None:
            if self._paused:
                self._meter.restart()
            rewarded = self._meter.step(self.reader.sensors, self.effort)
            reward, terminal = rewarded.value, rewarded.fell
        else:
            reward, terminal = self._reward, self._terminal
        if self._paused:
            reward = 0.0
        self._reward, self._terminal, self._paused = 0.0, False, False
        return reward, terminal

    def _pause(self, effort: FloatArray) -> FloatArray:
        self._paused = True
        self._reward = 0.0
        self.effort = effort
        return effort
