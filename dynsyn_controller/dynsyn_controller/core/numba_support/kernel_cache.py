"""Keeps Numba's on-disk cache of the kernels right where several processes compile at once.

Numba lets processes that compile for different types at the same time give their files the same
number and overwrite each other, so that one later loads the other's code. Here each waits its turn.
(Edits in files that a kernel calls are the business of `compile_cache`.)

And the cache is only a cache: what cannot be read (a file cut short) is compiled anew, what cannot
be written (a full disk) is kept in memory, instead of ending the program.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
from collections.abc import Callable, Iterator
from typing import Any

from numba.core.caching import IndexDataCacheFile

from dynsyn_controller.core.numba_support.cache_trouble import tell

_LOCK = ".numba_cache.lock"


def take_turns() -> None:
    """From now on this process locks a cache folder while it reads or writes there, and goes on
    without it where it is damaged or full."""
    for name, wrap in (("save", _saving), ("load", _loading)):
        method = getattr(IndexDataCacheFile, name)
        if not hasattr(method, "__wrapped__"):
            setattr(IndexDataCacheFile, name, wrap(method))


def _loading(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def load(cache: IndexDataCacheFile, key: Any) -> Any:
        with _lock(cache, fcntl.LOCK_SH):
            try:
                return method(cache, key)
            except Exception as error:  # of pickle, on damaged bytes: which kinds, nobody promises
                tell(cache._cache_path, f"{cache._index_name} is damaged: {_words(error)}")
                return None  # compiled anew, and saved over it

    return load


def _saving(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def save(cache: IndexDataCacheFile, key: Any, data: Any) -> None:
        with _lock(cache, fcntl.LOCK_EX):
            try:
                method(cache, key, data)
            except OSError as error:
                tell(cache._cache_path, _words(error))
            except Exception:  # a damaged index is read before it is written
                try:
                    cache.flush()
                    method(cache, key, data)
                except Exception as error:
                    tell(cache._cache_path, _words(error))

    return save


@contextlib.contextmanager
def _lock(cache: IndexDataCacheFile, kind: int) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        # a folder that cannot be written to has no writers to wait for
        with contextlib.suppress(OSError):
            lock = stack.enter_context(open(os.path.join(cache._cache_path, _LOCK), "a"))
            fcntl.flock(lock, kind)
        yield


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
