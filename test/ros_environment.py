"""What tests over DDS need: a domain of their own, real processes, and a peer that can wait.

`conftest` makes fixtures of these. Nothing here sleeps: everything waits for events, up to a limit.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import forked
import pytest
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile, ReliabilityPolicy

from dynsyn_controller.robot.config_files import config_path

DOMAINS = range(1, 101)
TIMEOUT = 90.0
"""s; the longest wait for anything, generous because a busy machine is slow, not wrong."""
QOS = QoSProfile(depth=1000, reliability=ReliabilityPolicy.RELIABLE)


@contextmanager
def free_domain() -> Iterator[int]:
    """A ROS domain that no other test on this machine uses, locked while it is in use."""
    for domain in DOMAINS:
        path = Path(tempfile.gettempdir()) / f"ros_domain_{domain}.lock"
        with path.open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            yield domain
            return
    raise RuntimeError(f"all ROS domains from {DOMAINS[0]} to {DOMAINS[-1]} are in use")


def enter(domain: int, patch: pytest.MonkeyPatch) -> None:
    """Let this process and its children be in a ROS domain, and reach this machine only."""
    patch.setenv("ROS_DOMAIN_ID", str(domain))
    patch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "SYSTEM_DEFAULT")
    patch.delenv("FASTDDS_BUILTIN_TRANSPORTS", raising=False)
    patch.setenv("FASTDDS_DEFAULT_PROFILES_FILE", str(config_path("fastdds/this_machine.xml")))


class Process:
    """A process in its own session, with its output in a file.

    Args:
        command: its arguments.
        log: file for its standard output and error.
        environment: variables beside those of this process.
    """

    def __init__(
        self, command: list[str], log: Path, environment: dict[str, str] | None = None
    ) -> None:
        self.log = log
        log.touch()
        self.popen = forked.start(command, log, log, {**os.environ, **(environment or {})})

    @property
    def output(self) -> str:
        """All that it has printed so far."""
        return self.log.read_text(errors="replace")

    def wait(self, timeout: float = TIMEOUT) -> int:
        """Its exit code (minus the signal that ended it); fails the test after `timeout` s."""
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            forked.abort(self.popen)
            raise AssertionError(f"still running after {timeout} s:\n{self.output}") from None

    def stop(self, number: int = signal.SIGINT, timeout: float = TIMEOUT) -> int:
        """Send it a signal and wait for its end; returns its exit code."""
        self.popen.send_signal(number)
        return self.wait(timeout)

    def kill(self) -> None:
        """End it and its children, whatever state they are in."""
        if self.popen.poll() is None:
            os.killpg(self.popen.pid, signal.SIGKILL)
            self.popen.wait(TIMEOUT)


class Processes:
    """Starts processes and sees to it that none outlives the test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[Process] = []

    def start(self, command: list[str], environment: dict[str, str] | None = None) -> Process:
        """Start a command."""
        log = self._folder / f"process_{len(self._started)}.log"
        self._started.append(Process(command, log, environment))
        return self._started[-1]

    def start_node(self, module: str, *arguments: str, **parameters: Any) -> Process:
        """Start a node's module with ROS parameters (Python values, as YAML understands them)."""
        command = [sys.executable, "-m", module, *arguments, "--ros-args"]
        for name, value in parameters.items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            command += ["-p", f"{name}:={text}"]
        return self.start(command)

    def kill_all(self) -> None:
        """End all that still run."""
        for process in self._started:
            process.kill()

    def abort_all(self) -> None:
        """End all that still run, and print what each has said and where it stood."""
        for process in self._started:
            if process.popen.poll() is None:
                forked.abort(process.popen)
                print(f"{process.log.name} still ran:\n{process.output}")


class Peer:
    """A node of the test's own that hears, says and calls.

    Attributes:
        node: the rclpy node.
        executor: of that node.
    """

    def __init__(self, domain: int, name: str = "test_peer") -> None:
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain)
        self.node = rclpy.create_node(name, context=self._context)
        self.executor = SingleThreadedExecutor(context=self._context)
        self.executor.add_node(self.node)
        self._clients: dict[str, Any] = {}

    def close(self) -> None:
        """Leave the domain."""
        self.executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self._context)

    def listen(
        self, kind: type, topic: str, then: Callable | None = None, qos: QoSProfile = QOS
    ) -> list:
        """A list that grows by every message on a topic; `then` is called with each."""
        heard: list = []

        def take(message: Any) -> None:
            heard.append(message)
            if then is not None:
                then(message)

        self.node.create_subscription(kind, topic, take, qos)
        return heard

    def publisher(self, kind: type, topic: str):
        """A publisher, once somebody listens to it."""
        publisher = self.node.create_publisher(kind, topic, QOS)
        self.wait_for(lambda: publisher.get_subscription_count() > 0, f"a listener on {topic}")
        return publisher

    def call(self, kind: type, service: str, request: Any, timeout: float = TIMEOUT) -> Any:
        """A service's answer."""
        return self.finish(self.begin(kind, service, request), service, timeout)

    def begin(self, kind: type, service: str, request: Any):
        """Call a service without waiting for the answer; returns what `finish` takes."""
        if service not in self._clients:
            self._clients[service] = self.node.create_client(kind, service)
        client = self._clients[service]
        self.wait_for(client.service_is_ready, f"service {service}")
        return client.call_async(request)

    def finish(self, future, what: str, timeout: float = TIMEOUT) -> Any:
        """Wait for the answer of a service."""
        self.wait_for(future.done, f"the answer of {what}", timeout)
        return future.result()

    def wait_for(self, true: Callable[[], bool], what: str, timeout: float = TIMEOUT) -> None:
        """Handle messages until `true()`; fails the test after `timeout` s."""
        end = time.monotonic() + timeout
        while not true():
            if time.monotonic() > end:
                raise AssertionError(f"waited {timeout} s for {what}")
            self.executor.spin_once(timeout_sec=0.05)

    def listen_for(self, seconds: float) -> None:
        """Handle messages for a while: for what must be seen not to happen, and for rates."""
        end = time.monotonic() + seconds
        while (remaining := end - time.monotonic()) > 0:
            self.executor.spin_once(timeout_sec=remaining)
