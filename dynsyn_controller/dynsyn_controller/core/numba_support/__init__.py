"""Numba, set up so that its on-disk cache can be trusted. Kernels take `njit` from here.

Importing this module settles where kernels are cached, that processes take turns there, and how
record types are named; so every kernel is compiled under these rules, and nothing that has no
kernel imports Numba.
"""

from numba import typeof

from dynsyn_controller.core.numba_support.compile_cache import njit, use_own_cache
from dynsyn_controller.core.numba_support.kernel_cache import take_turns
from dynsyn_controller.core.numba_support.record_types import name_records_by_layout

__all__ = ["njit", "typeof"]

use_own_cache()
take_turns()
name_records_by_layout()
