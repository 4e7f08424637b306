"""Single key presses from the terminal, without waiting for Enter."""

from __future__ import annotations

import os
import select
import sys
import termios
import tty
from typing import Any


class Keyboard:
    """Keys pressed since the last look; use it as a context, which restores the terminal.

    Where standard input is no terminal, there are no keys.
    """

    def __init__(self) -> None:
        self._descriptor: int | None = None
        self._saved: list[Any] = []

    def __enter__(self) -> Keyboard:
        if sys.stdin is not None and sys.stdin.isatty():
            self._descriptor = sys.stdin.fileno()
            self._saved = termios.tcgetattr(self._descriptor)
            tty.setcbreak(self._descriptor)  # Ctrl-C stays a signal
        return self

    def __exit__(self, *_: object) -> None:
        if self._descriptor is not None:
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._saved)

    def pressed(self) -> str:
        """The keys pressed since the last call, in order."""
        if self._descriptor is None or not select.select([self._descriptor], [], [], 0)[0]:
            return ""
        return os.read(self._descriptor, 64).decode("utf-8", "ignore")
