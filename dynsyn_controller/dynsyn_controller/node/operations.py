"""What people and programs may ask of a running controller, whoever asks: a service or the loop."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from dynsyn_controller.lifetime.checkpoint import CheckpointError
from dynsyn_controller.lifetime.going_back import (
    Left,
    WentBack,
    earned_in,
    go_back,
    go_back_to_best,
    load_another,
)
from dynsyn_controller.lifetime.performance import BLOCK, YOUNG
from dynsyn_controller.lifetime.stop_latch import StopLatch
from dynsyn_controller.lifetime.writer import CheckpointWriter, Life, Saved
from dynsyn_controller.node.events import Events, Level
from dynsyn_controller.node.guard import Guard
from dynsyn_controller.node.publishers import Outputs
from dynsyn_controller.node.settings import Settings
from dynsyn_controller.robot.robot import Robot, RobotFileError

T = TypeVar("T")


class Operations:
    """Saves, loads and exchanges the lifetime; arms, disarms and stops its robot.

    Attributes:
        acting: efforts are published and the lifetime is lived; the loop sets it.

    Args:
        robot: the robot file.
        settings: of the node.
        guard: acts for it.
        writer: of its checkpoint.
        outputs: its publishers.
        events: told what is done.
    """

    def __init__(
        self,
        robot: Robot,
        settings: Settings,
        guard: Guard,
        writer: CheckpointWriter,
        outputs: Outputs,
        events: Events,
    ) -> None:
        self.acting = False
        self._robot, self._settings = robot, settings
        self._guard, self._writer, self._outputs = guard, writer, outputs
        self._events = events
        self._latch = StopLatch(writer.path)
        self._recovery: Future[WentBack] | None = None
        self._recovered_at: int | None = None  # control steps
        if self._latch.held():
            self._guard.arming.stop()
            text = "emergency stop, left on before the restart: neutral effort until dynsyn/rearm"
            events.begin("emergency_stop", text, time.monotonic_ns(), Level.ERROR)

    def save(self, path: Path | None = None) -> Future[Saved]:
        """Begin to save the lifetime; see `CheckpointWriter.save`."""
        lifetime, now = self._guard.lifetime, time.monotonic_ns()
        return self._writer.save(lifetime.controller, now, path, lifetime.notes())

    def save_or_tell(self) -> None:
        """Begin to save the lifetime to its checkpoint; why that cannot be is told, not raised."""
        try:
            self.save()
        except CheckpointError as error:
            self._writer.error = str(error)
            now = time.monotonic_ns()
            self._events.moment("not_saved_checkpoint", str(error), now, Level.ERROR)

    def tell_unsaved(self, now: int) -> None:
        """Tell what could not be written since the last call; `now`: ns, steady clock."""
        for error in self._writer.poll(now):
            what = str(error).split()[0]  # one must not hide the other
            self._events.moment(f"not_saved_{what}", str(error), now, Level.ERROR)

    def load(self, path: Path | None = None) -> Future[Life]:
        """Begin to save the running lifetime and to read the one in a checkpoint; `exchange` then
        goes on with it.

        Raises:
            CheckpointError: no path given, and the node has none.
        """
        path = path or self._writer.path
        if path is None:
            raise CheckpointError("no path given, and the parameter checkpoint_path is empty")
        history, origin = self._writer.history, self._settings.origin
        return self._writer.run(load_another, history, self._left(), self._robot, origin, path)

    def roll_back(self, hours: float) -> Future[WentBack]:
        """Begin to go back so many hours of the lifetime; `exchange` then goes on from there.

        Raises:
            CheckpointError: no copies are kept, or `hours` is none.
        """
        if not 0.0 <= hours < 1e9:
            raise CheckpointError(f"hours: found {hours}, expected 0 or more")
        if self._writer.history is None:
            raise CheckpointError("no copies are kept: the parameter checkpoint_path is empty")
        history, origin = self._writer.history, self._settings.origin
        return self._writer.run(go_back, history, self._left(), self._robot, origin, hours)

    def exchange(self, life: Life, what: str = "loaded", why: str = "") -> None:
        """Go on with another lifetime of the same robot.

        Args:
            life: it.
            what: name of the event: "loaded" or "rolled_back".
            why: in words, for the log.
        """
        self._guard.begin(life.controller, life.notes)
        self._outputs.rolled_back += what == "rolled_back"
        self._outputs.prepare(self._settings)
        now = time.monotonic_ns()
        if self.acting:
            self._outputs.publish_weights(now)
        text = f"{why}: " if why else ""
        text += f"goes on with a lifetime of {life.controller.steps:,} steps"
        if self._guard.lifetime.exploration_limit != self._settings.exploration_limit:
            text += ", whose exploration cannot be limited"
        self._events.moment(what, text, now, Level.WARNING if why else Level.INFO)

    def record_weights(self) -> None:
        """Put the weights of now into the recording, if there is one."""
        self._outputs.record_weights()

    def run(self, function: Callable[[], T]) -> Future[T]:
        """Do something that takes long in the saving thread."""
        return self._writer.run(function)

    def emergency_stop(self) -> None:
        """Neutral efforts from this moment on, until `rearm`; also after a restart."""
        effort = self._guard.stop()
        if self.acting:
            self._outputs.send(effort, self._guard.stamp)
        text = "emergency stop: neutral effort until dynsyn/rearm is called"
        self._events.begin("emergency_stop", text, time.monotonic_ns(), Level.ERROR)
        self._writer.run_told(self._latch.hold, "emergency stop; dynsyn/rearm ends it")

    def rearm(self) -> bool:
        """End the emergency stop; False: there was none."""
        stopped = self._guard.arming.stopped
        self._guard.arming.rearm()
        self._writer.run_told(self._latch.release)
        self._events.end("emergency_stop", "the emergency stop is ended")
        return stopped

    def arm(self) -> str:
        """Let the robot act; returns what is in its way, empty: nothing."""
        if self._guard.arming.stopped:
            return "the emergency stop is on: call dynsyn/rearm first"
        self._guard.arming.arm()
        return ""

    def disarm(self) -> None:
        """Neutral efforts from this moment on, until `arm`."""
        self._guard.arming.disarm()
        effort = self._guard.halt()
        if self.acting:
            self._outputs.send(effort, self._guard.stamp)

    def watch_performance(self, now: int) -> None:
        """Go back to a better copy by itself where the lifetime has lost what it could."""
        lifetime = self._guard.lifetime
        if self._recovery is not None:
            self._finish_recovery(now)
        elif lifetime.performance.lost:
            at, steps = self._recovered_at, lifetime.controller.steps
            if at is not None and 0 <= steps - at < YOUNG * BLOCK:
                self._accept("lost again after going back; the robot or its world has changed", now)
            elif self._writer.history is not None:
                floor, origin = lifetime.performance.floor, self._settings.origin
                arguments = (self._left(), self._robot, origin, floor)
                history = self._writer.history
                self._recovery = self._writer.run(go_back_to_best, history, *arguments)
            else:
                self._recover_from_memory(now)

    def _finish_recovery(self, now: int) -> None:
        recovery = self._recovery
        if recovery is None or not recovery.done():
            return
        self._recovery = None
        error = recovery.exception()
        if isinstance(error, (CheckpointError, RobotFileError)):
            self._accept(str(error), now)
        elif error is not None:
            raise error
        else:
            why = self._loss()
            self.exchange(recovery.result().life, "rolled_back", why)
            self._recovered_at = self._guard.lifetime.controller.steps

    def _recover_from_memory(self, now: int) -> None:
        lifetime, why = self._guard.lifetime, self._loss()
        floor = lifetime.performance.floor
        copies = [copy for copy in lifetime.vitals.copies if earned_in(copy.notes) > floor]
        if not copies:
            self._accept("no copy from when it earned more", now)
            return
        copy = max(copies, key=lambda each: earned_in(each.notes))
        lifetime.controller.state[...] = copy.state
        self.exchange(Life(lifetime.controller, copy.notes, continued=True), "rolled_back", why)
        self._recovered_at = copy.steps

    def _loss(self) -> str:
        performance = self._guard.lifetime.performance
        return (
            f"earns {performance.now:.3g} a step, far below the {performance.best:.3g} that it has "
            "earned"
        )

    def _accept(self, why: str, now: int) -> None:
        text = f"{self._loss()}; goes on as it is: {why}"
        self._events.moment("performance_lost", text, now, Level.ERROR)
        self._guard.lifetime.performance.accept()

    def _left(self) -> Left:
        lifetime = self._guard.lifetime
        try:
            data = self._writer.snapshot(lifetime.controller, lifetime.notes())
        except CheckpointError:  # a number is not finite: nothing to keep
            data = None
        return Left(data, lifetime.controller.steps)
