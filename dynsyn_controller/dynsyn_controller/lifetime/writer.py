"""Keeps a controller's lifetime in a file: continues it at start, saves it now and then."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.checkpoint import CheckpointError
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.robot_file import Robot

T = TypeVar("T")


@dataclass(frozen=True)
class Origin:
    """What a lifetime begins from.

    Attributes:
        path: file that it is continued from, where it exists; None: new-born, in memory only.
        preset: of the rule, in place of the checkpoint's or the robot file's; None: theirs.
        rule: settings of the rule that replace the preset's or the checkpoint's.
        seed: of a new-born lifetime.
    """

    path: Path | None = None
    preset: str | None = None
    rule: dict[str, Any] = field(default_factory=dict)
    seed: int = 0


def open_lifetime(robot: Robot, origin: Origin) -> tuple[Controller, bool]:
    """The lifetime to begin with: continued from the checkpoint file, or new-born without one.

    Returns:
        The controller, and whether it was continued.

    Raises:
        CheckpointError: the file is damaged or of another robot or network, or its folder cannot
            be written to.
        RobotFileError: the network or the rule cannot be.
    """
    path = origin.path
    if path is not None:
        _check_folder(path.parent, path)
        if path.exists():
            return continue_lifetime(robot, origin, path), True
    return new_controller(robot, origin.preset, origin.rule, origin.seed), False


def continue_lifetime(robot: Robot, origin: Origin, path: Path) -> Controller:
    """The lifetime in a checkpoint file, for `robot`, compiled.

    It keeps the rule that it was saved with; a preset given in `origin` replaces all of that rule,
    and single settings of the rule replace theirs.

    Raises:
        CheckpointError: damaged, or of another robot or network.
        RobotFileError: the rule cannot be.
    """
    saved = checkpoint.load(path)
    if origin.preset:
        preset, rule = origin.preset, origin.rule
    else:
        preset, rule = saved.preset, {**saved.settings, **origin.rule}
    controller = new_controller(robot, preset, rule, origin.seed)
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


class CheckpointWriter:
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
        for name in ("weight", "centre", "amplitude", "gain"):
            if not np.isfinite(getattr(controller, name)).all():
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
