"""The life of a configured controller node: a tick at each deadline, or an answer to each
observation, and between them checkpoints, services and reports."""

from __future__ import annotations

import gc
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from rclpy.exceptions import InvalidTopicNameException
from rclpy.lifecycle import LifecycleNode

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.lifetime.checkpoint import CheckpointError
from dynsyn_controller.lifetime.writer import Keeper, Saved, continue_lifetime, open_lifetime
from dynsyn_controller.messages.conversions import NEVER
from dynsyn_controller.messages.layout import FloatArray
from dynsyn_controller.node.guard import Pilot
from dynsyn_controller.node.parameter_table import ParameterError
from dynsyn_controller.node.parameters import Settings
from dynsyn_controller.node.publishers import Outputs
from dynsyn_controller.node.services import Services
from dynsyn_controller.node.subscriptions import Inputs
from dynsyn_controller.node.timing import SECOND, Deadlines

LONGEST_WAIT = SECOND // 20
"""ns; a signal is noticed between two waits."""
_REST = SECOND // 200  # between two looks at checkpoints, services and reports, where no tick is
_WAITING_PERIOD = 5 * SECOND  # between two logs of what is missing
_TROUBLE_PERIOD = 5.0  # s between two logs of the same trouble
_SILENCE = SECOND  # in lockstep; what has no answer is sent again sooner
_MOST_QUEUED = 64  # messages
_SENDING = 1.0  # s for the last command to reach its readers


class ControlLoop:
    """One lifetime on the topics of a node.

    Attributes:
        robot: the robot file.
        pilot: acts for it.
        keeper: of its checkpoint.
        acting: efforts are published and the lifetime is lived.

    Args:
        node: its publishers, subscriptions and services are made on it.
        settings: its parameters.

    Raises:
        ParameterError, RobotFileError, CheckpointError: what the parameters ask for cannot be.
    """

    def __init__(self, node: LifecycleNode, settings: Settings) -> None:
        self.robot = settings.read_robot()
        self.acting = False
        self._node, self._settings = node, settings
        controller, continued = open_lifetime(self.robot, settings)
        computed = settings.reward_source == "computed"
        self.pilot = Pilot(self.robot, controller, settings.slew_limit, computed)
        self.pilot.learning = settings.learning
        if settings.lockstep:
            _check_stamped(self.pilot)
        self.pilot.warm_up()
        self.keeper = Keeper(self.robot, settings.checkpoint)
        try:
            self._outputs = Outputs(node, self.robot, self.pilot, self.keeper, settings)
        except InvalidTopicNameException as error:
            raise ParameterError(f"effort_topic: {' '.join(str(error).split())}") from None
        self._inputs = Inputs(node, self.pilot, not settings.lockstep, self._on_heard)
        self._services = Services(node, self)
        self._deadlines = Deadlines(self._period, time.monotonic_ns())
        self._rest_at = self._waiting_log_at = 0
        self._was_stale = self._was_waiting = False
        self._introduce(continued)

    def start(self) -> None:
        """Begin to act; the node's publishers are on."""
        now = time.monotonic_ns()
        self._outputs.publish_weights(now)
        self._waiting_log_at = now + SECOND
        # A full collection takes longer than a tick; what is here by now is here to stay.
        gc.collect()
        gc.freeze()
        gc.disable()
        self._deadlines.change_period(self._period, time.monotonic_ns())
        self.acting = True

    def stop(self) -> None:
        """Neutral efforts, then silence; the lifetime stands still and is being saved."""
        self.acting = False
        gc.enable()
        gc.unfreeze()
        if not self._outputs.send_surely(self.pilot.halt(), self.pilot.stamp, _SENDING):
            self._log.warning(f"neutral effort: not acknowledged within {_SENDING:g} s")
        if self.keeper.path is not None:
            self._save()

    def close(self) -> bool:
        """Take everything away, once the lifetime is on disk; False: the last save failed."""
        self.acting = False
        self._inputs.close()
        self._services.close()
        self._outputs.close()
        self.keeper.close()
        self._look_at_saves(time.monotonic_ns())
        return not self.keeper.error

    def run_once(self, executor: Any) -> None:
        """Wait for what is next, at most `LONGEST_WAIT`, and do it."""
        now = time.monotonic_ns()
        wait = LONGEST_WAIT
        if self.acting and not self._settings.lockstep:
            wait = min(wait, self._deadlines.remaining(now))
            if wait <= 0:
                if now - self.pilot.newest > self._deadlines.period:
                    self._hear_all(executor)
                self._tick(time.monotonic_ns())
                return
        executor.spin_once(timeout_sec=wait / SECOND)
        now = time.monotonic_ns()
        if now >= self._rest_at and (self._settings.lockstep or not self.acting):
            self._rest_at = now + _REST
            self._do_the_rest(now)

    def save(self, path: Path | None = None) -> Future[Saved]:
        """Begin to save the lifetime; see `Keeper.save`."""
        return self.keeper.save(self.pilot.controller, time.monotonic_ns(), path)

    def load(self, path: Path | None = None) -> Future[Controller]:
        """Begin to read the lifetime in a checkpoint; `exchange` then goes on with it.

        Raises:
            CheckpointError: no path given, and the node has none.
        """
        path = path or self.keeper.path
        if path is None:
            raise CheckpointError("no path given, and the parameter checkpoint_path is empty")
        return self.keeper.run(continue_lifetime, self.robot, self._settings, path)

    def exchange(self, controller: Controller) -> None:
        """Go on with another lifetime of the same robot."""
        self.pilot.exchange(controller)
        self._outputs.prepare(self._settings)
        if self.acting:
            self._outputs.publish_weights(time.monotonic_ns())
        self._log.info(f"goes on with a lifetime of {controller.steps:,} steps")

    def emergency_stop(self) -> None:
        """Neutral efforts from this moment on, until `rearm`."""
        effort = self.pilot.stop()
        if self.acting:
            self._outputs.send(effort, self.pilot.stamp)
        self._log.warning("emergency stop: neutral effort until dynsyn/rearm is called")

    def apply(self, name: str) -> None:
        """A parameter has changed in the settings: act on it."""
        if name == "learning":
            self.pilot.learning = self._settings.learning
            self._log.info("learning" if self.pilot.learning else "frozen")
        elif name == "realtime_factor":
            self._deadlines.change_period(self._period, time.monotonic_ns())
            self._outputs.prepare(self._settings)
        elif name in ("weights_rate", "activity_rate"):
            self._outputs.prepare(self._settings)

    @property
    def _period(self) -> int:
        """ns between two ticks in real time."""
        return round(SECOND / (self.robot.control_rate * self._settings.realtime_factor))

    @property
    def _log(self) -> Any:
        return self._node.get_logger()

    def _on_heard(self, topic: str, now: int) -> None:
        if self.acting and self._settings.lockstep:
            absent_after = round(self._settings.operator_timeout * SECOND)
            effort = self.pilot.answer(topic, now, absent_after)
            if effort is not None:
                self._send(effort)

    def _hear_all(self, executor: Any) -> None:
        """Take what has come already: a loop that was held up must not call its robot silent."""
        for _ in range(_MOST_QUEUED):
            heard = self._inputs.heard
            executor.spin_once(timeout_sec=0)
            if self._inputs.heard == heard:
                return

    def _tick(self, now: int) -> None:
        settings, deadlines = self._settings, self._deadlines
        deadlines.advance(now)
        self._outputs.overruns = deadlines.overruns
        stale_after = round(settings.stale_periods * deadlines.period)
        absent_after = round(settings.operator_timeout * SECOND)
        self._send(self.pilot.tick(now, stale_after, absent_after))
        if not (self.pilot.stale or self.pilot.waiting()):
            deadlines.align(now - self.pilot.newest)
        self._log_staleness(now, stale_after)
        self._do_the_rest(now)

    def _send(self, effort: FloatArray) -> None:
        pilot = self.pilot
        self._outputs.send(effort, pilot.stamp)
        if not pilot.waiting():
            self._outputs.timing.record(time.monotonic_ns() - pilot.newest)
        if pilot.refusal:
            self._log.error(f"refused: {pilot.refusal}", throttle_duration_sec=_TROUBLE_PERIOD)

    def _do_the_rest(self, now: int) -> None:
        self._look_at_saves(now)
        self._services.poll()
        if not self.acting:
            return
        if self.keeper.due(now, self._settings.checkpoint_period):
            self._save()
        if self._settings.lockstep:
            self.pilot.listen(now, _SILENCE)
            self._log_staleness(now, _SILENCE)
        self._log_waiting(now)
        # The pilot's next deadline is near: one report for each tick of a fast loop, all of them
        # for a slow one.
        while self._outputs.report(now):
            if self._settings.lockstep:
                break
            if self._deadlines.remaining(time.monotonic_ns()) < self._deadlines.period // 2:
                break

    def _save(self) -> None:
        try:
            self.save()
        except CheckpointError as error:
            self.keeper.error = str(error)
            self._log.error(str(error), throttle_duration_sec=_TROUBLE_PERIOD)

    def _look_at_saves(self, now: int) -> None:
        for error in self.keeper.poll(now):
            self._log.error(str(error))

    def _log_waiting(self, now: int) -> None:
        waiting = self.pilot.waiting()
        if waiting and now >= self._waiting_log_at:
            self._waiting_log_at = now + _WAITING_PERIOD
            silent = [source for source, came in self.pilot.arrived.items() if came == NEVER]
            missing = [f"topic {self._inputs.topics[s]}" for s in silent] or self.pilot.missing()
            self._log.warning(f"waiting for {', '.join(missing)}")
        elif self._was_waiting and not waiting:
            self._log.info("every channel of the observation has come: control begins")
        self._was_waiting = waiting

    def _log_staleness(self, now: int, stale_after: int) -> None:
        if self.pilot.stale == self._was_stale:
            return
        self._was_stale = self.pilot.stale
        if self._was_stale:
            late = ", ".join(self.pilot.late(now, stale_after))
            self._log.warning(
                f"stale: {late}; learning is paused",
                throttle_duration_sec=_TROUBLE_PERIOD,
            )
        else:
            self._log.info("observations are fresh again", throttle_duration_sec=_TROUBLE_PERIOD)

    def _introduce(self, continued: bool) -> None:
        robot, controller, log = self.robot, self.pilot.controller, self._log.info
        joints = ", ".join(
            f"{index} {joint.name} (at most {joint.effort_limit:g})"
            for index, joint in enumerate(robot.joints)
        )
        log(f"robot {robot.name}, {robot.control_rate:g} Hz; order of the efforts: {joints}")
        topics = ", ".join(self._inputs.topics.values())
        log(f"observation of {len(robot.observation)} channels; topics {topics}")
        rule = (
            f"learner {controller.learner.name}, preset {controller.preset}, "
            f"{controller.weight.size} synapses"
        )
        if continued:
            hours = controller.steps / robot.control_rate / 3600.0
            log(f"continues a lifetime of {hours:.1f} h, {controller.steps:,} steps; {rule}")
        else:
            log(f"a new-born lifetime, seed {self._settings.seed}; {rule}")


def _check_stamped(pilot: Pilot) -> None:
    """Check that lockstep can match all that must come by its stamp."""
    for source in pilot.reader.sources:
        if source not in pilot.reader.stamps:
            raise ParameterError(
                f"lockstep: messages of sensor {source} bear no stamp to match them by; "
                "expected false, or a default for its channels"
            )
