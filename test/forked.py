"""Processes of this project's programs, started by `fork_server` and handled as by subprocess."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import fork_server

os.environ["PYTHONFAULTHANDLER"] = "1"  # for `abort`
DYNSYN = [sys.executable, "-c", "from dynsyn_lab.cli.program import dynsyn; dynsyn()"]
"""The command, as a process of this Python."""
ENVIRONMENT = dict(os.environ)
"""Of this test process, before any test has changed it."""
LONGEST = 240.0
"""s that `run` waits for a command; less than a test may take, so that it is the command that is
told of."""


class Forked:
    """A process that the fork server started; the part of subprocess.Popen that tests use.

    Attributes:
        pid: its number, also of its session and process group.
    """

    def __init__(self, server: _Server, pid: int) -> None:
        self.pid = pid
        self._server = server
        self._handle = os.pidfd_open(pid)
        self._code: int | None = None

    def poll(self) -> int | None:
        """Its exit code (minus the signal that ended it); None: it still runs."""
        return self._ended(0.0)

    def wait(self, timeout: float) -> int:
        """Its exit code, once it has ended.

        Raises:
            subprocess.TimeoutExpired: it still runs after `timeout` s.
        """
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal; nothing where it has ended."""
        if self.poll() is None:
            signal.pidfd_send_signal(self._handle, number)

    def kill(self) -> None:
        """Send it SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, timeout: float) -> int | None:
        if self._code is None and select.select([self._handle], [], [], timeout)[0]:
            self._code = self._server.ask({"ended": self.pid})
            os.close(self._handle)
        return self._code


class _Server:
    """The fork server of this test process, started when it is first needed."""

    def __init__(self) -> None:
        here, there = socket.socketpair()
        command = [sys.executable, fork_server.__file__]
        with there:
            process = subprocess.Popen(
                command, stdin=there, env=ENVIRONMENT, start_new_session=True
            )
        self._line = here.makefile("rw")
        here.close()
        atexit.register(process.wait)
        atexit.register(self._line.close)  # before the wait, and it ends

    def ask(self, request: dict[str, Any]) -> int:
        print(json.dumps(request), file=self._line, flush=True)
        return int(json.loads(self._line.readline()))


_server = functools.cache(_Server)


def start(
    argv: list[str],
    output: Path,
    errors: Path,
    environment: dict[str, str],
    cwd: str | Path | None = None,
) -> Forked | subprocess.Popen:
    """A process in its own session: a fork where that does what a new one would.

    Args:
        argv: command, Python first.
        output, errors: files that are there, for its standard output and error.
        environment: all its variables.
        cwd: its folder; None: this process's.
    """
    if fork_server.serves(argv, environment, ENVIRONMENT):
        files = {"output": str(output), "errors": str(errors)}
        where = {"cwd": str(cwd or os.getcwd()), "env": environment}
        return Forked(_server(), _server().ask({"argv": argv, **where, **files}))
    with output.open("a") as out, errors.open("a") as err:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=environment,
            cwd=cwd,
            start_new_session=True,
        )


def abort(process: Forked | subprocess.Popen) -> None:
    """End a process that hangs, once it has written to its standard error where its threads stand.

    So do its children, but for those that have sessions of their own, as nodes of `dynsyn sim`:
    these see that their parent is gone, and end.
    """
    for number in (signal.SIGABRT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10.0)


def run(
    argv: list[str],
    timeout: float = LONGEST,
    env: dict[str, str] | None = None,
    cwd: str | Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """As subprocess.run with its output captured as text; fails the test after `timeout` s."""
    with tempfile.TemporaryDirectory() as folder:
        output, errors = Path(folder, "output"), Path(folder, "errors")
        output.touch()
        errors.touch()
        process = start(argv, output, errors, dict(os.environ if env is None else env), cwd)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            abort(process)
            said = f"{output.read_text()}{errors.read_text()}"
            raise AssertionError(f"{argv} still ran after {timeout} s:\n{said}") from None
        return subprocess.CompletedProcess(argv, code, output.read_text(), errors.read_text())
