"""A lifetime in one self-contained file: record, robot file, rule and versions.

The file is a NumPy .npz (a zip, so every part carries a checksum) without pickled objects, written
to a neighbour and renamed: a kill at any moment leaves the last good file.
"""

from __future__ import annotations

import dataclasses
import io
import json
import os
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.lifetime import new_controller
from dynsyn_controller.robot import Robot, RobotFileError, parse_robot

FORMAT = 1


class CheckpointError(RuntimeError):
    """A checkpoint that cannot be written, read or used; the message names the file and why."""


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint file holds.

    Attributes:
        path: of the file.
        robot: the robot file it was made with.
        preset: name of the rule's preset.
        settings: all settings of the rule, by name.
        state: the lifetime's record, shape (1,).
    """

    path: Path
    robot: Robot
    preset: str
    settings: dict[str, Any]
    state: np.ndarray

    def controller(self) -> Controller:
        """The lifetime, ready to go on with its own rule.

        Raises:
            CheckpointError: its record does not fit the network that this version builds.
        """
        try:
            controller = new_controller(self.robot, self.preset, self.settings)
        except RobotFileError as error:
            raise CheckpointError(f"checkpoint {self.path}: {error}") from None
        restore(controller, self)
        return controller


def save(path: str | Path, robot: Robot, controller: Controller) -> None:
    """Write the lifetime atomically.

    Raises:
        CheckpointError: the folder is missing or not writable, or the disk is full; a file that was
            there before is untouched.
    """
    write(path, encode(robot, controller))


def encode(robot: Robot, controller: Controller) -> bytes:
    """The bytes of a checkpoint file: a snapshot, which `write` may put on disk later."""
    rule = dataclasses.asdict(controller.network.rule)
    about = {
        "format": FORMAT,
        "robot": robot.source,
        "preset": controller.preset,
        "rule": rule,
        "steps": controller.steps,
    }
    buffer = io.BytesIO()
    np.savez(buffer, about=np.array(json.dumps(about)), state=controller.state)
    return buffer.getvalue()


def write(path: str | Path, data: bytes) -> None:
    """Write `data` atomically; see `save`."""
    path = Path(path)
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise CheckpointError(f"checkpoint {path}: cannot be written: {error.strerror}") from None


def load(path: str | Path) -> Checkpoint:
    """Read and check a checkpoint file.

    Raises:
        CheckpointError: it is missing, damaged, or of another format.
    """
    path = Path(path)
    try:
        with np.load(path, allow_pickle=False) as parts:
            about, state = json.loads(str(parts["about"])), parts["state"]
    except OSError as error:
        reason = error.strerror or "damaged, or not a checkpoint"
        raise CheckpointError(f"checkpoint {path}: cannot be read: {reason}") from None
    except (ValueError, KeyError, zipfile.BadZipFile, zlib.error, EOFError):
        raise CheckpointError(f"checkpoint {path}: damaged, or not a checkpoint") from None
    if about.get("format") != FORMAT:
        raise CheckpointError(f"checkpoint {path}: format {about.get('format')}, expected {FORMAT}")
    try:
        robot = parse_robot(about["robot"], where=f"checkpoint {path}: robot")
    except RobotFileError as error:
        raise CheckpointError(str(error)) from None
    return Checkpoint(path, robot, about["preset"], about["rule"], state)


def restore(controller: Controller, checkpoint: Checkpoint) -> None:
    """Put a checkpoint's lifetime into `controller`, in place.

    Raises:
        CheckpointError: it is of another robot or network; `controller` is unchanged.
    """
    difference = _difference(controller, checkpoint)
    if difference:
        raise CheckpointError(f"checkpoint {checkpoint.path}: {difference}")
    controller.state[...] = checkpoint.state


def _difference(controller: Controller, checkpoint: Checkpoint) -> str:
    body, other = controller.body, checkpoint.robot.body
    for what, found, expected in (
        ("joints", other.joints, body.joints),
        ("observation", other.states + other.ranges, body.states + body.ranges),
        ("network", other.network, body.network),
        ("control step in the rule's ms", other.dt, body.dt),
        ("effort limits", other.effort_limit.tolist(), body.effort_limit.tolist()),
        ("sensitivities", other.sensitivity.tolist(), body.sensitivity.tolist()),
    ):
        if found != expected:
            return f"made for another robot: {what}: found {found}, expected {expected}"
    found, expected = checkpoint.state.dtype, controller.state.dtype
    if found != expected or checkpoint.state.shape != (1,):
        return f"made with another network: {_dtype_difference(found, expected)}"
    for name in checkpoint.state.dtype.names:
        if name not in _MAY_BE_NAN and not np.all(np.isfinite(checkpoint.state[name])):
            return f"damaged: {name} is not finite"
    return ""


_MAY_BE_NAN = ("reward", "return_last", "return_average", "return_best")


def _dtype_difference(found: np.dtype, expected: np.dtype) -> str:
    for name in expected.names:
        if found.names is None or name not in found.names:
            return f"no {name} in it"
        if found[name] != expected[name]:
            return f"{name}: found {found[name].shape}, expected {expected[name].shape}"
    return f"unknown parts {', '.join(sorted(set(found.names) - set(expected.names)))}"
