"""Makes Numba's on-disk cache safe for kernels that take plain records of several layouts.

Numba names a compiled function after its argument types, but a record type goes into that name as a
number that each process counts from anew (numba.core.types.Record, Numba 0.50 to 0.68 at least). A
function loaded from the cache and one compiled now can so bear the same name for different records;
the linker then takes either for both, and the kernel reads the wrong fields or crashes. Here the
name holds a hash of the record's layout instead, which is the same in every process.
"""

from __future__ import annotations

import hashlib

from numba import types


def _mangling_args(record: types.Record) -> tuple[str, tuple[str]]:
    """Identifier and parameters from which Numba makes the type's part of a function's name."""
    return "Record", (hashlib.sha256(record.name.encode()).hexdigest()[:16],)


def name_records_by_layout() -> None:
    """Name record types by their layout in all that is compiled from now on in this process."""
    types.Record.mangling_args = property(_mangling_args)  # type: ignore[method-assign,assignment]
