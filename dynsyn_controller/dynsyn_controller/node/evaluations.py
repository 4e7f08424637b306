"""Episodes lived without learning, now and then: what a lifetime can, beside what it earns.

While a lifetime learns, its weights swing, and the swing costs reward. An evaluation is a whole
episode in which they stand still.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

from dynsyn_controller.core.schema import SchemaError, parse

EVALUATION = "an evaluation"
"""Why nothing is learnt meanwhile."""
WINDOW = 20
"""Evaluations that the mean is taken over."""
_MOST = 2**31
"""Evaluations in a lifetime; of more no message could tell."""


@dataclass
class Record:
    """What is kept with the lifetime.

    Attributes:
        count: evaluations since birth.
        learnt: episodes lived since the last one.
        returns: of the last ones, oldest first, at most `WINDOW`.
    """

    count: int = 0
    learnt: int = 0
    returns: tuple[float, ...] = ()


class Evaluations:
    """Says in which episodes nothing is to be learnt, and adds up what they earn.

    Args:
        every: one of so many episodes is an evaluation; 0: none is.
    """

    def __init__(self, every: int) -> None:
        self._every = every
        self.begin(None)

    def begin(self, notes: dict[str, Any] | None) -> None:
        """Go on with a lifetime; notes: what `notes` gave when it was saved, None: nothing is."""
        record = _read(notes) if notes is not None else Record()
        self.count = record.count
        self._returns: deque[float] = deque(record.returns, maxlen=WINDOW)
        self._learnt, self._return = record.learnt, 0.0
        self._under_way = self._undisturbed = False

    def notes(self) -> dict[str, Any]:
        """What is to be kept with the lifetime; of an episode under way nothing is."""
        return asdict(Record(self.count, self._learnt, tuple(self._returns)))

    @property
    def average(self) -> float:
        """Mean return of the last evaluations; NaN before one has ended."""
        return sum(self._returns) / len(self._returns) if self._returns else math.nan

    def disturb(self) -> None:
        """Something else than the weights has had a hand in this episode: it does not count."""
        self._undisturbed = False

    def step(self, reward: float, terminal: bool) -> bool:
        """Take one control step in; whether it is of an evaluation, and not to be learnt from.

        Args:
            reward: for what the last effort did.
            terminal: that ended an episode.
        """
        evaluated = self._under_way
        self._return += reward
        if terminal:
            if evaluated and self._undisturbed:
                self.count += 1
                self._returns.append(self._return)
            self._learnt = 0 if evaluated else self._learnt + 1
            self._under_way = self._every > 0 and self._learnt >= self._every - 1
            self._undisturbed, self._return = True, 0.0
        return evaluated


def _read(notes: dict[str, Any]) -> Record:
    """A new record where they were written by another version, or cannot be."""
    try:
        record = parse(Record, notes)
    except SchemaError:
        return Record()
    known = math.isfinite(sum(record.returns)) and len(record.returns) <= record.count
    return record if known and 0 <= record.count <= _MOST and record.learnt >= 0 else Record()
