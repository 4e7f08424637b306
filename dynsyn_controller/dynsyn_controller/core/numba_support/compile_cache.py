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


def njit(function: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Numba's `njit`; where there is no folder at all to cache in, kernels are kept in memory."""
    if function is None:
        return partial(njit, **options)
    try:
        return numba.njit(**options)(function)
    except RuntimeError as error:
        if not options.get("cache"):
            raise
        tell(_CONFIG.CACHE_DIR or "any folder", str(error))
        return numba.njit(**{**options, "cache": False})(function)
