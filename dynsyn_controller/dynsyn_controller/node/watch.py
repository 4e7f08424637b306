"""Looks at a running controller between its ticks, and tells what a person should know."""

from __future__ import annotations

from rclpy.node import Node

from dynsyn_controller.messages.conversions import NEVER
from dynsyn_controller.node.evaluations import EVALUATION
from dynsyn_controller.node.events import Events, Level
from dynsyn_controller.node.guard import Guard
from dynsyn_controller.node.senses import REWARD
from dynsyn_controller.node.settings import Settings
from dynsyn_controller.node.subscriptions import Inputs
from dynsyn_controller.node.suspicion import Frozen, TimeRate, apart, differ, wrong_stamp
from dynsyn_controller.node.timing import SECOND, Pace

_RATE = 1.0  # Hz, of what need not be told at once
_VALUES_RATE = 10.0  # Hz, of looks for readings that stay the same, which may disarm the robot
_LEASE = 20
"""s for which Fast DDS, by default, takes a process for alive that says nothing any more."""
_STEADY = ("contacts", "command", REWARD)  # of which a living robot may say the same for long
_HELD = {
    "disarmed": ("disarmed: neutral effort until dynsyn/arm is called", "armed"),
    "deadman switch": ("deadman switch is not held: the robot does not act", "deadman switch held"),
    "override": ("an operator's own efforts are sent", "the operator's override has ended"),
}
_PAUSES = {"rewards are implausible", EVALUATION}
"""Told elsewhere, or as it is to be: dynsyn/events keeps the last events alone."""


class Watch:
    """Turns the condition of a guard, its topics and its stamps into events.

    Args:
        node: to count senders and to read the clock of.
        guard: that acts.
        inputs: what is subscribed to.
        settings: of the node.
        events: told what is found.
    """

    def __init__(
        self,
        node: Node,
        guard: Guard,
        inputs: Inputs,
        settings: Settings,
        events: Events,
    ) -> None:
        self._topics = {**inputs.topics, **inputs.subscribed}
        self._senders = sorted(set(inputs.subscribed.values()))
        self._node, self._guard, self._settings, self._events = node, guard, settings, events
        self._pace, self._values_pace = Pace(_RATE), Pace(_VALUES_RATE)
        self._was_waiting = self._was_stale = False
        self._waiting_from: int | None = None
        self._answered = -1
        self._clock = -1  # ns, at the look before
        self._time_rate = TimeRate()
        places = {s: p for s, p in guard.freshness.places.items() if s not in _STEADY}
        self._frozen = Frozen(places, round(settings.frozen_after * SECOND))

    def look(self, now: int) -> None:
        """Tell what has changed; quick, for after every tick."""
        self._look_at_waiting(now)
        self._look_at_staleness(now)
        held = self._guard.held
        for name, (begun, ended) in _HELD.items():
            self._state(name.replace(" ", "_"), held == name, begun, ended, now)
        watched = self._settings.frozen_after > 0 and not self._guard.senses.waiting()
        if watched and self._values_pace.due(now):
            self._look_at_values(now)
        if self._pace.due(now):
            self._look_closely(now)

    def _state(
        self,
        name: str,
        there: bool,
        begun: str,
        ended: str,
        now: int,
        level: Level = Level.WARNING,
    ) -> None:
        if there:
            self._events.begin(name, begun, now, level)
        elif self._events.lasts(name):
            self._events.end(name, ended)

    def _look_at_waiting(self, now: int) -> None:
        guard = self._guard
        waiting = guard.senses.waiting()
        if waiting and self._waiting_from is None:
            self._waiting_from = now + SECOND
        if waiting and self._waiting_from is not None and now >= self._waiting_from:
            silent = [source for source, came in guard.freshness.arrived.items() if came == NEVER]
            topics = dict.fromkeys(f"topic {self._topics[source]}" for source in silent)
            missing = list(topics) or guard.senses.missing()
            self._events.begin("waiting", f"waiting for {', '.join(missing)}", now)
        elif self._was_waiting and not waiting:
            text = "every channel of the observation has come: control begins"
            self._events.end("waiting", text)
            self._events.moment("begins", text, now, Level.INFO)
        self._was_waiting = waiting

    def _look_at_staleness(self, now: int) -> None:
        guard = self._guard
        if guard.stale and not self._was_stale:
            after = SECOND if self._settings.lockstep else None
            late = ", ".join(guard.freshness.late(now, after)) or "part of a message"
            self._events.begin("stale", f"stale: {late}; learning is paused", now)
        elif self._was_stale and not guard.stale:
            self._events.end("stale", "observations are fresh again")
        self._was_stale = guard.stale

    def _look_closely(self, now: int) -> None:
        guard = self._guard
        acted = guard.chain.acted()
        self._state("limited", bool(acted), f"limits act: {acted}", "no limit acts any more", now)
        paused = guard.learning_paused
        told = bool(paused) and paused not in _PAUSES and not guard.held
        text = f"learning pauses: {paused}"
        self._state("learning_paused", told, text, "learning goes on", now, Level.INFO)
        self._count_senders(now)
        if guard.senses.waiting():
            return
        if self._settings.lockstep:
            self._look_at_lockstep(now)
        else:
            if self._settings.wrong_stamps == "warn":
                self._look_at_stamps(now)
            self._look_at_time(now)

    def _count_senders(self, now: int) -> None:
        node, settings = self._node, self._settings
        for topic in self._senders:
            count = node.count_publishers(topic)
            text = (
                f"{topic}: {count} senders, expected one: what they say is mixed (one that was "
                f"killed counts for some {_LEASE} s)"
            )
            self._state(f"senders_of_{topic}", count > 1, text, f"{topic}: one sender", now)
        if settings.dry_run:
            return
        for topic in filter(None, ("joint_command", settings.effort_topic)):
            count = node.count_publishers(topic)
            text = f"{topic}: {count} controllers command this robot, expected this one alone"
            ended = f"{topic}: this controller alone"
            self._state(f"senders_of_{topic}", count > 1, text, ended, now, Level.ERROR)

    def _look_at_lockstep(self, now: int) -> None:
        guard = self._guard
        stamps: dict[str, int] = dict(guard.reader.stamps)
        if REWARD in guard.freshness.arrived:
            stamps[REWARD] = guard.rewards.stamp
        stuck = guard.stamp == self._answered and len(set(stamps.values())) > 1
        stuck = stuck and not guard.stale
        text = (
            f"lockstep: the stamps of one observation differ, so none is answered: {apart(stamps)}"
        )
        self._state("stamps_differ", stuck, text, "lockstep: observations are answered", now)
        self._answered = guard.stamp

    def _look_at_values(self, now: int) -> None:
        guard = self._guard
        moving = not guard.held and bool((guard.effort != guard.chain.neutral).any())
        found = self._frozen.look(guard.reader.sensors, guard.freshness.arrived, now, moving)
        for source, seconds in found.items():
            text = f"{source}: exactly the same values for {seconds:.0f} s while efforts change"
            if self._settings.frozen_readings == "disarm":
                guard.trip(text, now)
                return
            self._events.moment(f"frozen_{source}", text, now)

    def _look_at_stamps(self, now: int) -> None:
        tolerance = self._settings.tolerated_stamps
        if tolerance is None:
            return
        clock = self._node.get_clock().now().nanoseconds
        text = "use_sim_time is true, and nothing has come on /clock: stamps cannot be judged"
        self._state("no_clock", clock == self._clock == 0, text, "time comes on /clock", now)
        self._clock = clock
        if clock == 0:
            return
        arrived = self._guard.freshness.arrived
        for source, stamp in self._guard.reader.stamps.items():
            if now - arrived[source] > SECOND:  # silent: that it is stale is told, and enough
                continue
            # as of when it came; no clock stands still for long while messages come
            wrong = wrong_stamp(stamp, clock - (now - arrived[source]), tolerance)
            text = f"{source}: {wrong}; its readings are used all the same"
            ended = f"{source}: stamps are right again"
            self._state(f"stamp_of_{source}", bool(wrong), text, ended, now)

    def _look_at_time(self, now: int) -> None:
        """A simulation at another speed than this loop is no robot that the lifetime knows."""
        if self._guard.stale:
            self._time_rate.forget()
            return
        factor, rate = self._settings.realtime_factor, self._time_rate.look(self._guard.stamp, now)
        wrong = rate is not None and differ(rate, factor)
        text = (
            f"the robot's time runs {rate or 0.0:.2f} times as fast as the clock, realtime_factor "
            f"is {factor:g}: both must be the same"
        )
        ended = "the robot's time runs as realtime_factor says"
        self._state("realtime_factor", wrong, text, ended, now)
