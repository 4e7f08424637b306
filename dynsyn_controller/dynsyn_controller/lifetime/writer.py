"""Opens a lifetime at the start, and saves it now and then without holding up its control loop."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from dynsyn_controller.core.blueprint import choose_network
from dynsyn_controller.core.controller import Controller
from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.checkpoint import CheckpointError
from dynsyn_controller.lifetime.factory import new_controller, vacant_controller
from dynsyn_controller.lifetime.file_checks import obstacle
from dynsyn_controller.lifetime.history import History
from dynsyn_controller.lifetime.lock import LifetimeLock, lived_by
from dynsyn_controller.robot.robot import Robot

T = TypeVar("T")


@dataclass(frozen=True)
class Origin:
    """What a lifetime begins from.

    Attributes:
        path: file that it is continued from, where it exists; None: new-born, in memory only.
        learner, preset: in place of the checkpoint's or the robot file's; None: theirs.
        settings: of the learner, that replace the preset's or the checkpoint's.
        network: type in place of the checkpoint's or the robot file's; None: theirs.
        options: of the network, likewise.
        seed: of a new-born lifetime.
    """

    path: Path | None = None
    learner: str | None = None
    preset: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    network: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    seed: int = 0

    def choose(self, robot: Robot) -> Robot:
        """The robot file with the learner, preset, settings and options that are asked for.

        Raises:
            RobotFileError: something that cannot be.
        """
        return robot.choose(self.learner, self.preset, self.settings, self.network, self.options)


@dataclass(frozen=True)
class Life:
    """A lifetime that has been opened.

    Attributes:
        controller: ready to live.
        notes: what was saved beside its record; empty where nothing was.
        continued: from a file; False: new-born.
    """

    controller: Controller
    notes: dict[str, Any]
    continued: bool


def open_lifetime(robot: Robot, origin: Origin) -> Life:
    """The lifetime to begin with: continued from the checkpoint file, or new-born without one.

    Raises:
        CheckpointError: the file is damaged or of another robot or network.
        RobotFileError: the network or the learner cannot be.
    """
    if origin.path is not None and origin.path.exists():
        return continue_lifetime(robot, origin, origin.path)
    controller = new_controller(origin.choose(robot), seed=origin.seed)
    return Life(controller, {}, continued=False)


def continue_lifetime(robot: Robot, origin: Origin, path: Path) -> Life:
    """The lifetime in a checkpoint file, for `robot`, compiled.

    It keeps the settings and options that it was saved with; a preset, learner or network given in
    `origin` replaces them by those of the robot file, and single ones replace theirs. A network or
    a learner of another type than the robot file's comes along with it, unless one is given.

    Raises:
        CheckpointError: damaged, or of another robot, network or learner.
        RobotFileError: a preset or setting that cannot be.
    """
    saved = checkpoint.load(path)
    checkpoint.check_body(robot, saved)  # before its network is asked to fit another body
    robot = _with_types_of(saved.robot, robot, origin)
    asked = origin.choose(robot)
    if not (origin.preset or origin.learner or origin.network):
        learner = {**saved.robot.learner, **origin.settings}
        checkpoint.check_same(asked, saved)
        network = choose_network(saved.robot.network, options=origin.options)
        asked = robot.with_sections(network, learner)
    controller = vacant_controller(asked, origin.seed)
    checkpoint.restore(controller, saved)
    controller.compile()
    return Life(controller, saved.notes, continued=True)


def _with_types_of(saved: Robot, robot: Robot, origin: Origin) -> Robot:
    """`robot` with what `saved` has of another type and `origin` does not ask for."""
    network, learner = robot.network, robot.learner
    kinds = zip(saved.blueprint.types, robot.blueprint.types, strict=True)
    other_network, other_learner = (one != other for one, other in kinds)
    if other_network and not origin.network:
        network = saved.network
    if other_learner and not (origin.learner or origin.preset):
        learner = saved.learner
    return robot.with_sections(network, learner)


@dataclass(frozen=True)
class Saved:
    """A checkpoint that has been written.

    Attributes:
        path: where.
        steps: control steps lived in it.
    """

    path: Path
    steps: int


class CheckpointWriter:
    """Saves a lifetime without holding up the control loop.

    The snapshot is taken at once, in the caller's thread; a thread of its own puts it on disk.

    Attributes:
        path: of the checkpoint; None: only saves with a path of their own.
        history: earlier copies beside it; None: without a path there are none.
        error: why the last save to `path` failed; empty: it did not.
        saved: the last one that ended well; None before.
        saved_at: when that was, ns of the caller's clock; None before.

    Args:
        robot: the robot file.
        path: of the checkpoint; it belongs to this process alone until `close`.
        hourly, daily: earlier copies that are kept (see `History`).

    Raises:
        CheckpointError: the file could not be written, or another process lives this lifetime.
    """

    def __init__(self, robot: Robot, path: Path | None, hourly: int = 0, daily: int = 0) -> None:
        if path is not None and (found := obstacle(path)):
            raise CheckpointError(f"checkpoint {path}: {found}")
        self.path = path
        self.history = History(path, robot.control_rate, hourly, daily) if path else None
        self.error = ""
        self.saved: Saved | None = None
        self.saved_at: int | None = None
        self._robot = robot
        self._lock = LifetimeLock(path) if path else None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checkpoint")
        self._pending: list[Future[Saved]] = []
        self._beside: list[Future[None]] = []
        self._last: int | None = None

    def due(self, now: int, period: int) -> bool:
        """Whether `period` ns (0: never) have gone by since the last save was begun, or since this
        was first asked."""
        if self._last is None:
            self._last = now
        return (
            self.path is not None
            and period > 0
            and now - self._last >= period
            and not self._pending
        )

    @property
    def saving(self) -> bool:
        """A save of the checkpoint is under way, or has ended since the last `poll`."""
        return bool(self._pending)

    def save(
        self,
        controller: Controller,
        now: int,
        path: Path | None = None,
        notes: dict[str, Any] | None = None,
    ) -> Future[Saved]:
        """Begin to save the lifetime as it is now.

        Args:
            controller: the lifetime.
            now: ns.
            path: None: the checkpoint, and now and then a copy of it. Another file is written over
                only if it is a checkpoint that nobody lives.
            notes: what is known beside its record.

        Returns:
            Done when it is on disk, or with a CheckpointError.

        Raises:
            CheckpointError: there is no path, or the lifetime holds a number that is not finite;
                the file keeps the last good one.
        """
        target = path or self.path
        if target is None:
            raise CheckpointError("no path given, and the parameter checkpoint_path is empty")
        own = self.path is not None and os.path.realpath(target) == os.path.realpath(self.path)
        if own:
            self._last = now
        data, steps = self.snapshot(controller, notes), controller.steps
        if not own:  # whoever asked hears how it went; the checkpoint is none the worse
            return self.run(_write_elsewhere, target, data, steps)
        saved = self.run(_write, target, data, steps, self.history)
        self._pending.append(saved)
        return saved

    def run(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        """Run something else in the saving thread, after the saves begun before."""
        return self._thread.submit(function, *arguments)

    def run_told(self, function: Callable[..., None], *arguments: Any) -> None:
        """Write something else in the saving thread; `poll` tells if it cannot be written."""
        self._beside.append(self._thread.submit(function, *arguments))

    def poll(self, now: int) -> list[CheckpointError]:
        """Look at what has been written since the last call: the errors of what could not be.

        Raises:
            Exception: anything else that went wrong in the saving thread.
        """
        if not (self._pending or self._beside):
            return []
        errors = []
        for done, error in _finished(self._pending):
            if error is None:
                self.error, self.saved, self.saved_at = "", done.result(), now
            else:
                self.error = str(error)
                errors.append(error)
        errors += [error for _, error in _finished(self._beside) if error is not None]
        return errors

    def close(self) -> None:
        """Wait for the saves under way, end the thread and let the file go."""
        self._thread.shutdown(wait=True)
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def snapshot(self, controller: Controller, notes: dict[str, Any] | None = None) -> bytes:
        """The bytes of a checkpoint of this moment.

        Raises:
            CheckpointError: the lifetime holds a number that is not finite.
        """
        if unsound := checkpoint.unsound_fields(controller.state):
            names = ", ".join(unsound)
            raise CheckpointError(f"checkpoint: not written: {names}: not finite")
        return checkpoint.encode(self._robot, controller, notes)


def _finished(futures: list[Future[T]]) -> Iterator[tuple[Future[T], CheckpointError | None]]:
    """Take out those that are done, with their errors, None for those that ended well.

    Raises:
        Exception: any other error than that something cannot be written.
    """
    for future in [future for future in futures if future.done()]:
        futures.remove(future)
        error = future.exception()
        if isinstance(error, OSError):
            error = CheckpointError(f"{error.filename}: cannot be written: {error.strerror}")
        if error is not None and not isinstance(error, CheckpointError):
            raise error
        yield future, error


def _write(path: Path, data: bytes, steps: int, history: History | None) -> Saved:
    checkpoint.write(path, data)
    if history is not None:
        history.add(data, steps)
    return Saved(path, steps)


def _write_elsewhere(path: Path, data: bytes, steps: int) -> Saved:
    if not path.exists():
        return _write(path, data, steps, None)
    try:
        checkpoint.load(path)
    except CheckpointError:
        raise CheckpointError(
            f"checkpoint {path}: there is a file that is no checkpoint; it is left as it is"
        ) from None
    if holder := lived_by(path):
        raise CheckpointError(f"checkpoint {path}: is being lived by process {holder}")
    return _write(path, data, steps, None)
