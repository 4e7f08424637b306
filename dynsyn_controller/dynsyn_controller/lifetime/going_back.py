"""Going back to an earlier copy of a lifetime; the one that is left is kept."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.checkpoint import CheckpointError
from dynsyn_controller.lifetime.history import History
from dynsyn_controller.lifetime.writer import Life, Origin, continue_lifetime
from dynsyn_controller.robot.robot import Robot


@dataclass(frozen=True)
class Left:
    """The lifetime that is being left.

    Attributes:
        data: of its checkpoint; None: it is not worth keeping, since a number of it is not finite.
        steps: control steps lived in it.
    """

    data: bytes | None
    steps: int


@dataclass(frozen=True)
class WentBack:
    """A lifetime that goes on from a copy.

    Attributes:
        life: it.
        path: of the copy.
    """

    life: Life
    path: Path


def load_another(
    history: History | None, left: Left, robot: Robot, origin: Origin, path: Path
) -> Life:
    """The lifetime in `path`, once the one that is left has been saved.

    Raises:
        CheckpointError, RobotFileError: it cannot be read, or the other not be saved.
    """
    life = continue_lifetime(robot, origin, path)
    if history is not None and left.data is not None:
        history.leave(left.data, left.steps)
    return life


def go_back(history: History, left: Left, robot: Robot, origin: Origin, hours: float) -> WentBack:
    """The newest copy at least so many hours of the lifetime back.

    Raises:
        CheckpointError: there is none, or a file cannot be read or written.
    """
    copy = history.before(left.steps, hours)
    if copy is None:
        there = [f"{steps:,}" for steps, _ in history.copies()]
        asked = f"{hours:g} h before" if hours else "from before"
        raise CheckpointError(
            f"history {history.folder}: no copy {asked} {left.steps:,} steps; "
            f"copies there: {', '.join(there) or 'none'}"
        )
    return _go_to(history, left, robot, origin, *copy)


def go_back_to_best(
    history: History, left: Left, robot: Robot, origin: Origin, floor: float
) -> WentBack:
    """The newest copy from when the lifetime earned the most; copies that are damaged are left out.

    Args:
        floor: mean reward of a step that it must have earned more than.

    Raises:
        CheckpointError: there is none, or a file cannot be read or written.
    """
    best, chosen = floor, None
    for steps, path in history.copies():
        earned = _earned(path) if steps < left.steps else -math.inf
        if earned >= best:
            best, chosen = earned, (steps, path)
    if chosen is None:
        raise CheckpointError(
            f"history {history.folder}: no copy from when the lifetime earned more than {floor:.3g}"
        )
    return _go_to(history, left, robot, origin, *chosen)


def _earned(path: Path) -> float:
    try:
        return earned_in(checkpoint.load(path).notes)
    except CheckpointError:
        return -math.inf


def earned_in(notes: dict[str, Any]) -> float:
    """Mean reward of a step when these notes were taken; minus infinity: not known."""
    recent = notes.get("performance", {}).get("recent", ())
    return sum(recent) / len(recent) if recent else -math.inf


def _go_to(
    history: History, left: Left, robot: Robot, origin: Origin, steps: int, path: Path
) -> WentBack:
    life = continue_lifetime(robot, origin, path)
    if left.data is not None:
        history.leave(left.data, left.steps, until=steps)
    return WentBack(life, path)
