"""Child processes that are started, watched and ended together."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from dynsyn_controller.node.tether import tethered

_WARNING = re.compile(r"\[(WARN|ERROR|FATAL)\] \[[\d.]+\] \[[^]]*\]: (.*)")
"""A line of ROS's log: severity, time, logger, text."""
# SIGINT lets a node publish its neutral effort and save its lifetime; the rest is for hanging ones.
STOPPING = ((signal.SIGINT, 10.0), (signal.SIGTERM, 3.0), (signal.SIGKILL, 5.0))


class Process:
    """A child in its own process group, its output in a file, gone when this process is.

    Args:
        name: for messages.
        command: absolute path of the program, then its arguments.
        log: file for its standard output and error; written over.
        deferring: the program lets signals through when it has its handlers (see `tethered`).

    Raises:
        OSError: the log cannot be written.
    """

    def __init__(
        self, name: str, command: Sequence[str], log: Path, deferring: bool = False
    ) -> None:
        self.name = name
        self.log = log
        self._read = 0
        self._rest = ""
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "RCUTILS_COLORIZED_OUTPUT": "0"}
        with open(log, "wb") as output:
            self._child = subprocess.Popen(
                tethered(command, deferring),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                # A Ctrl-C at the terminal reaches this process only, which passes it on once.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Process id, which is also that of its group."""
        return self._child.pid

    @property
    def code(self) -> int | None:
        """Exit code, negative for a signal; None while it runs."""
        return self._child.poll()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process and its children; nothing happens where none is left."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def wait(self, seconds: float) -> bool:
        """Whether it has ended, after `seconds` at the latest."""
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def warnings(self) -> list[str]:
        """Warnings and errors in its output since the last call, with its name."""
        found = filter(None, map(_WARNING.match, self._new_lines()))
        return [f"{self.name}: {match[1].lower()}: {match[2]}" for match in found]

    def tail(self, count: int = 15) -> list[str]:
        """The last lines of its output."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return [line for line in lines if line.strip()][-count:]

    def ending(self) -> str:
        """How it ended, in words."""
        if self.code is None:
            return "is running"
        if self.code < 0:
            return f"was killed by {signal.Signals(-self.code).name}"
        return f"ended with exit code {self.code}"

    def _new_lines(self) -> list[str]:
        with open(self.log, "rb") as output:
            output.seek(self._read)
            data = output.read()
        self._read += len(data)
        *lines, self._rest = (self._rest + data.decode("utf-8", "replace")).split("\n")
        return lines


class Group:
    """Processes that live and end together; use it as a context, which leaves none behind."""

    def __init__(self) -> None:
        self.processes: list[Process] = []

    def __enter__(self) -> Group:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, name: str, command: Sequence[str], log: Path, deferring: bool = False) -> None:
        """Start one more; see `Process`."""
        self.processes.append(Process(name, command, log, deferring))

    def ended(self) -> Process | None:
        """The first process found to have ended, or None while all run."""
        return next((process for process in self.processes if process.code is not None), None)

    def stop(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        """End every process: ask, ask again, then kill; returns when all are gone.

        Args:
            meanwhile: called about every 20 ms while waiting.
        """
        for number, seconds in STOPPING:
            waiting = [process for process in self.processes if process.code is None]
            for process in waiting:
                process.send(number)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                meanwhile()
                if not any(process.wait(0.01) is False for process in waiting):
                    break
        for process in self.processes:  # a grandchild in the group, if there were one
            process.send(signal.SIGKILL)

    def failed(self) -> Process | None:
        """The first process that ended badly, or None.

        An end by SIGINT is a good one: the node was asked before it had set up its own handler.
        """
        good = (0, None, -signal.SIGINT)
        return next((process for process in self.processes if process.code not in good), None)
