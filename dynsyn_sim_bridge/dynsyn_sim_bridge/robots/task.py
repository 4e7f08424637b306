"""What a robot is to achieve: what counts as solved, and how long an episode lasts."""

from __future__ import annotations

import math
from dataclasses import dataclass

LONGEST_WINDOW = 100
"""Episodes whose returns a lifetime remembers."""


@dataclass(frozen=True)
class Task:
    """What counts as good for one robot.

    Attributes:
        solved_return: the task is solved when the mean return of `window` consecutive episodes
            reaches this; None: nobody has said when.
        window: episodes in that mean, 1 to 100.
        episode_steps: control steps after which a course ends at the latest; 0: it may go on for
            ever.

    Raises:
        ValueError: a number that cannot be.
    """

    solved_return: float | None = None
    window: int = LONGEST_WINDOW
    episode_steps: int = 0

    def __post_init__(self) -> None:
        if self.solved_return is not None and not math.isfinite(self.solved_return):
            raise ValueError(
                f"task: solved_return: found {self.solved_return}, expected a finite number"
            )
        if not 1 <= self.window <= LONGEST_WINDOW:
            raise ValueError(f"task: window: found {self.window}, expected 1 to {LONGEST_WINDOW}")
        if self.episode_steps < 0:
            raise ValueError(f"task: episode_steps: found {self.episode_steps}, expected 0 or more")

    def solved_by(self, mean_return: float) -> bool | None:
        """Whether this mean return solves the task; None: nobody has said when it is solved."""
        return None if self.solved_return is None else mean_return >= self.solved_return
