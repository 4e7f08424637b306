"""Messages in serialised form, read and written without building them in Python.

An rclpy message is a tree of checked properties: to make one of the bytes that came, or bytes of
it, takes several times longer than all that is done with its numbers. But the messages of a sender
differ in their numbers only; strings and lengths, and with them the place of every number, stay
what they were. A `Form` knows those places, from the message's type and one real message.

The bytes are OMG CDR, version 1, little-endian (DDS-XTypes 1.3, 7.4.1): values in the order of the
type, each aligned to its own size, counted from the end of the four bytes that name the encoding.
"""

from __future__ import annotations

import struct
from typing import Any

from rclpy.serialization import deserialize_message, serialize_message
from rosidl_parser.definition import AbstractNestedType, AbstractString, Array, BasicType

from dynsyn_controller.messages.base import MessageError

_ENCODING = b"\x00\x01\x00\x00"
_CODES = {
    "boolean": "?",
    "octet": "B",
    "char": "B",
    "int8": "b",
    "uint8": "B",
    "int16": "h",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "int64": "q",
    "uint64": "Q",
    "float": "f",
    "double": "d",
}
_MOST_FORMS = 8
"""Of one topic; beyond it are senders whose strings or lengths never stay the same."""


class Record:
    """What a message holds, under the same names, without its checks."""


class Form:
    """Where each number lies in the serialised messages that are like one message.

    Alike are messages of one type with the same strings and the same lengths.

    Attributes:
        record: has the fields of the message; `pack` takes its numbers, `unpack` fills them in.
        size: bytes of such a message.
        exact: every number of the record is that of the message that it is packed into; not where
            there are floats of 32 bits.

    Args:
        message: any rclpy message.

    Raises:
        TypeError: it has a field of a type that this does not know (wide strings, long doubles).
    """

    def __init__(self, message: Any) -> None:
        self._format = "<4x"
        self._fixed = bytearray(_ENCODING)  # strings, lengths; 0 where numbers and padding are
        self._mask = bytearray(b"\xff\xff\x00\x00")  # the encoding's last two bytes are options
        self._places: list[tuple[dict[str, Any], str, int, int | None]] = []
        self._values = 0
        self.record = self._add_message(message)
        self.size = len(self._fixed)
        self._struct = struct.Struct(self._format)
        self.exact = "f" not in self._format
        # As integers, because the whole of a message is then compared or put together at once.
        self._fixed_bits = int.from_bytes(self._fixed, "little")
        self._mask_bits = int.from_bytes(self._mask, "little")

    def fits(self, buffer: bytes) -> bool:
        """Whether these bytes are a message of this form."""
        if len(buffer) < self.size:
            return False
        return int.from_bytes(buffer, "little") & self._mask_bits == self._fixed_bits

    def unpack(self, buffer: bytes) -> Record:
        """The record, filled with the numbers of a message that `fits`; arrays as tuples."""
        values = self._struct.unpack_from(buffer)
        for fields, name, start, stop in self._places:
            fields[name] = values[start] if stop is None else values[start:stop]
        return self.record

    def pack(self) -> bytes:
        """A serialised message with the record's numbers; strings stay those of the message.

        Raises:
            ValueError: an array of another length than the message's.
        """
        values: list[Any] = []
        for fields, name, start, stop in self._places:
            if stop is None:
                values.append(fields[name])
                continue
            if len(fields[name]) != stop - start:
                raise ValueError(f"{name}: {len(fields[name])} values, expected {stop - start}")
            values += fields[name]
        numbers = int.from_bytes(self._struct.pack(*values), "little")
        return (numbers | self._fixed_bits).to_bytes(self.size, "little")

    def _add_message(self, message: Any) -> Record:
        record = Record()
        fields = record.__dict__
        names = message.get_fields_and_field_types()
        for name, kind in zip(names, message.SLOT_TYPES, strict=True):
            self._add(fields, name, kind, getattr(message, name))
        return record

    def _add(self, fields: dict[str, Any], name: str, kind: Any, value: Any) -> None:
        if isinstance(kind, BasicType):
            self._places.append((fields, name, self._values, None))
            self._add_numbers(kind.typename, 1)
            fields[name] = value
        elif isinstance(kind, AbstractNestedType):
            if not isinstance(kind, Array):  # an array's length is part of its type
                self._add_length(len(value))
            self._add_elements(fields, name, kind.value_type, value)
        elif isinstance(kind, AbstractString):
            fields[name] = self._add_string(value)
        else:
            fields[name] = self._add_message(value)

    def _add_elements(self, fields: dict[str, Any], name: str, kind: Any, values: Any) -> None:
        if isinstance(kind, BasicType):
            self._places.append((fields, name, self._values, self._values + len(values)))
            if len(values) > 0:  # nothing is aligned for no elements
                self._add_numbers(kind.typename, len(values))
            fields[name] = list(values)
        elif isinstance(kind, AbstractString):
            fields[name] = [self._add_string(value) for value in values]
        else:
            fields[name] = [self._add_message(value) for value in values]

    def _add_numbers(self, typename: str, count: int) -> None:
        code = _CODES.get(typename)
        if code is None:
            raise TypeError(f"no place for a number of type {typename}")
        size = struct.calcsize(code)
        self._align(size)
        self._format += f"{count}{code}"
        self._fixed += bytes(size * count)
        # A boolean is 0 or 1: the other bits are no more free than a length.
        self._mask += (b"\xfe" if code == "?" else bytes(size)) * count
        self._values += count

    def _add_string(self, text: str) -> str:
        encoded = text.encode() + b"\0"
        self._add_length(len(encoded))
        self._add_fixed(encoded)
        return text

    def _add_length(self, length: int) -> None:
        self._align(4)
        self._add_fixed(length.to_bytes(4, "little"))

    def _add_fixed(self, content: bytes) -> None:
        self._format += f"{len(content)}x"
        self._fixed += content
        self._mask += b"\xff" * len(content)

    def _align(self, size: int) -> None:
        padding = -(len(self._fixed) - len(_ENCODING)) % size
        self._format += f"{padding}x"
        self._fixed += bytes(padding)
        self._mask += bytes(padding)


def sending_form(message: Any) -> Form:
    """The form in which messages like this one are sent.

    Raises:
        RuntimeError: the middleware in use serialises otherwise.
    """
    form = Form(message)
    if not form.fits(serialize_message(message)):
        kind = type(message).__name__
        raise RuntimeError(f"{kind}: this middleware does not serialise to little-endian CDR 1")
    return form


class Decoder:
    """Reads the serialised messages of a topic.

    What is of no form seen before is deserialised by rclpy, and its form remembered.

    Attributes:
        kind: type of the messages.
    """

    def __init__(self, kind: type) -> None:
        self.kind = kind
        self._forms: list[Form] = []

    def decode(self, buffer: bytes) -> Any:
        """An object with the fields of the message; to be used before the next call.

        Raises:
            MessageError: the bytes are no such message.
        """
        for form in self._forms:
            if form.fits(buffer):
                return form.unpack(buffer)
        try:
            message: Any = deserialize_message(buffer, self.kind)
        except Exception as error:  # of rclpy or the middleware; which kinds, nobody promises
            kind = self.kind.__name__
            raise MessageError(f"found {len(buffer)} bytes that are no {kind}") from error
        if len(self._forms) < _MOST_FORMS:
            form = Form(message)
            if form.fits(buffer):
                self._forms.append(form)
        return message
