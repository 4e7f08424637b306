"""Keeps a controller's lifetime in a file: continues it at start, saves it now and then."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.checkpoint import CheckpointError
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.node.parameters import Settings
from dynsyn_controller.node.timing import SECOND
from dynsyn_controller.robot.robot_file import Robot

T = TypeVar("T")


def open_lifetime(robot: Robot, settings: Settings) -> tuple[Controller, bool]:
    """The lifetime to begin with: continued from the checkpoint file, or new-born without one.

    Returns:
        The controller, and whether it was continued.

    Raises:
        CheckpointError: the file is damaged or of another robot or network, or its folder cannot
            be written to.
        RobotFileError, ParameterError: the network or the learner cannot be.
    """
    path = settings.checkpoint
    if path is not None:
        _check_folder(path.parent, path)
        if path.exists():
            return continue_lifetime(robot, settings, path), True
    return new_controller(choose(robot, settings), seed=settings.seed), False


def choose(robot: Robot, settings: Settings) -> Robot:
    """The robot file with the learner, preset and settings that the node's parameters ask for.

    Raises:
        RobotFileError, ParameterError: something that cannot be.
    """
    chosen = settings.overrides
    return robot.choose(
        settings.learner or None, settings.preset or None, chosen["learner"], chosen["network"]
    )


def continue_lifetime(robot: Robot, settings: Settings, path: Path) -> Controller:
    """The lifetime in a checkpoint file, for `robot`, compiled.

    It keeps the settings and options that it was saved with; a preset given in `settings` replaces
    them by those of the robot file, and single ones replace theirs.

    Raises:
        CheckpointError: damaged, or of another robot, network or learner.
        RobotFileError, ParameterError: a preset or setting that cannot be.
    """
    saved = checkpoint.load(path)
    asked = choose(robot, settings)
    if not (settings.preset or settings.learner):
        overrides = settings.overrides
        learner = {**saved.robot.learner, **overrides["learner"]}
        checkpoint.check_same(asked, saved)
        asked = robot.with_sections({**saved.robot.network, **overrides["network"]}, learner)
    controller = new_controller(asked, seed=settings.seed)
    checkpoint.restore(controller, saved)
    controller.compile()
    return controller


def _check_folder(folder: Path, path: Path) -> None:
    if not folder.is_dir():
        raise CheckpointError(f"checkpoint {path}: there is no folder {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CheckpointError(f"checkpoint {path}: folder {folder} cannot be written to")


@dataclass(frozen=True)
class Saved:
    """A checkpoint that has been written.

    Attributes:
        path: where.
        steps: control steps lived in it.
    """

    path: Path
    steps: int


class Keeper:
    """Saves a lifetime without holding up the control loop.

    The snapshot is taken at once, in the caller's thread; a thread of its own puts it on disk.

    Attributes:
        error: why the last save failed; empty: it did not.
        saved_at: when the last save ended well, ns of the caller's clock; None before.

    Args:
        robot: the robot file.
        path: of the checkpoint; None: only saves with a path of their own.
    """

    def __init__(self, robot: Robot, path: Path | None) -> None:
        self.path = path
        self.error = ""
        self.saved_at: int | None = None
        self._robot = robot
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checkpoint")
        self._pending: list[Future[Saved]] = []
        self._last: int | None = None

    def due(self, now: int, period: float) -> bool:
        """Whether `period` seconds (0: never) have gone by since the last save was begun, or since
        this was first asked."""
        if self._last is None:
            self._last = now
        return (
            self.path is not None
            and period > 0
            and now - self._last >= period * SECOND
            and not self._pending
        )

    def save(self, controller: Controller, now: int, path: Path | None = None) -> Future[Saved]:
        """Begin to save the lifetime as it is now.

        Returns:
            Done when it is on disk, or with a CheckpointError.

        Raises:
            CheckpointError: there is no path, or the lifetime holds a number that is not finite;
                the file keeps the last good one.
        """
        target = path or self.path
        if target is None:
            raise CheckpointError("no path given, and the parameter checkpoint_path is empty")
        if target == self.path:
            self._last = now
        for name in ("weight", *controller.learner.quantities):
            if not np.isfinite(controller.state[name]).all():
                raise CheckpointError(f"checkpoint {target}: not written: a {name} is not finite")
        data, steps = checkpoint.encode(self._robot, controller), controller.steps
        future = self._thread.submit(_write, target, data, steps)
        self._pending.append(future)
        return future

    def run(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        """Run something else in the saving thread, after the saves begun before."""
        return self._thread.submit(function, *arguments)

    def poll(self, now: int) -> list[CheckpointError]:
        """Look at the saves that have ended since the last call: the errors of those that failed.

        Raises:
            Exception: anything else that went wrong in the saving thread.
        """
        if not self._pending:
            return []
        errors = []
        for future in [future for future in self._pending if future.done()]:
            self._pending.remove(future)
            error = future.exception()
            if error is None:
                self.error, self.saved_at = "", now
            elif isinstance(error, CheckpointError):
                self.error = str(error)
                errors.append(error)
            else:
                raise error
        return errors

    def close(self) -> None:
        """Wait for the saves under way and end the thread."""
        self._thread.shutdown(wait=True)


def _write(path: Path, data: bytes, steps: int) -> Saved:
    checkpoint.write(path, data)
    return Saved(path, steps)
