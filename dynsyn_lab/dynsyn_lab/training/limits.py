"""How long the lifetimes of a run are to learn."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dynsyn_lab.errors import UsageError
from dynsyn_lab.training.run_config import RunConfig


@dataclass(frozen=True)
class Limits:
    """How long to train, the first that comes; none: until interrupted.

    Attributes:
        steps: control steps of each lifetime since its birth.
        episodes: of each lifetime since its birth.
        seconds: of wall clock, of this call.
        until_solved: each lifetime until it is solved.
    """

    steps: int | None = None
    episodes: int | None = None
    seconds: float = math.inf
    until_solved: bool = False


def check_limits(limits: Limits, config: RunConfig) -> None:
    """Check that the limits have a meaning for a run's robot.

    Raises:
        UsageError: until it is solved, but nobody has said when that is.
    """
    if limits.until_solved and config.task.solved_return is None:
        raise UsageError(
            f"--until-solved: {config.robot} has no return at which it counts as solved; use "
            "--steps, --episodes or --hours"
        )
