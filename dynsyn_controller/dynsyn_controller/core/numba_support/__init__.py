"""Numba, set up so that its on-disk cache can be trusted. Kernels take `njit` from here.

Importing this module settles where kernels are cached, that processes take turns there, and what
the type of a record is; so every kernel is compiled under these rules, and nothing that has no
kernel imports Numba.
"""

from numba import typeof

from dynsyn_controller.core.numba_support.compile_cache import njit, use_own_cache
from dynsyn_controller.core.numba_support.kernel_cache import take_turns
from dynsyn_controller.core.numba_support.open_records import OpenRecord
from dynsyn_controller.core.numba_support.record_types import name_records_by_layout

__all__ = ["OpenRecord", "njit", "typeof"]

use_own_cache()
take_turns()
name_records_by_layout()
