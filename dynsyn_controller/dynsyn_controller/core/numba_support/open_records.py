"""The Numba type of records that tell their own layout (`records`): one for arrays of any size.

Numba takes a record's layout into its type, so that a network with one unit more would be compiled
anew, for seconds. The type here holds the names, kinds and dimensions of the fields; where an array
lies and how large it is, a kernel reads from the record. What Numba offers for records beyond their
fields (copies, assignments of a whole one, new ones) needs a size, and is refused.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import PrimitiveModel
from numba.core.errors import LoweringError, TypingError
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    lower_getattr_generic,
    lower_setattr_generic,
    register_model,
    typeof_impl,
    unbox,
)
from numba.np.arrayobj import make_array, populate_array
from numba.np.numpy_support import from_dtype

from dynsyn_controller.core.records import SIZE, field_names, tells_layout

_WORD = 8


class OpenRecord(types.Type):
    """A record that tells its layout; kernels read its fields, and set those that are numbers.

    `record_size`, bytes, can be read like a field.

    Args:
        numbers: name, type, and offset in bytes of each.
        arrays: name, type of the elements, dimensions, and place in the layout of each.

    Attributes:
        fields: names of all.
    """

    def __init__(self, numbers: list[tuple], arrays: list[tuple]) -> None:
        self.numbers = {name: (kind, offset) for name, kind, offset in numbers}
        self.numbers[SIZE] = (types.int64, 0)
        self.arrays = {name: (types.Array(kind, d, "C"), at) for name, kind, d, at in arrays}
        self.fields = tuple(name for name, *_ in (*numbers, *arrays))
        # a whole description would go into the names of all compiled functions
        digest = hashlib.sha256(repr((numbers, arrays)).encode()).hexdigest()
        super().__init__(f"record_{digest[:16]}")


def _open_record(dtype: np.dtype) -> OpenRecord:
    numbers, arrays, at = [], [], 1
    for name in field_names(dtype):
        field, offset = dtype[name], dtype.fields[name][1]  # type: ignore[index]
        kind = from_dtype(field.base)
        if field.shape:
            arrays.append((name, kind, field.ndim, at))
            at += 1 + field.ndim
        else:
            numbers.append((name, kind, offset))
    return OpenRecord(numbers, arrays)


_typeof_any_array = typeof_impl.dispatch(np.ndarray)
_typeof_any_number = typeof_impl.dispatch(np.generic)


@typeof_impl.register(np.ndarray)
def _typeof_array(value: np.ndarray, context: Any) -> types.Type:
    if not tells_layout(value.dtype):
        return _typeof_any_array(value, context)
    kind, flags = _open_record(value.dtype), value.flags
    # "A", by strides: how far one record is from the next is not in the type
    return types.Array(kind, value.ndim, "A", readonly=not flags.writeable, aligned=flags.aligned)


@typeof_impl.register(np.generic)
def _typeof_record(value: np.generic, context: Any) -> types.Type:
    if not tells_layout(value.dtype):
        return _typeof_any_number(value, context)
    return _open_record(value.dtype)


@unbox(OpenRecord)
def _unbox(record: OpenRecord, value: Any, context: Any) -> NativeValue:
    buffer = context.pyapi.alloca_buffer()
    pointer = context.pyapi.extract_record_data(value, buffer)
    return NativeValue(
        pointer,
        is_error=cgutils.is_null(context.builder, pointer),
        cleanup=lambda: context.pyapi.release_buffer(buffer),
    )


class _Unsized(ir.LiteralStructType):
    """What a record is made of, of a length that no compiler knows."""

    def __init__(self) -> None:
        super().__init__([])

    def get_abi_size(self, target_data: Any, context: Any = None) -> int:
        raise LoweringError("a kernel cannot make or copy records that tell their layout")


@register_model(OpenRecord)
class _OpenRecordModel(PrimitiveModel):
    """A pointer to the record."""

    def __init__(self, manager: Any, record: OpenRecord) -> None:
        super().__init__(manager, record, ir.IntType(8).as_pointer())

    def get_data_type(self) -> ir.Type:
        return _Unsized()

    def as_data(self, builder: Any, value: Any) -> Any:
        raise LoweringError("a record as a whole cannot be set; expected its fields to be")

    def load_from_data_pointer(self, builder: Any, pointer: Any, align: Any = None) -> Any:
        return builder.bitcast(pointer, self.get_value_type())


@infer_getattr
class _OpenRecordAttribute(AttributeTemplate):
    key = OpenRecord

    def generic_resolve(self, record: OpenRecord, name: str) -> Any:  # type: ignore[override]
        own = {**record.numbers, **record.arrays}
        if name not in own:
            fields = ", ".join(record.fields)
            raise TypingError(f"{name}: no field of this record, which has {fields}")
        return own[name][0]


@lower_getattr_generic(OpenRecord)
def _get(context: Any, builder: Any, record: OpenRecord, pointer: Any, name: str) -> Any:
    if name in record.numbers:
        kind, offset = record.numbers[name]
        return context.unpack_value(builder, kind, _at(context, builder, pointer, offset, kind))
    kind, at = record.arrays[name]
    offset, *shape = (_word(context, builder, pointer, at + k) for k in range(1 + kind.ndim))
    itemsize = context.get_constant(
        types.intp, context.get_abi_sizeof(context.get_data_type(kind.dtype))
    )
    strides = [itemsize]
    for size in shape[:0:-1]:
        strides.insert(0, builder.mul(strides[0], size))
    array = make_array(kind)(context, builder)
    populate_array(
        array,
        data=builder.bitcast(builder.gep(pointer, [offset]), array.data.type),
        shape=cgutils.pack_array(builder, shape),
        strides=cgutils.pack_array(builder, strides),
        itemsize=itemsize,
        meminfo=None,
        parent=None,
    )
    return array._getvalue()


@lower_setattr_generic(OpenRecord)
def _set(context: Any, builder: Any, signature: Any, values: Any, name: str) -> None:
    record, found = signature.args
    if name in record.arrays:
        raise LoweringError(f"{name}: an array of a record; expected {name}[:] to be set")
    pointer, value = values
    kind, offset = record.numbers[name]
    value = context.cast(builder, value, found, kind)
    context.pack_value(builder, kind, value, _at(context, builder, pointer, offset, kind))


def _at(context: Any, builder: Any, pointer: Any, offset: int, kind: types.Type) -> Any:
    place = builder.gep(pointer, [context.get_constant(types.intp, offset)])
    return builder.bitcast(place, context.get_data_type(kind).as_pointer())


def _word(context: Any, builder: Any, pointer: Any, index: int) -> Any:
    word = builder.load(_at(context, builder, pointer, _WORD * index, types.int64))
    # nothing writes to a layout; knowing it, the compiler reads each word once
    word.set_metadata("invariant.load", builder.module.add_metadata([]))
    return word
