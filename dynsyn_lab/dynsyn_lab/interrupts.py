"""Ctrl-C, SIGTERM and a closed terminal, as a request that a loop looks at."""

from __future__ import annotations

import signal
from typing import Any

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Notes that an end is asked for, while it is a context; the old handlers come back after it.

    Attributes:
        requested: whether the end was asked for.
    """

    def __init__(self) -> None:
        self.requested = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interrupts:
        for number in _NUMBERS:
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, *_: object) -> None:
        self.requested = True
