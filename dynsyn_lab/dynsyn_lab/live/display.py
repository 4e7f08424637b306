"""How a running controller is shown: a live dashboard on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections import deque
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.live import Live

from dynsyn_lab.live.dashboard import draw
from dynsyn_lab.live.keyboard import Keyboard
from dynsyn_lab.live.telemetry import Telemetry, line, state

NOTES = 4
DRAW_PERIOD = 0.25
"""s between two pictures; drawing takes time from the control loops on a small computer."""
PLAIN_PERIOD = 5.0
"""s between plain lines."""
SHORTEST_PERIOD = 1.0
"""s between plain lines where what the controller does changes to and fro."""


class Display(Protocol):
    """A context that shows a controller."""

    def __enter__(self) -> Display: ...

    def __exit__(self, *_: object) -> None: ...

    def update(self, telemetry: Telemetry) -> str:
        """Show what is known now; returns the keys pressed since the last call."""

    def note(self, text: str) -> None:
        """Show a line of news or warning."""


class Dashboard:
    """Takes over the terminal, and gives it back as it was."""

    def __init__(self) -> None:
        self._console = Console()
        self._live = Live(console=self._console, screen=True, auto_refresh=False)
        self._keyboard = Keyboard()
        self._notes: deque[str] = deque(maxlen=NOTES)
        self._next = 0.0

    def __enter__(self) -> Dashboard:
        self._keyboard.__enter__()
        self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.__exit__(kind, error, trace)
        self._keyboard.__exit__()

    def update(self, telemetry: Telemetry) -> str:
        """Draw again if it is time; returns the keys pressed since the last call."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + DRAW_PERIOD
            width, height = self._console.size
            picture = draw(telemetry, now, width, height, tuple(self._notes))
            self._live.update(picture, refresh=True)
        return self._keyboard.pressed()

    def note(self, text: str) -> None:
        """Show a line below the dashboard, until NOTES later ones have come."""
        self._notes.append(text)


class Lines:
    """One line every few seconds on standard output, and the notes."""

    def __init__(self) -> None:
        self._next = 0.0
        self._state = ""
        self._changed = 0.0

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, telemetry: Telemetry) -> str:
        """Print a line if one is due, or if the controller does something else than before."""
        now = time.monotonic()
        if telemetry.status is None:
            return ""
        doing = "NO REPORT" if telemetry.silent(now) else state(telemetry.status)
        changed = doing != self._state and now >= self._changed + SHORTEST_PERIOD
        if changed or now >= self._next:
            if changed:
                self._changed = now
            self._state, self._next = doing, now + PLAIN_PERIOD
            print(f"{line(telemetry.status)}  {doing}", flush=True)
        return ""

    def note(self, text: str) -> None:
        """Print a line."""
        print(text, flush=True)


def make_display(headless: bool) -> Display:
    """The dashboard where there is a terminal and nothing speaks against it, else plain lines."""
    return Lines() if headless or not sys.stdout.isatty() else Dashboard()
