"""From messages to efforts: what the controller node does in a control step, without any ROS.

Times are nanoseconds of the caller's steady clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.messages.commands import CommandReader
from dynsyn_controller.messages.conversions import NEVER
from dynsyn_controller.messages.layout import FloatArray
from dynsyn_controller.node.evaluations import EVALUATION
from dynsyn_controller.node.events import Events, Level
from dynsyn_controller.node.guard_options import GuardOptions
from dynsyn_controller.node.learning_pause import LearningPause
from dynsyn_controller.node.operator_input import Operator
from dynsyn_controller.node.rewards import Rewards
from dynsyn_controller.node.running_lifetime import RunningLifetime
from dynsyn_controller.node.senses import REWARD, Senses
from dynsyn_controller.robot.robot import Robot
from dynsyn_controller.robot.safety.arming import Arming
from dynsyn_controller.robot.safety.standby import Standby
from dynsyn_controller.robot.safety.target_chain import safety_chain
from dynsyn_controller.robot.safety.trip import BodyTrip

_SECOND = 1_000_000_000


class Guard:
    """Holds the latest readings and lets the controller act on them while that is safe.

    The effort is neutral (or holds the standby pose), and nothing is lived or learnt, until every
    channel has come, while any is stale, while the robot is not armed and after an emergency stop.
    Where the robot file's command is another one, efforts are its targets, and neutral is to stand
    still or to be held (`robot.safety.base`). The reward of such a time is not the controller's
    doing: its value is dropped, that an episode ended in it is kept.

    Attributes:
        lifetime: that acts; `begin` puts another one of the same robot in its place.
        senses: what is known of robot and world.
        reader, freshness: theirs.
        learning: False: frozen.
        learning_paused: why nothing is learnt now although `learning` is true; empty: it is.
        held: why the effort is neutral or that of the standby pose; empty: the controller acts.
        arming, operator: whether the robot may act.
        events: what a person should know.
        rewards: of the lifetime.
        stale: the last `tick` (lockstep: `listen`) found an observation or the reward too old.
        reward: of the last control step lived, as it was learnt from.
        terminal: an episode ended with it.
        absent_before: ns; older readings of what may be absent were at their defaults.
        effort: the last command, (joints,), in its unit: N m or N, or that of a target.
        stamp: of the observation that `effort` answers, ns of the sender's clock; 0 before one.
        newest: when the last message came; `NEVER` before one.

    Args:
        robot: the robot file.
        controller: made for it.
        options: how it is to act; None: as their defaults say.
        notes: see `RunningLifetime`; None: there are none.
        events: told what happens; None: nobody is.
    """

    def __init__(
        self,
        robot: Robot,
        controller: Controller,
        options: GuardOptions | None = None,
        notes: dict[str, Any] | None = None,
        events: Events | None = None,
    ) -> None:
        options = options or GuardOptions()
        self.events = events or Events(lambda event: None)
        self.chain = safety_chain(robot, options.slew_limit)
        self._middle = robot.command_range.middle if robot.command.holds else None
        self._standby, self._trip = Standby(robot), BodyTrip(robot)
        self.arming = Arming(options.armed, round(options.ramp_time * robot.control_rate))
        self.operator = Operator(
            CommandReader(robot.joint_names, robot.command.field),
            options.deadman,
            round(options.deadman_timeout * _SECOND),
            round(options.override_timeout * _SECOND),
        )
        self.senses = Senses(robot, options.computed)
        self.reader, self.freshness = self.senses.reader, self.senses.freshness
        self.rewards = Rewards(robot, options.computed, self.events)
        settle_steps = round(options.settle_time * robot.control_rate)
        self._pauses = LearningPause(options.dry_run, settle_steps, self.rewards, self.senses)
        self.lifetime = RunningLifetime(controller, notes or {}, self.rewards.bounds, options)
        self.learning = True
        self.learning_paused = self.held = ""
        self.stale = False
        self.effort = self.chain.stop()
        self.reward, self.terminal = 0.0, False
        self.stamp = self.absent_before = 0
        self._followed: Callable[[bool, bool], None] | None = None
        self.newest = NEVER
        self._answered: int | None = None
        self._ticked: int | None = None
        self._interrupted()

    def begin(self, controller: Controller, notes: dict[str, Any]) -> None:
        """See `RunningLifetime`; the reward of another lifetime's last effort is not its own."""
        self.lifetime.begin(controller, notes)
        self._interrupted()

    def follow(self, then: Callable[[bool, bool], None] | None) -> None:
        """Call `then` at the end of each step: whether it was lived, and learnt from."""
        self._followed = then

    def warm_up(self) -> None:
        """Compile all that a step needs, so that the first one is as fast as the rest."""
        self.lifetime.controller.compile()
        self.senses.observe()
        self.chain.compile()
        self.lifetime.vitals.sound()
        self.rewards.warm_up(self.reader.sensors, self.effort)

    def read(self, source: str, message: Any, now: int) -> None:
        """Take a sensor message; see `SensorReader.read`."""
        self.senses.read(source, message, now)
        self.newest = now

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
        self.rewards.read(message, add)
        self.newest = now
        self.freshness.heard(REWARD, now)

    def tick(self, now: int, stale_after: int, absent_after: int) -> FloatArray:
        """One control step in real time: efforts to be sent now.

        Args:
            now: ns.
            stale_after: age, ns, up to which no source is stale (see `Freshness`).
            absent_after: age, ns, from which on a reading that may be absent is.
        """
        if self._ticked is not None and now - self._ticked > stale_after:
            self._pause(self.effort)  # this process stood still: what happened is not its doing
        self._ticked = now
        self.absent_before = now - absent_after
        self.reader.expire(self.absent_before)
        waiting = self.senses.waiting()
        self.stale = not waiting and self.freshness.stale(now, stale_after)
        if not waiting:
            self.stamp = min(self.reader.stamps.values(), default=self.rewards.stamp)
        return self._step("waiting" if waiting else "stale" if self.stale else "", now)

    def answer(self, source: str, now: int, absent_after: int) -> FloatArray | None:
        """Lockstep: efforts to be sent because of the message from `source` just taken, if any.

        An observation is answered when all of it and its reward have come with the same stamp. One
        that is sent again is answered with the same efforts, and not lived again.
        """
        stamp = self.senses.whole(source, self.rewards.stamp)
        if stamp is None or self.freshness.arrived.get(REWARD) == NEVER:
            return None
        if stamp == self._answered:
            return self.effort if source == self.senses.clocking else None
        self.stamp = self._answered = stamp
        self.absent_before = now - absent_after
        self.reader.expire(self.absent_before)
        return self._step("", now)

    def makes_whole(self, source: str) -> bool:
        """Whether the message from `source` just taken makes a new observation whole.

        That is known only where all that must come is stamped, and with one stamp.
        """
        if not self.senses.all_stamped:
            return False
        return self.senses.whole(source, self.rewards.stamp) not in (None, self.stamp)

    def listen(self, now: int, silent_after: int) -> None:
        """Lockstep, where there are no ticks: see whether all still speak; sets `stale`.

        Args:
            now: ns.
            silent_after: age, ns, from which on something is wrong; longer than the time after
                which an observation without an answer is sent again.
        """
        oldest = min(self.reader.oldest(), self.freshness.arrived.get(REWARD, now))
        self.stale = oldest != NEVER and now - oldest > silent_after

    def stop(self) -> FloatArray:
        """Emergency stop: neutral efforts from now on, until the arming's `rearm`."""
        self.arming.stop()
        return self.halt()

    def trip(self, why: str, now: int) -> FloatArray:
        """Disarm for a reason that is told; returns the neutral efforts to be sent."""
        self.arming.disarm()
        self.held = "disarmed"
        self.events.moment("tripped", f"{why}: disarmed", now, Level.ERROR)
        return self.halt()

    def halt(self) -> FloatArray:
        """Neutral efforts once, at the end of acting."""
        known = not (self.stale or self.senses.waiting())
        return self._pause(self.chain.stop(self.reader.sensors if known else None))

    def _step(self, trouble: str, now: int) -> FloatArray:
        """One control step, unless something is in its way."""
        sensors, why_not = self.reader.sensors, self.arming.why_not
        if why_not:
            self.held = why_not
            return self.halt()
        if not trouble:
            fallen = self._trip.look(sensors)
            if fallen:
                return self.trip(fallen, now)
            trouble = "deadman switch" if self.operator.lets_go(now) else ""
        self.held = trouble
        if not trouble:
            override = self.operator.override(now)
            if override is None:
                return self._act(now)
            self.held = "override"
            self.arming.begin_anew()
            return self._pause(self.chain.limit(override, sensors))
        self.arming.begin_anew()
        can_hold = self._standby.holds and trouble != "waiting"
        if can_hold and "joint_states" not in self._silent(now):
            return self._pause(self.chain.limit(self._standby.effort(sensors), sensors))
        return self._pause(self.chain.hold(sensors))

    def _silent(self, now: int) -> str:
        return " ".join(self.freshness.late(now)) if self.stale else ""

    def _act(self, now: int) -> FloatArray:
        lifetime, sensors = self.lifetime, self.reader.sensors
        reward, terminal = self.rewards.collect(sensors, self.effort, now)
        self.reward, self.terminal = reward, terminal
        observation = self.senses.observe()
        ramp = self.arming.advance()
        paused = self._pauses.why(ramp, terminal)
        if paused:
            lifetime.evaluations.disturb()
        if lifetime.evaluations.step(reward, terminal):
            paused = paused or EVALUATION
        self.learning_paused = paused if self.learning else ""
        learning = self.learning and not self.learning_paused
        try:
            wanted = lifetime.controller.step(observation, reward, terminal, learning)
        except ValueError as error:  # finite readings that a scale took beyond all numbers
            self.held = "refused observation"
            self.events.moment("refused", f"refused: {error}", now, Level.ERROR)
            return self._pause(self.chain.hold(sensors))
        if not lifetime.vitals.sound():
            return self._recover(now)
        if learning:
            lifetime.performance.add(reward)
        if lifetime.vitals.due(now):
            lifetime.vitals.keep(lifetime.notes(), now)
        if self._middle is not None:
            wanted = wanted + self._middle
        self.effort = self.chain.limit(wanted, sensors, ramp)
        if self._followed is not None:
            self._followed(True, learning)
        return self.effort

    def _recover(self, now: int) -> FloatArray:
        gone_back, text = self.lifetime.recover(now)
        if not gone_back:
            self.arming.disarm()
            text += ": disarmed"
        self.events.moment("rolled_back", text, now, Level.ERROR)
        self.held = "rolled back"
        return self._pause(self.chain.hold(self.reader.sensors))

    def _interrupted(self) -> None:
        self.rewards.drop()
        self.lifetime.evaluations.disturb()
        if self.lifetime.controller.steps > 0:
            self._pauses.disturb()

    def _pause(self, effort: FloatArray) -> FloatArray:
        self._interrupted()
        self.effort = effort
        if self._followed is not None:
            self._followed(False, False)
        return effort
