"""What a run leaves on this machine: its logs and parameter files, the lock on its lifetime."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from dynsyn_lab.live.stack import state_folder

KEPT_RUNS = 20


def run_folder(robot: str) -> Path:
    """A new folder for the logs of a run; those of older runs than the last KEPT_RUNS go.

    Raises:
        OSError: it cannot be made.
    """
    logs = state_folder() / "log"
    name = f"{datetime.now():%Y%m%d-%H%M%S}-{robot}-{os.getpid()}"
    (logs / name).mkdir(parents=True)
    for old in sorted(path for path in logs.iterdir() if path.is_dir())[:-KEPT_RUNS]:
        shutil.rmtree(old, ignore_errors=True)
    return logs / name


@contextlib.contextmanager
def lifetime_lock(checkpoint: Path | None) -> Iterator[None]:
    """Hold the lock on a lifetime's file: two controllers would overwrite each other's life.

    The lock is the kernel's and ends with this process, however it ends.

    Raises:
        BlockingIOError: another run holds it; the message names the file.
        OSError: the folder cannot be made or written.
    """
    if checkpoint is None:
        yield
        return
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    with open(checkpoint.with_name(f".{checkpoint.name}.lock"), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BlockingIOError(
                f"{checkpoint} is being lived by another run; name another --checkpoint, or use "
                "--from-scratch"
            ) from None
        yield
