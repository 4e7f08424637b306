"""One lifetime, one process that lives it: a lock beside the checkpoint that names its holder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from dynsyn_controller.lifetime.checkpoint import CheckpointError


def lived_by(path: Path) -> str:
    """Id of the process that holds this lifetime's lock; empty: none does."""
    try:
        with open(_lock_file(path), encoding="utf-8", errors="replace") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return lock.read(20).strip() or "unknown"
    except OSError:
        pass
    return ""


def _lock_file(path: Path) -> Path:
    real = Path(os.path.realpath(path))
    return real.with_name(f".{real.name}.owner")


class LifetimeLock:
    """Holds a lifetime's file for this process, until `release` or until the process ends.

    The lock is the kernel's, on a file of its own, so that no crash leaves it held; the holder's
    process id is written into it. A link and the file that it points to are one lifetime.

    Args:
        path: of the checkpoint, which need not exist.

    Raises:
        CheckpointError: another process holds it, which is named; or there can be no lock file.
    """

    def __init__(self, path: Path) -> None:
        self.path = _lock_file(path)
        try:
            # not truncated: it names the process that may hold it
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise CheckpointError(
                f"checkpoint {path}: its lock {self.path} cannot be made: {error.strerror}"
            ) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._file, 20).decode(errors="replace").strip()
            os.close(self._file)
            raise CheckpointError(
                f"checkpoint {path}: is being lived by another process, {holder or 'unknown'}; "
                "one lifetime has one robot: end that process, or name another file"
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let it go; the lock's file stays, empty."""
        os.ftruncate(self._file, 0)
        os.close(self._file)
