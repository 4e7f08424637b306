"""What every node's process shares: its executor, and how it is asked to stop."""

from __future__ import annotations

import signal
import sys
from types import FrameType

import rclpy
from rclpy.executors import Executor, SingleThreadedExecutor


def create_executor() -> Executor:
    """The quickest executor that this rclpy has; use it by `spin_once(timeout_sec=...)` in a loop.

    The events executor answers within about a quarter of the other's time. Its `spin()` must not
    be used: in the releases of Kilted it burns a core and delivers nothing.
    """
    try:
        from rclpy.experimental import EventsExecutor
    except ImportError:  # Jazzy
        return SingleThreadedExecutor()
    return EventsExecutor()


class StopRequest:
    """SIGINT and SIGTERM ask the process to stop; nothing else happens in the handler.

    rclpy must be initialised with `SignalHandlerOptions.NO`: its own handlers would take the
    context away before a last message can be published.

    Attributes:
        asked: true once a signal has come.
    """

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.asked = True


def end(program: str, error: Exception | str, code: int, shutdown: bool = True) -> int:
    """Say in one line why the process ends.

    Args:
        program: name of the executable.
        error: what is to be said; its line breaks become spaces.
        code: exit code.
        shutdown: take rclpy's context away, too; not where nodes have yet to be closed.

    Returns:
        `code`.
    """
    print(f"{program}: error: {' '.join(str(error).split())}", file=sys.stderr)
    if shutdown:
        rclpy.try_shutdown()
    return code
