"""How a running controller is shown: a live dashboard on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections import deque
from typing import Protocol

from rich.console import Console
from rich.live import Live

from dynsyn_lab.live.dashboard import KEYS, draw
from dynsyn_lab.live.job_control import in_foreground
from dynsyn_lab.live.telemetry import Telemetry, line, state
from dynsyn_lab.live.terminal import Keyboard, can_draw

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

    def release(self) -> bool:
        """Give the terminal back as it was; the next `update` takes it again. Returns true."""


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
            print(f"{line(telemetry)}  {doing}", flush=True)
        return ""

    def note(self, text: str) -> None:
        """Print a line."""
        print(text, flush=True)

    def release(self) -> bool:
        """Nothing is to be given back. Returns true."""
        return True


class Picture:
    """The dashboard on the terminal's second screen."""

    def __init__(self) -> None:
        self._console = Console()
        self._notes: deque[str] = deque(maxlen=NOTES)
        self._live: Live | None = None
        self._next = 0.0

    def show(self, telemetry: Telemetry) -> None:
        """Draw again if it is time."""
        now = time.monotonic()
        if self._live is None:
            self._live = Live(console=self._console, screen=True, auto_refresh=False)
            self._live.start()
        elif now < self._next:
            return
        self._next = now + DRAW_PERIOD
        width, height = self._console.size
        self._live.update(draw(telemetry, now, width, height, tuple(self._notes)), refresh=True)

    def hide(self) -> None:
        """Give the first screen back."""
        if self._live is not None:
            live, self._live = self._live, None
            live.stop()

    def note(self, text: str) -> None:
        """Show a line below the dashboard, until NOTES later ones have come."""
        self._notes.append(text)


class Terminal:
    """A terminal with keys: the dashboard where it can show it, else plain lines.

    In the background it prints lines and leaves the terminal's modes alone, since a shell has it.
    """

    def __init__(self) -> None:
        self._keyboard = Keyboard()
        self._picture = Picture() if can_draw(sys.stdout) else None
        self._lines = Lines()
        self._keys_named = False

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def update(self, telemetry: Telemetry) -> str:
        """Draw or print if it is time; returns the keys pressed since the last call."""
        if not in_foreground(sys.stdout.fileno()):
            self.release()
            return self._lines.update(telemetry)
        self._keyboard.take()
        if self._picture is not None:
            self._picture.show(telemetry)
            return self._keyboard.pressed()
        if not self._keys_named:
            self._keys_named = True
            self._lines.note(KEYS)
        self._lines.update(telemetry)
        return self._keyboard.pressed()

    def note(self, text: str) -> None:
        """Show a line below the dashboard, or print it."""
        if self._picture is not None and in_foreground(sys.stdout.fileno()):
            self._picture.note(text)
        else:
            self._lines.note(text)

    def release(self) -> bool:
        """Give the terminal back as it was; the next `update` takes it again. Returns true."""
        try:
            if self._picture is not None:
                self._picture.hide()
        finally:
            self._keyboard.give_back()
        return True


def make_display(headless: bool) -> Display:
    """The terminal where there is one and nothing speaks against it, else plain lines."""
    return Lines() if headless or not sys.stdout.isatty() else Terminal()
