"""A terminal of the tests' own, on which a command or a shell runs."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time

from ros_environment import TIMEOUT

LINES, COLUMNS = 24, 80


class Terminal:
    """A terminal of 80 by 24 on which a command runs; use it as a context, which ends that.

    Attributes:
        screen: what has been written to it after all that was waited for.
        modes: its modes before the command set any.

    Args:
        command: absolute path of the program, then its arguments.
        environment: variables beside those of this process.
    """

    def __init__(self, command: list[str], **environment: str) -> None:
        self.screen = b""
        self._code: int | None = None
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.environ.update({"TERM": "xterm-256color", **environment})
            os.execv(command[0], command)
        size = struct.pack("HHHH", LINES, COLUMNS, 0, 0)
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, size)
        self.modes = termios.tcgetattr(self.descriptor)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self._code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.descriptor)

    def wait_for(self, text: str, timeout: float = TIMEOUT) -> None:
        """Read until `text` is drawn after all that was waited for before."""
        end = time.monotonic() + timeout
        while text.encode() not in self.screen:
            assert time.monotonic() < end, self._shown()
            assert self._read(1.0), self._shown()
        self.screen = self.screen.partition(text.encode())[2]

    def press(self, keys: str) -> None:
        """Type these keys."""
        os.write(self.descriptor, keys.encode())

    def close(self, timeout: float = TIMEOUT) -> int:
        """Exit code of the command, once it has ended by itself."""
        end = time.monotonic() + timeout
        while self._read(0.05):
            assert time.monotonic() < end, self._shown()
        self._code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self._code

    def _read(self, seconds: float) -> bool:
        """Take in what comes; false: the other end is closed."""
        if select.select([self.descriptor], [], [], seconds)[0]:
            try:
                self.screen += os.read(self.descriptor, 65536)
            except OSError:
                return False
        return True

    def _shown(self) -> str:
        return self.screen[-3000:].decode(errors="replace")
