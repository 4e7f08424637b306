"""Ctrl-Z, `fg` and `bg`: a run that is stopped like any other job of a shell."""

from __future__ import annotations

import os
import signal
import termios
from collections.abc import Callable
from typing import Any


class JobControl:
    """Stops this process at a Ctrl-Z, after what it looks after has been stopped.

    Use it as a context. In it a job in the background may write to its terminal, whatever the
    terminal's mode: to be stopped for that would leave what it looks after alone.

    Args:
        before: called before the process stops; false: not yet, it is called again.
        after: called when it goes on.
    """

    def __init__(self, before: Callable[[], bool], after: Callable[[], None]) -> None:
        self._before, self._after = before, after
        self._asked = False
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> JobControl:
        wanted: dict[signal.Signals, Any] = {
            signal.SIGTSTP: self._note,
            signal.SIGTTOU: signal.SIG_IGN,
            signal.SIGTTIN: signal.SIG_IGN,
        }
        for number, handler in wanted.items():
            self._handlers[number] = signal.signal(number, handler)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def obey(self) -> None:
        """Stop here until the shell lets the job go on, where that has been asked for."""
        if not (self._asked and self._before()):
            return
        self._asked = False
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._note)
        self._after()

    def _note(self, *_: object) -> None:
        self._asked = True


def in_foreground(descriptor: int) -> bool:
    """Whether this process may read from the terminal `descriptor` and set its modes."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except (OSError, termios.error):  # no terminal, or not the one that this process belongs to
        return False
