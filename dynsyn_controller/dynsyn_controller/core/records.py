"""Records of lifetimes and of parameters: in memory they tell their layout, in files they do not.

A kernel is compiled once for records of any size (`numba_support.open_records`), because a record
says itself where its arrays lie:

    record_layout: size of the record in bytes; for each array its offset in bytes, then its shape
    numbers, in order
    arrays, in order

Kernels trust `record_layout`; so it is made here only, and never read from a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

LAYOUT = "record_layout"
SIZE = "record_size"
"""Name by which a kernel reads the size, the first word of the layout."""


def record_dtype(fields: Sequence[tuple[Any, ...]] | np.dtype) -> np.dtype:
    """The dtype, in memory, of a record with these fields, aligned.

    Args:
        fields: name and kind of each, and the shape of an array, as NumPy takes them; or a dtype
            that has them.
    """
    plain = np.dtype(fields)  # type: ignore[arg-type]
    own = [(name, plain[name]) for name in plain.names or ()]
    arrays = [(name, kind) for name, kind in own if kind.shape]
    numbers = [(name, kind) for name, kind in own if not kind.shape]
    words = 1 + sum(1 + kind.ndim for _, kind in arrays)
    return np.dtype([(LAYOUT, np.int64, (words,)), *numbers, *arrays], align=True)


def tells_layout(dtype: np.dtype) -> bool:
    """Whether records with this dtype tell their layout."""
    if not dtype.names or dtype.names[0] != LAYOUT or dtype[LAYOUT].base != np.int64:
        return False
    return dtype[LAYOUT].shape == (len(_layout(dtype)),)


def new_records(count: int, dtype: np.dtype) -> np.ndarray:
    """Records of zeros, (count,).

    Args:
        count: how many.
        dtype: from `record_dtype`.
    """
    records = np.zeros(count, dtype)
    records[LAYOUT] = _layout(dtype)
    return records


def is_laid_out(records: np.ndarray) -> bool:
    """Whether every record tells the layout that it has."""
    return bool((records[LAYOUT] == _layout(records.dtype)).all())


def stored(records: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """A copy for a file.

    Args:
        records: in memory.
        dtype: of a file, with the same fields but the layout.
    """
    copies = np.zeros(records.shape, dtype)
    fill(copies, records)
    return copies


def loaded(records: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Records from a file as they are in memory, with `dtype`, their fields in any order.

    Records whose fields have other names, kinds or shapes come back as they are.
    """
    found, wanted = ({name: d[name] for name in field_names(d)} for d in (records.dtype, dtype))
    if found != wanted or records.ndim != 1:
        return records
    copies = new_records(len(records), dtype)
    fill(copies, records)
    return copies


def fill(records: np.ndarray, source: np.ndarray) -> None:
    """Set every field but the layout as it is in `source`, which has the same fields."""
    for name in field_names(records.dtype):
        records[name] = source[name]


def field_names(dtype: np.dtype) -> list[str]:
    """Of a record, in order, without the layout."""
    return [name for name in dtype.names or () if name != LAYOUT]


def _layout(dtype: np.dtype) -> list[int]:
    words = [dtype.itemsize]
    for name in field_names(dtype):
        kind, offset = dtype.fields[name][:2]  # type: ignore[index]
        if kind.shape:
            words += [offset, *kind.shape]
    return words
