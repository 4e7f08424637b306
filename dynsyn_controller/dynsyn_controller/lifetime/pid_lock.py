"""A file that one process at a time holds, and that names it."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

_LONGEST = 20  # bytes of a process id


class Held(RuntimeError):
    """Another process holds the file.

    Attributes:
        holder: its process id; "unknown" where it has not written it yet.
    """

    def __init__(self, holder: str) -> None:
        super().__init__(f"held by process {holder}")
        self.holder = holder


class PidLock:
    """Holds a file for this process, until `release` or until the process ends.

    The lock is the kernel's, so that no crash leaves it held. The file stays where it is.

    Args:
        path: of the file; it is made where it does not exist.
        joining: where another process has it, wait until that shares it, and share it, too; the
            name stays.

    Raises:
        Held: another process has it.
        OSError: the file cannot be made.
    """

    def __init__(self, path: Path, joining: bool = False) -> None:
        # not truncated: it names the process that may hold it
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if joining:
                fcntl.flock(self._file, fcntl.LOCK_SH)
                return
            holder = _pid(os.read(self._file, _LONGEST))
            os.close(self._file)
            raise Held(holder) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def share(self) -> None:
        """Let others join; one that asks for the file alone is still refused."""
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def release(self) -> None:
        """Let it go."""
        with contextlib.suppress(OSError):
            os.close(self._file)


def holder_of(path: Path) -> str:
    """Id of the process that holds the file alone; empty: none does."""
    with contextlib.suppress(OSError), open(path, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return _pid(file.read(_LONGEST))
    return ""


def _pid(data: bytes) -> str:
    return data.decode(errors="replace").strip() or "unknown"
