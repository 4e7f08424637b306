"""Keeps Numba's on-disk cache of the kernels right where several processes compile at once.

Numba lets processes that compile for different types at the same time give their files the same
number and overwrite each other, so that one later loads the other's code. Here each waits its turn.
(Edits in files that a kernel calls are the business of `compile_cache`.)
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
from collections.abc import Callable
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
