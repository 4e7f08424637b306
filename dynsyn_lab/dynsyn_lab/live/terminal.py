"""The terminal: single key presses, and what it can show."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import termios
import tty
from typing import Any, TextIO

from dynsyn_lab.live.job_control import in_foreground

DRAWN_WITH = "█▁│┤╭"
"""Characters that a terminal must have to show the dashboard."""


class Keyboard:
    """Keys pressed since the last look.

    Between `take` and `give_back` keys come without Enter and are not shown; Ctrl-C and Ctrl-Z stay
    signals. Where standard input is no terminal, there are no keys.
    """

    def __init__(self) -> None:
        terminal = sys.stdin is not None and sys.stdin.isatty()
        self._descriptor: int | None = sys.stdin.fileno() if terminal else None
        self._saved: list[Any] | None = None

    def take(self) -> None:
        """Have keys come one by one; nothing more happens where they do already."""
        if self._descriptor is not None and self._saved is None:
            self._saved = termios.tcgetattr(self._descriptor)
            tty.setcbreak(self._descriptor)

    def give_back(self) -> None:
        """Give the terminal the modes that it had; in the background a shell has it by now."""
        if self._descriptor is None or self._saved is None:
            return
        saved, self._saved = self._saved, None
        if in_foreground(self._descriptor):
            with contextlib.suppress(termios.error):  # the terminal is gone
                termios.tcsetattr(self._descriptor, termios.TCSADRAIN, saved)

    def pressed(self) -> str:
        """The keys pressed since the last call, in order."""
        if self._descriptor is None or self._saved is None:
            return ""
        if not select.select([self._descriptor], [], [], 0)[0]:
            return ""
        try:
            return os.read(self._descriptor, 64).decode("utf-8", "ignore")
        except OSError:  # the terminal is gone; the signal that says so ends the run
            return ""


def can_draw(output: TextIO) -> bool:
    """Whether a dashboard can be shown: the cursor can be moved, and the characters are there."""
    if os.environ.get("TERM", "") in ("", "dumb", "unknown"):
        return False
    try:
        DRAWN_WITH.encode(output.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
