"""How a program is asked to stop. Only the standard library: it is there before anything else."""

from __future__ import annotations

import signal
from types import FrameType

from dynsyn_controller.node.tether import ENDING


class StopRequest:
    """SIGINT, SIGTERM and SIGHUP ask the program to stop; nothing else happens in the handler.

    Signals that a tether holds back are let through. rclpy must be initialised with
    `SignalHandlerOptions.NO`: its own handlers would take the context away before a last message
    can be published.

    Attributes:
        asked: true once a signal has come.
    """

    def __init__(self) -> None:
        self.asked = False
        for number in ENDING:
            signal.signal(number, self._handle)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)

    def done(self) -> None:
        """The program has done what it had to; a signal that still comes changes nothing.

        Python would give the signals their old meaning back while it ends, and be killed by one.
        """
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
