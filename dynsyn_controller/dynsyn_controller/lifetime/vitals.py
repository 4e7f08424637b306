"""Whether a running lifetime is sound, and copies in memory from when it was.

One number that is not finite spreads through a network within a step or two; from then on the
lifetime is lost but for its last copy. Here every number is looked at in every step, and the last
good copy is a second old.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.lifetime.checkpoint import LARGEST, MAY_BE_NAN, unsound_fields

_SECOND = 1_000_000_000
_RECENT = _SECOND  # ns between copies of which the last alone is kept
_OLDER = 60 * _SECOND  # ns between copies of which several are kept
_KEPT = 10  # of the older ones
_AGAIN = 60 * _SECOND  # ns; unsound again so soon, an older copy is taken
_WORD = 8  # bytes


@dataclass(frozen=True)
class Copy:
    """A lifetime as it once was.

    Attributes:
        state: its record, (1,).
        notes: what was known beside it.
        taken: ns of the caller's steady clock.
    """

    state: np.ndarray
    notes: dict[str, Any]
    taken: int

    @property
    def steps(self) -> int:
        """Control steps lived in it."""
        return int(self.state["steps"][0])


class Vitals:
    """Watches a lifetime's record.

    Attributes:
        went_back: times that an earlier copy was put in its place.

    Args:
        state: the record, shape (1,); looked at, and written over by `go_back`.
    """

    def __init__(self, state: np.ndarray) -> None:
        self.went_back = 0
        self.watch(state)

    def watch(self, state: np.ndarray) -> None:
        """From now on watch this lifetime; copies of another one are forgotten."""
        self._state = state
        whole_words = state.dtype.itemsize % _WORD == 0
        self._words = state.view(np.float64) if whole_words else np.zeros(0)
        self._runs = _runs(state.dtype if whole_words else np.dtype([]))
        self._recent: Copy | None = None
        self._older: deque[Copy] = deque(maxlen=_KEPT)
        self._back_at, self._attempts = -_AGAIN, 0

    def sound(self) -> bool:
        """Whether every number is one, and none beyond `LARGEST`; quick enough for every step."""
        return _plausible(self._words, self._runs)

    def unsound_fields(self) -> list[str]:
        """Names of the fields that hold a number that cannot be."""
        return unsound_fields(self._state)

    def due(self, now: int) -> bool:
        """Whether it is time for a copy (`keep`)."""
        return self._recent is None or now - self._recent.taken >= _RECENT

    def keep(self, notes: dict[str, Any], now: int) -> None:
        """Copy the lifetime as it is, if it is sound.

        Args:
            notes: what is known beside the record.
            now: ns.
        """
        if not self.sound():
            return
        self._recent = Copy(self._state.copy(), notes, now)
        if not self._older or now - self._older[-1].taken >= _OLDER:
            self._older.append(self._recent)

    @property
    def copies(self) -> list[Copy]:
        """All copies there are, oldest first."""
        return [*self._older, self._recent] if self._recent is not None else []

    def go_back(self, now: int) -> Copy | None:
        """Put the last good copy in the lifetime's place; None: there is none.

        What is unsound again within a minute goes back further each time.
        """
        copies = self.copies
        if not copies:
            return None
        again = now - self._back_at < _AGAIN
        self._attempts = self._attempts + 1 if again else 0
        self._back_at = now
        copy = copies[max(0, len(copies) - 1 - self._attempts)]
        self._state[...] = copy.state
        self.went_back += 1
        return copy


def _runs(dtype: np.dtype) -> NDArray[np.int64]:
    """(n, 2): first and one past the last of each run of numbers that must be finite, counted in
    words of 8 bytes."""
    runs: list[list[int]] = []
    fields: Any = dtype.fields or {}
    for name in dtype.names or ():
        kind, offset = fields[name][:2]
        if kind.base != np.float64 or offset % _WORD != 0 or name in MAY_BE_NAN:
            continue
        first, last = offset // _WORD, (offset + kind.itemsize) // _WORD
        if runs and runs[-1][1] == first:
            runs[-1][1] = last
        else:
            runs.append([first, last])
    return np.array(runs, dtype=np.int64).reshape(-1, 2)


@njit(cache=True)
def _plausible(words, runs):
    bad = 0
    for run in range(runs.shape[0]):
        part = words[runs[run, 0] : runs[run, 1]]
        # counted, not left at the first: so the compiler looks at several at once
        for place in range(part.size):
            bad += not abs(part[place]) < LARGEST
    return bad == 0
