"""How well a lifetime does, against how well it has done: says when it has lost what it could.

Judged by the mean reward of a control step, over blocks of steps, so that lives without episodes
are judged alike.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

from dynsyn_controller.core.schema import SchemaError, parse

BLOCK = 1000
"""Control steps of a block."""
WINDOW = 10
"""Blocks over which the present is taken."""
YOUNG = 100
"""Blocks before which nothing is judged: what a new lifetime earns goes up and down."""
SPREADS = 8.0
"""A loss is more than so many standard deviations of the mean of a window: the best of thousands of
windows lies some four above what is usual, the worst some four below."""
_MEMORY = 100.0  # blocks over which the spread of blocks is taken


@dataclass
class Record:
    """What is kept with the lifetime.

    Attributes:
        blocks: finished ones.
        variance: of a block's mean around that of its window.
        best: highest mean of a window so far, where it is judged.
        recent: means of the last blocks, oldest first, at most `WINDOW`.
    """

    blocks: int = 0
    variance: float = 0.0
    best: float = -math.inf
    recent: tuple[float, ...] = ()


class Performance:
    """Follows the rewards of one lifetime.

    Args:
        fraction: of the best mean reward, that may be lost; 0: nothing is ever judged as lost.
    """

    def __init__(self, fraction: float) -> None:
        self._fraction = fraction
        self.begin(None)

    def begin(self, notes: dict[str, Any] | None) -> None:
        """Go on with a lifetime; notes: what `notes` gave when it was saved, None: nothing is."""
        record = _read(notes) if notes is not None else Record()
        self._blocks, self._variance, self._best = record.blocks, record.variance, record.best
        self._recent: deque[float] = deque(record.recent, maxlen=WINDOW)
        self._sum, self._count = 0.0, 0

    def notes(self) -> dict[str, Any]:
        """What is to be kept with the lifetime; of a block under way nothing is."""
        record = Record(self._blocks, self._variance, self._best, tuple(self._recent))
        notes = asdict(record)
        if not math.isfinite(record.best):
            del notes["best"]
        return notes

    def add(self, reward: float) -> None:
        """One control step's reward, finite."""
        self._sum += reward
        self._count += 1
        if self._count == BLOCK:
            self._finish_block(self._sum / BLOCK)
            self._sum, self._count = 0.0, 0

    @property
    def now(self) -> float:
        """Mean reward of a step over the last window; NaN before one is full."""
        if len(self._recent) < WINDOW:
            return math.nan
        return sum(self._recent) / WINDOW

    @property
    def best(self) -> float:
        """Highest such mean that counts; minus infinity before one does."""
        return self._best

    @property
    def floor(self) -> float:
        """Mean reward below which what the lifetime could is lost; minus infinity: not judged."""
        if self._fraction == 0 or self._blocks < YOUNG or not math.isfinite(self._best):
            return -math.inf
        spread = math.sqrt(self._variance / WINDOW)
        return self._best - max(self._fraction * abs(self._best), SPREADS * spread)

    @property
    def lost(self) -> bool:
        """Whether the lifetime does well below what it could."""
        return self.now < self.floor

    def accept(self) -> None:
        """Take the present as what the lifetime can from now on."""
        self._best = self.now if math.isfinite(self.now) else -math.inf

    def _finish_block(self, mean: float) -> None:
        if len(self._recent) == WINDOW:
            deviation = mean - self.now
            weight = 1.0 / min(self._blocks + 1, _MEMORY)
            # not a loss itself: it must not widen the band that it is judged by
            if not self.lost:
                self._variance += (deviation * deviation - self._variance) * weight
        self._recent.append(mean)
        self._blocks += 1
        if len(self._recent) == WINDOW and self._blocks >= YOUNG:
            self._best = max(self._best, self.now)


def _read(notes: dict[str, Any]) -> Record:
    """A new record where they were written by another version."""
    try:
        return parse(Record, notes)
    except SchemaError:
        return Record()
