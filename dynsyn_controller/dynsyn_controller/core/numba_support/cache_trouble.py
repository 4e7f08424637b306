"""Says once that compiled kernels cannot be kept on disk; it costs time at each start, no more."""

from __future__ import annotations

import sys

_told = False


def tell(folder: str, why: str) -> None:
    """One line on standard error, for the first trouble of a process.

    Args:
        folder: of the cache.
        why: in words.
    """
    global _told
    if _told:
        return
    _told = True
    print(
        f"dynsyn: compiled kernels are not cached in {folder} ({why}): they are compiled anew; "
        "XDG_CACHE_HOME or NUMBA_CACHE_DIR names another folder",
        file=sys.stderr,
    )
