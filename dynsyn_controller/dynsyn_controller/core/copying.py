"""Copies within records."""

from __future__ import annotations

from dynsyn_controller.core.numba_support import njit


@njit(cache=True, inner=True)
def copy(source, into):
    """Elements of `source` to the beginning of `into`, which has at least as many; one dimension.

    An assignment of slices does the same, but brings a message about shapes with it that takes
    Numba four seconds to compile.
    """
    for i in range(source.size):
        into[i] = source[i]
