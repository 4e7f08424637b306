"""A short way between the processes of a bridge and a controller in lockstep on one machine.

What they send each other, the bytes of a bundle and of a command, is what they would send as
messages. By DDS each goes through two more threads, on either side, that must wake up for it; by a
socket of the machine the one process waits for the other itself, and where two processors are free
it does so without falling asleep. Others hear the topics as ever.
"""

from __future__ import annotations

import hashlib
import os
import select
import socket
import time
import uuid
from typing import Any

from rclpy.node import Node

from dynsyn_controller.node.ros_process import handle_pending
from dynsyn_controller.node.timing import SECOND

LARGEST = 1 << 16  # bytes of a datagram; what is larger goes as a message
_LIVELY = SECOND // 5  # since the last datagram: the next is waited for here, not by the executor
_COPIES = 2 * SECOND  # since then: what comes on the topics is a copy of what came here
_LOOK = SECOND // 50  # between two looks for a first datagram
_PAUSE = SECOND // 1000  # between two looks at the executor, so that services are heard
_LONGEST = SECOND // 200  # of a wait here
_SPIN = 400_000  # ns without falling asleep: about two steps
# Variables by which ROS is told not to reach others, or to prove who they are: a socket cannot.
_APART = ("ROS_AUTOMATIC_DISCOVERY_RANGE", "OFF"), ("ROS_SECURITY_ENABLE", "true")


class LocalSocket:
    """One end of the way, which is found by the names of the topics that it takes the place of.

    Args:
        node: on whose topics the messages would go.
        bundle, command: these topics.
        bound: this end is found by the other (the controller's), which it answers; else it finds.

    Raises:
        OSError: there is no such socket on this machine, or its name is taken, by another
            controller on the same topics; or ROS is told to keep such processes apart.
    """

    def __init__(self, node: Node, bundle: str, command: str, bound: bool) -> None:
        topics = [node.resolve_topic_name(topic) for topic in (bundle, command)]
        key = f"{node.context.get_domain_id()} {' '.join(topics)}"
        # In Linux's abstract namespace: it is gone with its process, and holds in one network
        # namespace, as DDS on the loopback does. A name has room for 107 bytes.
        address = f"\0dynsyn-{hashlib.sha256(key.encode()).hexdigest()[:32]}"
        if not hasattr(socket, "AF_UNIX"):
            raise OSError("there are none here")
        for name, value in _APART:
            if os.environ.get(name, "").lower() == value.lower():
                raise OSError(f"{name} is {value}")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        try:
            self._socket.bind(address if bound else f"\0dynsyn-{uuid.uuid4().hex}")
        except OSError:
            self._socket.close()
            raise
        self._socket.setblocking(False)
        self._peer: Any = None if bound else address
        self._bound = bound
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._spin = _SPIN if len(os.sched_getaffinity(0)) > 1 else 0
        self._heard = self._executor_at = 0  # ns of the steady clock; heard: anything at all

    @classmethod
    def open(cls, node: Node, bundle: str, command: str, bound: bool) -> LocalSocket | None:
        """One end, as above; None, and a line in the log, where there can be none."""
        try:
            return cls(node, bundle, command, bound)
        except OSError as error:
            node.get_logger().info(f"topics alone, no socket of this machine: {error}")
            return None

    def send(self, data: bytes) -> bool:
        """Send to the other end; False: none is there, or it does not fit."""
        if self._peer is None or len(data) > LARGEST:
            return False
        try:
            self._socket.sendto(data, self._peer)
        except OSError:  # nobody is there, or it stands still and has more than it can read
            return False
        return True

    def wait(self, executor: Any, wait: int) -> bytes | None:
        """Wait at most `wait` (ns) for what comes first, here or in the executor.

        Returns:
            what came here; None: nothing.
        """
        now = time.monotonic_ns()
        if now - self._heard > _LIVELY:
            # What has come here goes first, so that copies of it are known as such (`carries`).
            data = self._take()
            if data is None:
                executor.spin_once(timeout_sec=min(wait, _LOOK) / SECOND)
                data = self._take()
            return data
        if now >= self._executor_at:
            handle_pending(executor)
            then = time.monotonic_ns()
            self._executor_at = then + min(max(_PAUSE, 4 * (then - now)), _LONGEST)
            if self._socket.fileno() < 0:  # closed by what the executor had
                return None
        return self._await(min(wait, _LONGEST))

    def carries(self, now: int) -> bool:
        """Whether what comes on the topics at `now` (ns, steady clock) is a copy of what came here.

        Where others listen, too, it is sent both ways, and the copy may be late.
        """
        return self._heard > 0 and now - self._heard < _COPIES

    def close(self) -> None:
        """Take this end away."""
        self._socket.close()

    def _await(self, wait: int) -> bytes | None:
        asleep_at = time.monotonic_ns() + min(wait, self._spin)
        while True:
            data = self._take()
            if data is not None:
                return data
            if time.monotonic_ns() >= asleep_at:
                break
            os.sched_yield()
        self._poll.poll(wait / 1e6)
        return self._take()

    def _take(self) -> bytes | None:
        try:
            data, sender = self._socket.recvfrom(LARGEST)
        except OSError:  # nothing is there, or it has been closed
            return None
        if self._bound:
            self._peer = sender
        self._heard = time.monotonic_ns()
        return data


def wait_for(executor: Any, local: LocalSocket | None, wait: int) -> bytes | None:
    """As `LocalSocket.wait`; without one, wait in the executor alone."""
    if local is not None:
        return local.wait(executor, wait)
    executor.spin_once(timeout_sec=wait / SECOND)
    return None
