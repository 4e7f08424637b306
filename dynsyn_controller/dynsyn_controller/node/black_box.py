"""The last minute of a running controller in memory, for a file when something goes wrong."""

from __future__ import annotations

import contextlib
import io
import time
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np

from dynsyn_controller.lifetime import atomic
from dynsyn_controller.messages.layout import FloatArray

SECONDS = 60.0
"""How much is remembered."""
KEPT = 10
"""Files in the folder; older ones are deleted."""
_APART = 10_000_000_000  # ns between two files
_EVENTS = 1000


class BlackBox:
    """A ring of rows: time, stamp, reward, observation, effort.

    Args:
        observation: names of its channels.
        joints: names, in the order of the efforts.
        rate: Hz, of control.
    """

    def __init__(self, observation: tuple[str, ...], joints: tuple[str, ...], rate: float) -> None:
        self.columns = (
            "seconds",
            "stamp_seconds",
            "reward",
            *(f"observation.{name}" for name in observation),
            *(f"effort.{name}" for name in joints),
        )
        self._channels = len(observation)
        self._length = max(1, round(SECONDS * rate))
        self._events: deque[str] = deque(maxlen=_EVENTS)
        self._taken_at = -_APART
        self._begin()

    def _begin(self) -> None:
        self._rows = np.zeros((self._length, len(self.columns)))
        self._count = 0

    def write(
        self, now: int, stamp: int, reward: float, observation: FloatArray, effort: FloatArray
    ) -> None:
        """Remember one control step (times in ns)."""
        row = self._rows[self._count % self._length]
        row[0], row[1], row[2] = now / 1e9, stamp / 1e9, reward
        row[3 : 3 + self._channels] = observation
        row[3 + self._channels :] = effort
        self._count += 1

    def note(self, text: str, now: int) -> None:
        """Remember an event."""
        self._events.append(f"{now / 1e9:.3f} {text}")

    def take(self, now: int) -> dict[str, Any] | None:
        """All that is remembered, handed over; it begins anew. None: one was taken just before."""
        if now - self._taken_at < _APART or self._count == 0:
            return None
        self._taken_at = now
        rows, count = self._rows, self._count
        self._begin()
        return {"rows": rows, "count": count, "events": list(self._events), "at": time.time()}

    def save(self, folder: Path, taken: dict[str, Any]) -> None:
        """Write what was taken as an .npz: rows (oldest first), columns, events.

        Raises:
            OSError: it cannot be written.
        """
        rows, count = taken["rows"], taken["count"]
        if count < self._length:
            rows = rows[:count]
        else:
            rows = np.roll(rows, -(count % self._length), axis=0)
        buffer = io.BytesIO()
        columns, events = np.array(self.columns), np.array(taken["events"] or [""])
        np.savez_compressed(buffer, rows=rows, columns=columns, events=events)
        folder.mkdir(exist_ok=True)
        name = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(taken["at"]))
        path = folder / f"{name}_{round(taken['at'] * 1000) % 1000:03d}.npz"
        try:
            atomic.write(path, buffer.getvalue())
        except OSError as error:
            raise OSError(error.errno, error.strerror, f"black box {path}") from None
        with contextlib.suppress(OSError):
            for old in sorted(folder.glob("*.npz"))[:-KEPT]:
                old.unlink(missing_ok=True)
