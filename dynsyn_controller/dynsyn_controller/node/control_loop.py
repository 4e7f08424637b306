"""The life of a configured controller node: a tick at each deadline, or an answer to each
observation, and between them checkpoints, services and reports."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from typing import Any

from rclpy.exceptions import InvalidTopicNameException
from rclpy.lifecycle import LifecycleNode

from dynsyn_controller.lifetime.writer import CheckpointWriter, open_lifetime
from dynsyn_controller.messages.conversions import MessageError
from dynsyn_controller.messages.layout import FloatArray
from dynsyn_controller.node.events import Level
from dynsyn_controller.node.guard import Guard
from dynsyn_controller.node.introduction import introduction
from dynsyn_controller.node.link import Link
from dynsyn_controller.node.local_socket import LocalSocket
from dynsyn_controller.node.operations import Operations
from dynsyn_controller.node.parameter_table import ParameterError
from dynsyn_controller.node.people import People
from dynsyn_controller.node.publishers import COMMAND, Outputs
from dynsyn_controller.node.recording import Recording
from dynsyn_controller.node.reports import INACTIVE
from dynsyn_controller.node.services import Services
from dynsyn_controller.node.settings import Settings, read_robot
from dynsyn_controller.node.subscriptions import BUNDLE, Inputs
from dynsyn_controller.node.tape import TapeError
from dynsyn_controller.node.telling import Teller
from dynsyn_controller.node.timing import SECOND, Steps
from dynsyn_controller.node.watch import Watch

LONGEST_WAIT = SECOND // 20
"""ns; a signal is noticed between two waits."""
_REST = SECOND // 200  # between two looks at checkpoints, services and reports, where no tick is
_REST_WITHOUT_ANSWER = SECOND // 50  # later, in lockstep
_SILENCE = SECOND  # in lockstep; what has no answer is sent again sooner
_SENDING = 1.0  # s for the last command to reach its readers


class ControlLoop:
    """One lifetime on the topics of a node.

    Attributes:
        robot: the robot file.
        guard: acts for it.
        writer: of its checkpoint.

    Args:
        node: its publishers, subscriptions and services are made on it.
        settings: its parameters.
        link: to a robot in this process; None: it is heard on topics.

    Raises:
        ParameterError, RobotFileError, CheckpointError: what the parameters ask for cannot be.
    """

    def __init__(self, node: LifecycleNode, settings: Settings, link: Link | None) -> None:
        self.robot = read_robot(settings.robot_file, settings.modules)
        self._node, self._settings = node, settings
        self.writer = CheckpointWriter(
            self.robot, settings.checkpoint, settings.copies_hourly, settings.copies_daily
        )
        self._teller = Teller(self._log, self.robot, self.writer)
        self._events = self._teller.events
        short = settings.lockstep and settings.bundled and link is None
        self._local = LocalSocket.open(node, BUNDLE, COMMAND, bound=True) if short else None
        try:
            self._open(node, settings, link)
        except BaseException:
            if self._local is not None:
                self._local.close()
            self.writer.close()
            raise

    def _open(self, node: LifecycleNode, settings: Settings, link: Link | None) -> None:
        continued = self._open_lifetime(settings)
        robot, guard, writer, events = self.robot, self.guard, self.writer, self._events
        self._recording = Recording(
            robot, guard, writer, events, node.resolve_topic_name, settings.lockstep
        )
        try:
            self._outputs = Outputs(
                node, robot, guard, writer, settings, self._recording, link, self._local
            )
        except InvalidTopicNameException as error:
            raise ParameterError(f"effort_topic: {' '.join(str(error).split())}") from None
        self._teller.outputs = self._outputs
        self._operations = Operations(robot, settings, guard, writer, self._outputs, events)
        if settings.record:
            try:
                self._recording.begin(Path(settings.record).expanduser().absolute())
            except TapeError as error:
                raise ParameterError(f"record: {error}") from None
            self._log.info(f"records into {self._recording.path}")
        taken = self._recording.write
        self._inputs = Inputs(
            node, guard, settings, link, self._local, taken, self._on_heard, self._on_refused
        )
        self._watch = Watch(node, guard, self._inputs, settings, events)
        self._people = People(node, guard.operator, settings, self._on_refused)
        self._services = Services(node, self._operations, self._recording)
        self._deadlines = Steps(self._period, time.monotonic_ns())
        self._rest_at, self._has_answered = 0, False
        self._closed = False
        topics = self._inputs.subscribed.values()
        controller = guard.lifetime.controller
        sim_time = bool(node.get_parameter("use_sim_time").value)
        path = writer.path
        for line in introduction(robot, controller, topics, path, continued, settings, sim_time):
            self._log.info(line)

    def _open_lifetime(self, settings: Settings) -> bool:
        """Make the guard; says whether its lifetime was continued from a file."""
        life = open_lifetime(self.robot, settings.origin)
        self.guard = Guard(
            self.robot, life.controller, settings.guard_options, life.notes, self._events
        )
        self.guard.learning, self.guard.held = settings.learning, INACTIVE
        try:
            self.guard.lifetime.limit_exploration(settings.exploration_limit)
        except ValueError as error:
            raise ParameterError(f"exploration_limit: {error}") from None
        if settings.lockstep:
            self.guard.senses.check_stamped()
        self.guard.warm_up()
        return life.continued

    def start(self) -> None:
        """Begin to act; the node's publishers are on."""
        now = time.monotonic_ns()
        self._outputs.publish_weights(now)
        # A full collection takes longer than a tick; what is here by now is here to stay.
        gc.collect()
        gc.freeze()
        gc.disable()
        self._deadlines.change_period(self._period, time.monotonic_ns())
        self._operations.acting = True

    def stop(self) -> None:
        """Neutral efforts, then silence; the lifetime stands still and is being saved."""
        self._operations.acting = False
        gc.enable()
        gc.unfreeze()
        if not self._outputs.send_surely(self.guard.halt(), self.guard.stamp, _SENDING):
            self._log.warning(f"neutral effort: not acknowledged within {_SENDING:g} s")
        self.guard.held = INACTIVE
        if self.writer.path is not None:
            self._operations.save_or_tell()

    def close(self) -> bool:
        """Take everything away, once the lifetime is on disk; False: the last save failed."""
        self._operations.acting, self._closed = False, True
        self._inputs.close()
        if self._local is not None:
            self._local.close()
        self._people.close()
        self._services.close()
        self._end_recording()
        self._outputs.close()
        self.writer.close()
        self._operations.tell_unsaved(time.monotonic_ns())
        if self.writer.error:
            return False
        self._teller.tell_saved(plainly=True)
        return True

    def run_once(self, executor: Any, wait: int = LONGEST_WAIT) -> None:
        """Wait for what is next, at most `wait` (ns), and do it."""
        now = time.monotonic_ns()
        if self._operations.acting and not self._settings.lockstep:
            remaining, period = self._deadlines.remaining(now), self._deadlines.period
            wait = min(wait, remaining)
            if wait <= 0:
                held_up = -remaining > period // 4
                if held_up or now - self.guard.newest > period:
                    self._inputs.hear_queued(executor, held_up)
                if self._operations.acting:  # unless one of those heard was to deactivate it
                    self._tick(time.monotonic_ns())
                return
        self._inputs.wait(executor, wait)
        if self._closed:  # by a transition that was just heard
            return
        now = time.monotonic_ns()
        if self._operations.acting and self._deadlines.early(now):
            self._tick(now)
            return
        # In lockstep the time for it is while the robot makes its next observation.
        due = self._rest_at if self._has_answered else self._rest_at + _REST_WITHOUT_ANSWER
        self._has_answered = False
        if now >= due and (self._settings.lockstep or not self._operations.acting):
            self._rest_at = now + _REST
            self._do_the_rest(now)

    def apply(self, name: str) -> None:
        """A parameter has changed in the settings: act on it."""
        if name == "learning":
            self.guard.learning = self._settings.learning
            self._log.info("learning" if self.guard.learning else "frozen")
        elif name == "exploration_limit":
            self.guard.lifetime.limit_exploration(self._settings.exploration_limit)
            self._log.info(
                f"exploration limited to {self.guard.lifetime.exploration_limit:g} (1: no limit)"
            )
        elif name == "realtime_factor":
            self._deadlines.change_period(self._period, time.monotonic_ns())
            self._outputs.prepare(self._settings)
        elif name in ("weights_rate", "activity_rate"):
            self._outputs.prepare(self._settings)

    @property
    def acting(self) -> bool:
        """Efforts are published and the lifetime is lived."""
        return self._operations.acting

    @property
    def _period(self) -> int:
        """ns between two ticks in real time."""
        return round(SECOND / (self.robot.control_rate * self._settings.realtime_factor))

    @property
    def _log(self) -> Any:
        return self._node.get_logger()

    def _on_heard(self, topic: str, now: int) -> None:
        if not self._settings.lockstep:
            if self.guard.makes_whole(topic):
                self._deadlines.observe()
        elif self._operations.acting:
            absent_after = round(self._settings.operator_timeout * SECOND)
            effort = self.guard.answer(topic, now, absent_after)
            if effort is not None:
                self._send(effort)
                self._has_answered = True

    def _tick(self, now: int) -> None:
        settings, deadlines = self._settings, self._deadlines
        deadlines.advance(now)
        self._outputs.overruns = deadlines.overruns
        stale_after = round(settings.stale_periods * deadlines.period)
        absent_after = round(settings.operator_timeout * SECOND)
        self._send(self.guard.tick(now, stale_after, absent_after))
        if not (self.guard.stale or self.guard.senses.waiting()):
            deadlines.align(self.guard.newest)
        self._do_the_rest(now)

    def _send(self, effort: FloatArray) -> None:
        guard = self.guard
        self._outputs.send(effort, guard.stamp)
        if not guard.senses.waiting():
            age = time.monotonic_ns() - guard.newest
            self._outputs.timing.record(None if guard.stale else age)
        self._teller.box.write(
            time.monotonic_ns(), guard.stamp, guard.reward, guard.senses.observation, guard.effort
        )

    def _do_the_rest(self, now: int) -> None:
        self._operations.tell_unsaved(now)
        self._recording.flush(now)
        self._services.poll()
        self._teller.tell_details(self.guard.lifetime.controller, now)
        if not self._operations.acting:
            if not (self.writer.saving or self.writer.error):
                self._teller.tell_saved(plainly=True)
            self.guard.listen(now, _SILENCE)
            self._outputs.report(now, active=False)
            return
        if self.writer.due(now, round(self._settings.checkpoint_period * SECOND)):
            self._operations.save_or_tell()
        if self._settings.lockstep:
            self.guard.listen(now, _SILENCE)
        self._watch.look(now)
        self._operations.watch_performance(now)
        self._events.remind(now)
        # The guard's next deadline is near: one report for each tick of a fast loop, all of them
        # for a slow one.
        while self._outputs.report(now):
            if self._settings.lockstep:
                break
            if self._deadlines.remaining(time.monotonic_ns()) < self._deadlines.period // 2:
                break

    def _end_recording(self) -> None:
        self._outputs.record_weights()
        tape = self._recording.end()
        if tape is not None:
            try:
                tape.close()
            except TapeError as error:
                self._log.error(str(error))

    def _on_refused(self, topic: str, error: MessageError, now: int) -> None:
        self._outputs.refused += 1
        self._events.moment(f"refused_{topic}", f"refused: {error}", now, Level.ERROR)
