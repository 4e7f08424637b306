"""What every node's process shares: its executor, and how it says why it ends."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Coroutine
from typing import Any

import rclpy
from rclpy.executors import Executor, SingleThreadedExecutor
from rclpy.node import Node

_FEW = 8  # things that another executor does in one go


def create_executor() -> Executor:
    """The quickest executor that this rclpy has; use it by `spin_once(timeout_sec=...)` in a loop.

    The events executor answers within about a quarter of the other's time. Its `spin()` must not
    be used: in the releases of Kilted it burns a core and delivers nothing.
    """
    try:
        from rclpy.experimental import EventsExecutor
    except ImportError:  # an earlier Jazzy
        return SingleThreadedExecutor()
    return EventsExecutor()


def handle_pending(executor: Any) -> None:
    """Let an executor do all that has come for it so far, and wait for nothing.

    The events executor does things in the order in which they came, so a task behind them is the
    last. The others have no such order: they do a few.
    """
    if isinstance(executor, Executor):  # the events executor is none of rclpy's classes
        for _ in range(_FEW):
            executor.spin_once(timeout_sec=0)
        return
    done: list[bool] = []
    executor.create_task(done.append, True)
    while not done:
        executor.spin_once(timeout_sec=0)


def create_waiting_service(node: Node, kind: type, name: str, callback: Any, **options: Any) -> Any:
    """A service whose callback may be a coroutine function, which waits, on every executor.

    Jazzy's events executor takes the coroutine for the response, and raises TypeError. Here it runs
    as a task of the executor, and its result is the response.

    Args:
        node, kind, name, callback, options: see `Node.create_service`.
    """
    service: Any = node.create_service(kind, name, callback, **options)
    send = service.send_response

    async def finish(response: Coroutine, header: Any) -> None:
        send(await response, header)

    def send_response(response: Any, header: Any) -> None:
        if inspect.iscoroutine(response):
            executor: Any = node.executor
            executor.create_task(finish, response, header)
        else:
            send(response, header)

    service.send_response = send_response
    return service


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
