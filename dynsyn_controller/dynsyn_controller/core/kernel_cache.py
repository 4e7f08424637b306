"""Keeps Numba's on-disk cache of the kernels right, where Numba itself does not.

- Processes that compile for different types at the same time may give their files the same number
  and overwrite each other, so that one later loads the other's code: each now waits its turn.
- A kernel is compiled again when its own file has changed, but not when one that it calls in
  another file has: whatever is older than the newest source is now thrown away.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba.core.caching import IndexDataCacheFile

_LOCK = ".numba_cache.lock"


def take_turns() -> None:
    """From now on this process locks a cache folder while it reads or writes there."""
    for name, kind in (("save", fcntl.LOCK_EX), ("load", fcntl.LOCK_SH)):
        method = getattr(IndexDataCacheFile, name)
        if not hasattr(method, "__wrapped__"):
            setattr(IndexDataCacheFile, name, _locked(method, kind))


def _locked(method: Callable[..., Any], kind: int) -> Callable[..., Any]:
    @functools.wraps(method)
    def locked(cache: IndexDataCacheFile, *arguments: Any) -> Any:
        with contextlib.ExitStack() as stack:
            # a folder that cannot be written to has no writers to wait for
            with contextlib.suppress(OSError):
                lock = stack.enter_context(open(os.path.join(cache._cache_path, _LOCK), "a"))
                fcntl.flock(lock, kind)
            return method(cache, *arguments)

    return locked


def discard_outdated(sources: Path) -> None:
    """Take away the cache's index of every kernel in folder `sources` compiled before an edit.

    Args:
        sources: folder of Python files, its cache in __pycache__ below; elsewhere, as in an
            installation that cannot be written to, nothing is done.
    """
    newest = max((path.stat().st_mtime for path in sources.glob("*.py")), default=0.0)
    for index in (sources / "__pycache__").glob("*.nbi"):
        with contextlib.suppress(OSError):  # another process was quicker
            if index.stat().st_mtime < newest:
                index.unlink()
