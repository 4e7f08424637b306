"""What every node's process shares: its executor, and how it says why it ends."""

from __future__ import annotations

import sys

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
