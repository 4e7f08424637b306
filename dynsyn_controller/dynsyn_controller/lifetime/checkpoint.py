"""A lifetime in one self-contained file: record, robot file, network and learner.

The file is a NumPy .npz (a zip, so every part carries a checksum) without pickled objects, written
to a neighbour and renamed: a kill at any moment leaves the last good file.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dynsyn_controller.core.blueprint import Blueprint
from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.records import field_names, fill, loaded, stored
from dynsyn_controller.core.schema import SchemaError
from dynsyn_controller.lifetime import atomic
from dynsyn_controller.lifetime.factory import vacant_controller
from dynsyn_controller.lifetime.file_checks import protection
from dynsyn_controller.lifetime.migration import FORMAT, migrate_records, sections_of_format_1
from dynsyn_controller.robot.robot import Robot, RobotFileError
from dynsyn_controller.robot.robot_file import parse_robot

MAY_BE_NAN = ("reward", "return_last", "return_average", "return_best")
"""Fields of a lifetime's record in which NaN stands for "not yet"."""
LARGEST = 1e100
"""No number of a lifetime is as large; its square still is one."""


class CheckpointError(RuntimeError):
    """A checkpoint that cannot be written, read or used; the message names the file and why."""


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint file holds.

    Attributes:
        path: of the file.
        robot: the robot file it was made with, its sections network and learner as the lifetime
            has lived with them, with nothing left to presets and defaults.
        state: the lifetime's record, shape (1,).
        notes: what is known beside the record, by whose it is; empty where nothing was saved.
    """

    path: Path
    robot: Robot
    state: np.ndarray
    notes: dict[str, Any]

    def controller(self) -> Controller:
        """The lifetime, ready to go on.

        Raises:
            CheckpointError: its record does not fit the network that this version builds.
        """
        controller = vacant_controller(self.robot)
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
    about = {
        "format": FORMAT,
        "robot": robot.source,
        **controller.blueprint.sections,
        "steps": controller.steps,
        "notes": notes or {},
    }
    buffer = io.BytesIO()
    np.savez(
        buffer,
        about=np.array(json.dumps(about)),
        state=stored(controller.state, controller.blueprint.file_dtype),
    )
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
        form, robot = about["format"], about["robot"]
        sections = [about.get(key) for key in _SECTIONS.get(form, ())]
        notes = about.get("notes", {})
    except OSError as error:
        reason = error.strerror or "damaged, or not a checkpoint"
        raise CheckpointError(f"checkpoint {path}: cannot be read: {reason}") from None
    except Exception:  # damage can show anywhere: in the zip, a header, the numbers, the JSON
        raise CheckpointError(f"checkpoint {path}: damaged, or not a checkpoint") from None
    if form not in _SECTIONS:
        raise CheckpointError(f"checkpoint {path}: format {form}, expected 1 to {FORMAT}")
    kinds = [type(part) for part in (*sections, notes)]
    if not isinstance(robot, str) or kinds != [*_TYPES[form], dict]:
        raise CheckpointError(f"checkpoint {path}: damaged, or not a checkpoint")
    try:
        parsed = parse_robot(robot, where="robot")
        if form == 1:
            sections = list(sections_of_format_1(parsed.network, *sections).values())
        parsed = parsed.with_sections(*sections).complete()
    except (RobotFileError, SchemaError) as error:
        raise CheckpointError(f"checkpoint {path}: {error}") from None
    if form == 1:
        state = migrate_records(state, parsed.blueprint.file_dtype)
    return Checkpoint(path, parsed, loaded(state, parsed.blueprint.dtype), notes)


_SECTIONS = {1: ("preset", "rule"), FORMAT: ("network", "learner")}
_TYPES: dict[int, list[type]] = {1: [str, dict], FORMAT: [dict, dict]}
"""What each format keeps of network and learner, beside the robot file."""


def restore(controller: Controller, checkpoint: Checkpoint) -> None:
    """Put a checkpoint's lifetime into `controller`, in place.

    Raises:
        CheckpointError: it is of another robot, network or learner; `controller` is unchanged.
    """
    _check(controller.blueprint, checkpoint, _SECTIONS[FORMAT])
    state = checkpoint.state
    found, expected = state.dtype, controller.state.dtype
    if found != expected or state.shape != (1,):
        raise CheckpointError(
            f"checkpoint {checkpoint.path}: made with another network, or by another version: "
            f"{_dtype_difference(found, expected) or f'found shape {state.shape}, expected (1,)'}"
        )
    if unsound := unsound_fields(state):
        names = ", ".join(unsound)
        raise CheckpointError(
            f"checkpoint {checkpoint.path}: damaged: {names}: not finite, or beyond {LARGEST:g}"
        )
    fill(controller.state, state)


def unsound_fields(state: np.ndarray) -> list[str]:
    """Names of a record's fields that hold a number that cannot be."""
    return [
        name
        for name in field_names(state.dtype)
        if name not in MAY_BE_NAN
        and state[name].dtype.kind == "f"
        and not (np.abs(state[name]) < LARGEST).all()
    ]


def check_same(robot: Robot, checkpoint: Checkpoint) -> None:
    """Check that a checkpoint's lifetime can go on as `robot`.

    Raises:
        CheckpointError: it is of another body, network or learner.
    """
    _check(robot.blueprint, checkpoint, _SECTIONS[FORMAT])
    _check_command(robot, checkpoint)


def check_body(robot: Robot, checkpoint: Checkpoint) -> None:
    """Check that a checkpoint's lifetime can go on in the body of `robot`.

    Raises:
        CheckpointError: it is of another body.
    """
    _check(robot.blueprint, checkpoint)
    _check_command(robot, checkpoint)


def _check(blueprint: Blueprint, checkpoint: Checkpoint, sections: tuple[str, ...] = ()) -> None:
    body, other = blueprint.body, checkpoint.robot.body
    parts = {
        "joints": (other.joints, body.joints),
        "observation": (other.channels, body.channels),
        "network": _networks(checkpoint.robot.network, blueprint),
        "learner": (checkpoint.robot.learner["type"], blueprint.types[1]),
        "control step in the rule's ms": (other.dt, body.dt),
        "effort limits": (other.effort_limit.tolist(), body.effort_limit.tolist()),
        "sensitivities": (other.sensitivity.tolist(), body.sensitivity.tolist()),
    }
    for what, (found, expected) in parts.items():
        if what not in _SECTIONS[FORMAT] or what in sections:
            _refuse_other(checkpoint, what, found, expected)


def _check_command(robot: Robot, checkpoint: Checkpoint) -> None:
    """Check that the same outputs mean the same commands."""
    was, now = checkpoint.robot, robot
    _refuse_other(checkpoint, "command type", was.command.type, now.command.type)
    middles = was.command_range.middle.tolist(), now.command_range.middle.tolist()
    _refuse_other(checkpoint, "middles of position limits", *middles)


def _refuse_other(checkpoint: Checkpoint, what: str, found: Any, expected: Any) -> None:
    if found != expected:
        option = _first_key(found, expected) if what == "network" else "type"
        hint = "" if option == "type" else f"; see --network.{option}"
        raise CheckpointError(
            f"checkpoint {checkpoint.path}: made for another robot: {what}: "
            f"{_first_difference(found, expected)}{hint}"
        )


def _networks(found: dict[str, Any], blueprint: Blueprint) -> tuple[dict, ...]:
    """Sections network of a checkpoint and of a blueprint, but for what may be adjusted."""
    free = blueprint.network.adjustable
    return tuple(
        {key: value for key, value in section.items() if key not in free}
        for section in (found, blueprint.sections["network"])
    )


def _first_key(found: dict[str, Any], expected: dict[str, Any]) -> str:
    return next(k for k in {**found, **expected} if found.get(k) != expected.get(k))


def _first_difference(found: Any, expected: Any) -> str:
    """Where two unequal values differ first, short enough for one line."""
    if isinstance(found, dict):
        key = _first_key(found, expected)
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
    """Names the first difference between the fields of two records; empty: there is none."""
    wanted, there = field_names(expected), field_names(found)
    for name in wanted:
        if name not in there:
            return f"no {name} in it"
        if found[name].shape != expected[name].shape:
            return f"{name}: found {found[name].shape}, expected {expected[name].shape}"
        if found[name] != expected[name]:
            return f"{name}: found {found[name].base}, expected {expected[name].base}"
    unknown = sorted(set(there) - set(wanted))
    return f"unknown parts {', '.join(unknown)}" if unknown else ""
