"""A lifetime in one self-contained file: record, robot file, rule and versions.

The file is a NumPy .npz (a zip, so every part carries a checksum) without pickled objects, written
to a neighbour and renamed: a kill at any moment leaves the last good file.
"""

from __future__ import annotations

import dataclasses
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.learners.rule import as_saved
from dynsyn_controller.lifetime import atomic
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.lifetime.file_checks import protection
from dynsyn_controller.robot.robot_file import Robot, RobotFileError, parse_robot

FORMAT = 1
MAY_BE_NAN = ("reward", "return_last", "return_average", "return_best")
"""Fields of a lifetime's record in which NaN stands for "not yet"."""


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
        notes: what is known beside the record, by whose it is; empty where nothing was saved.
    """

    path: Path
    robot: Robot
    preset: str
    settings: dict[str, Any]
    state: np.ndarray
    notes: dict[str, Any]

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


def encode(robot: Robot, controller: Controller, notes: dict[str, Any] | None = None) -> bytes:
    """The bytes of a checkpoint file: a snapshot, which `write` may put on disk later.

    Args:
        robot: the robot file.
        controller: the lifetime.
        notes: what is known beside its record, by whose it is; plain numbers, texts and lists.
    """
    rule = dataclasses.asdict(controller.network.rule)
    about = {
        "format": FORMAT,
        "robot": robot.source,
        "preset": controller.preset,
        "rule": rule,
        "steps": controller.steps,
        "notes": notes or {},
    }
    buffer = io.BytesIO()
    np.savez(buffer, about=np.array(json.dumps(about)), state=controller.state)
    return buffer.getvalue()


def write(path: str | Path, data: bytes) -> None:
    """Write `data` atomically; see `save`. What is write-protected is left alone."""
    if found := protection(path):
        raise CheckpointError(f"checkpoint {path}: cannot be written: {found}")
    try:
        atomic.write(path, data)
    except OSError as error:
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
        form = about["format"]
        robot, preset, settings = (about.get(key) for key in ("robot", "preset", "rule"))
        notes = about.get("notes", {})
    except OSError as error:
        reason = error.strerror or "damaged, or not a checkpoint"
        raise CheckpointError(f"checkpoint {path}: cannot be read: {reason}") from None
    except Exception:  # damage can show anywhere: in the zip, a header, the numbers, the JSON
        raise CheckpointError(f"checkpoint {path}: damaged, or not a checkpoint") from None
    if form != FORMAT:
        raise CheckpointError(f"checkpoint {path}: format {form}, expected {FORMAT}")
    if not (
        isinstance(robot, str)
        and isinstance(preset, str)
        and isinstance(settings, dict)
        and isinstance(notes, dict)
    ):
        raise CheckpointError(f"checkpoint {path}: damaged, or not a checkpoint")
    try:
        parsed = parse_robot(robot, where=f"checkpoint {path}: robot")
    except RobotFileError as error:
        raise CheckpointError(str(error)) from None
    return Checkpoint(path, parsed, preset, as_saved(settings), state, notes)


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
        ("network", _options(other.network), _options(body.network)),
        ("control step in the rule's ms", other.dt, body.dt),
        ("effort limits", other.effort_limit.tolist(), body.effort_limit.tolist()),
        ("sensitivities", other.sensitivity.tolist(), body.sensitivity.tolist()),
    ):
        if found != expected:
            return f"made for another robot: {what}: {_first_difference(found, expected)}"
    found, expected = checkpoint.state.dtype, controller.state.dtype
    if found != expected or checkpoint.state.shape != (1,):
        return f"made with another network: {_dtype_difference(found, expected)}"
    for name in checkpoint.state.dtype.names:
        if name not in MAY_BE_NAN and not np.all(np.isfinite(checkpoint.state[name])):
            return f"damaged: {name} is not finite"
    return ""


_AT_BIRTH = ("initial", "initial_magnitude", "given")
"""Options of the network ncap that only say where its weights began."""


def _options(network: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in network.items() if key not in _AT_BIRTH}


def _first_difference(found: Any, expected: Any) -> str:
    """Where two unequal values differ first, short enough for one line."""
    if isinstance(found, dict):
        key = next(k for k in {**found, **expected} if found.get(k) != expected.get(k))
        return f"{key}: {_first_difference(found.get(key), expected.get(key))}"
    if isinstance(found, (list, tuple)) and isinstance(expected, (list, tuple)):
        if len(found) != len(expected):
            return f"found {len(found)} of them, expected {len(expected)}"
        at = next(
            i for i, pair in enumerate(zip(found, expected, strict=True)) if pair[0] != pair[1]
        )
        return f"number {at + 1}: {_first_difference(found[at], expected[at])}"
    return f"found {found!r}, expected {expected!r}"


def _dtype_difference(found: np.dtype, expected: np.dtype) -> str:
    for name in expected.names:
        if found.names is None or name not in found.names:
            return f"no {name} in it"
        if found[name] != expected[name]:
            return f"{name}: found {found[name].shape}, expected {expected[name].shape}"
    return f"unknown parts {', '.join(sorted(set(found.names) - set(expected.names)))}"
