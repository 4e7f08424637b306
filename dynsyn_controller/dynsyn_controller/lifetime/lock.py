"""One lifetime, one process that lives it: a lock beside the checkpoint that names its holder."""

from __future__ import annotations

import os
from pathlib import Path

from dynsyn_controller.lifetime.checkpoint import CheckpointError
from dynsyn_controller.lifetime.pid_lock import Held, PidLock, holder_of


def lived_by(path: Path) -> str:
    """Id of the process that holds this lifetime's lock; empty: none does."""
    return holder_of(_lock_file(path))


def _lock_file(path: Path) -> Path:
    real = Path(os.path.realpath(path))
    return real.with_name(f".{real.name}.owner")


class LifetimeLock:
    """Holds a lifetime's file for this process, until `release` or until the process ends.

    The lock is on a file of its own. A link and the file that it points to are one lifetime.

    Args:
        path: of the checkpoint, which need not exist.

    Raises:
        CheckpointError: another process holds it, which is named; or there can be no lock file.
    """

    def __init__(self, path: Path) -> None:
        self.path = _lock_file(path)
        try:
            self._lock = PidLock(self.path)
        except OSError as error:
            raise CheckpointError(
                f"checkpoint {path}: its lock {self.path} cannot be made: {error.strerror}"
            ) from None
        except Held as error:
            raise CheckpointError(
                f"checkpoint {path}: is being lived by another process, {error.holder}; "
                "one lifetime has one robot: end that process, or name another file"
            ) from None

    def release(self) -> None:
        """Let it go; the lock's file stays."""
        self._lock.release()
