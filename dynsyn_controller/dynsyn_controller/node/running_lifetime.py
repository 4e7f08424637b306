"""The lifetime that a guard lets act, and what is known beside its record.

Times are nanoseconds of the caller's steady clock.
"""

from __future__ import annotations

import math
from typing import Any

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.lifetime.performance import Performance
from dynsyn_controller.lifetime.vitals import Vitals
from dynsyn_controller.node.evaluations import Evaluations
from dynsyn_controller.node.guard_options import GuardOptions
from dynsyn_controller.robot.reward_bounds import RewardBounds

_SECOND = 1_000_000_000


class RunningLifetime:
    """A lifetime with all that follows it; `begin` puts another one of the same robot in its place.

    Attributes:
        controller: the lifetime.
        performance: what it earns while it learns.
        evaluations: its episodes without learning.
        vitals: whether it is sound, and copies from when it was.

    Args:
        controller: to begin with.
        notes: what `notes` gave when it was saved; empty: nothing was.
        bounds: of its rewards.
        options: `rollback_fraction` and `evaluate_every` are of use here.
    """

    def __init__(
        self,
        controller: Controller,
        notes: dict[str, Any],
        bounds: RewardBounds,
        options: GuardOptions,
    ) -> None:
        self._bounds = bounds
        self.performance = Performance(options.rollback_fraction)
        self.evaluations = Evaluations(options.evaluate_every)
        self.vitals = Vitals(controller.state)
        self._asked_limit = 1.0
        self.begin(controller, notes)

    def begin(self, controller: Controller, notes: dict[str, Any]) -> None:
        """Go on with this lifetime, and with what was known beside it."""
        self.controller = controller
        controller.limit_exploration(self.exploration_limit)
        self.vitals.watch(controller.state)
        self._take_up(notes, controller.statistics.reward_average)

    def limit_exploration(self, share: float) -> None:
        """See `Controller.limit_exploration`; lifetimes that follow are limited, too."""
        self.controller.limit_exploration(share)
        self._asked_limit = share

    @property
    def exploration_limit(self) -> float:
        """The limit that acts; 1: none, as where this lifetime's learner cannot."""
        return self._asked_limit if self.controller.learner.limits_exploration else 1.0

    def notes(self) -> dict[str, Any]:
        """What is known beside the record, to be saved with it."""
        return {
            "rewards": self._bounds.notes(),
            "performance": self.performance.notes(),
            "evaluations": self.evaluations.notes(),
        }

    def recover(self, now: int) -> tuple[bool, str]:
        """A number of the record is none any more: go back to the last good copy.

        Returns:
            Whether there was one, and what has happened, in words.
        """
        fields = ", ".join(self.vitals.unsound_fields())
        copy = self.vitals.go_back(now)
        if copy is None:
            return False, f"{fields}: not finite, and there is no copy to go back to"
        self._take_up(copy.notes, math.nan)
        age = (now - copy.taken) / _SECOND
        text = f"{fields}: not finite; goes on from a copy {age:.1f} s old, {copy.steps:,} steps"
        return True, text

    def _take_up(self, notes: dict[str, Any], average: float) -> None:
        """Go on from what `notes` gave, the bounds of rewards where it gave nothing from `average`,
        the mean reward of a step (NaN: unknown)."""
        self._bounds.begin(notes.get("rewards"), average)
        self.performance.begin(notes.get("performance"))
        self.evaluations.begin(notes.get("evaluations"))
