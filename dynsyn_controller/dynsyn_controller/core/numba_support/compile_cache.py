"""Where Numba keeps compiled kernels: a folder of the user's that belongs to exactly these sources.

Numba checks a cached kernel against its own file only, not against the files of the functions that
it calls; after an upgrade or an edit an old kernel could run. A folder named by a hash of all the
sources ends that, and works where the package is installed read-only.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numba
from numba.core.registry import CPUDispatcher

from dynsyn_controller.core.numba_support.cache_trouble import tell

_CONFIG: Any = numba.config  # its names are made when it is imported
KEPT = 5
"""Folders of other versions that are kept, newest first; the rest is deleted."""


def use_own_cache() -> None:
    """Let Numba cache in `$XDG_CACHE_HOME/dynsyn`; NUMBA_CACHE_DIR, where set, is respected.

    Must run before any kernel is defined. Without a folder that can be written to, Numba's own
    places are used.
    """
    if os.environ.get("NUMBA_CACHE_DIR"):
        return
    try:
        folder = cache_folder()
        if not folder.exists():
            folder.mkdir(parents=True)
            _forget_old(folder)
    except (OSError, RuntimeError):
        return
    _CONFIG.CACHE_DIR = str(folder)


def cache_folder() -> Path:
    """The folder for the kernels of this package as its sources are now.

    Raises:
        RuntimeError: no home folder is known.
    """
    base = os.environ.get("XDG_CACHE_HOME")
    root = Path(base) if base else Path.home() / ".cache"
    digest = hashlib.sha256()
    core = Path(__file__).parents[1]
    for source in sorted(core.parent.rglob("*.py")):
        text = source.read_bytes()
        # the core's constants are compiled in as well; an edit elsewhere leaves kernels as they are
        if core in source.parents or b"njit" in text:
            digest.update(source.name.encode())
            digest.update(text)
    return root / "dynsyn" / f"kernels-{digest.hexdigest()[:16]}"


def _forget_old(newest: Path) -> None:
    others = [path for path in newest.parent.glob("kernels-*") if path != newest]
    others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in others[KEPT:]:
        shutil.rmtree(path, ignore_errors=True)


class InnerKernel(CPUDispatcher):
    """A kernel that only other kernels call: it has no entry for Python."""

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Refused: what is compiled has no entry, and the process would end here."""
        raise TypeError(
            f"{self.py_func.__qualname__}: an inner kernel, called from Python; expected a call "
            "from a kernel (py_func is it in plain Python)"
        )


def njit(function: Callable[..., Any] | None = None, *, inner: bool = False, **options: Any) -> Any:
    """Numba's `njit`; where there is no folder at all to cache in, kernels are kept in memory.

    Args:
        function: to be compiled.
        inner: only other kernels call it. Its entry for calls from Python is then left out, which
            takes a fifth off the time that it takes to compile.
        options: of Numba's `njit`. Entries for calls from C are left out of every kernel.
    """
    if function is None:
        return partial(njit, inner=inner, **options)
    options = {"no_cfunc_wrapper": True, "no_cpython_wrapper": inner, **options}
    try:
        kernel = numba.njit(**options)(function)
    except RuntimeError as error:
        if not options.get("cache"):
            raise
        tell(_CONFIG.CACHE_DIR or "any folder", str(error))
        kernel = numba.njit(**{**options, "cache": False})(function)
    if inner and isinstance(kernel, CPUDispatcher):  # with NUMBA_DISABLE_JIT it stays a function
        kernel.__class__ = InnerKernel
    return kernel
