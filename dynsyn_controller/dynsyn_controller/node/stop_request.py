"""How a program is asked to stop. Only the standard library: it is there before anything else."""

from __future__ import annotations

import signal
from types import FrameType

from dynsyn_controller.node.tether import ENDING


class StopRequest:
    """SIGINT, SIGTERM and SIGHUP ask the program to stop; nothing else happens in the handler.

    SIGHUP comes when the terminal is closed or an ssh connection ends; a program started by
    `nohup`, which has it ignored, is left alone by it. Signals that a tether holds back are let
    through.

    rclpy must be initialised with `SignalHandlerOptions.NO`: its own handlers would take the
    context away before a last message can be published.

    Attributes:
        asked: true once a signal has come.
    """

    def __init__(self) -> None:
        self.asked = False
        for number in ENDING:
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._handle)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)

    @staticmethod
    def ignore() -> None:
        """From now on nothing asks any more: the program is at its end, and would only die of it
        with another exit code.

        Python gives the signals their old meaning back while it ends, unless they are ignored.
        """
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
