"""Files that are written whole or not at all: to a neighbour, which then takes the file's place.

A kill or a power cut at any moment leaves the last good file.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path


def write(path: str | Path, data: bytes | str) -> None:
    """Put `data` (a text as UTF-8) into the file `path`; see `replacing`.

    Raises:
        OSError: it cannot be written.
    """
    with replacing(path) as neighbour:
        neighbour.write_bytes(data.encode() if isinstance(data, str) else data)


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A path to write to, whose file takes the place of `path` when the context ends well.

    A symbolic link stays one: the file that it points to is replaced. The file keeps its
    permissions. What is no ordinary file (/dev/stdout, a pipe) is written to directly.

    Raises:
        OSError: it cannot be written. After this and any other error `path` is as it was, and
            nothing is left beside it.
    """
    path = Path(path)
    mode = path.stat().st_mode if path.exists() else None
    if mode is not None and not stat.S_ISREG(mode):
        yield path
        return
    target = Path(os.path.realpath(path))
    # the ending stays, by which some programs choose a format
    neighbour = target.with_name(f".{target.name}.{secrets.token_hex(4)}{target.suffix}")
    try:
        yield neighbour
        _sync(neighbour)
        if mode is not None:
            neighbour.chmod(stat.S_IMODE(mode))
        os.replace(neighbour, target)
    finally:
        with contextlib.suppress(OSError):
            neighbour.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # not every file system can; the file itself is whole
        _sync(target.parent)  # the new name, too, has to survive a power cut


def _sync(path: Path) -> None:
    """Have a file's or folder's content put on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
