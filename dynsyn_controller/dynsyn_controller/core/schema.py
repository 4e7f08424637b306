"""Strict reading of plain mappings (YAML, parameters) into frozen dataclasses.

Unknown and missing keys, wrong types and non-finite numbers are errors that name the key.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import types
import typing
from typing import Any, TypeVar, cast

T = TypeVar("T")


class SchemaError(ValueError):
    """Something in a mapping that cannot be.

    Attributes:
        key: where, as a path such as "joints[2].effort_limit".
    """

    def __init__(self, key: str, message: str) -> None:
        super().__init__(f"{key}: {message}" if key else message)
        self.key = key


def parse(cls: type[T], data: Any, where: str = "") -> T:
    """Build dataclass `cls` from mapping `data`, nested dataclasses and tuples of them included.

    Raises:
        SchemaError: at the first thing that does not fit, with its path below `where`.
    """
    if not isinstance(data, dict):
        raise SchemaError(where, f"found {_show(data)}, expected a mapping of keys")
    hints = typing.get_type_hints(cls)
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for key in data:
        if key not in fields:
            raise SchemaError(_join(where, key), unknown_key(str(key), fields))
    values = {}
    for name, spec in fields.items():
        if name in data:
            values[name] = convert(hints[name], data[name], _join(where, name))
        elif spec.default is dataclasses.MISSING and spec.default_factory is dataclasses.MISSING:
            raise SchemaError(_join(where, name), "missing")
    return cls(**values)


def convert(kind: Any, value: Any, where: str) -> Any:
    """`value` as a `kind` (float, int, bool, str, tuple, dict, Literal, dataclass or `X | None`).

    Raises:
        SchemaError: it is something else, or a number that is not finite.
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        if value not in arguments:
            raise SchemaError(
                where, f"found {_show(value)}, expected one of {', '.join(map(str, arguments))}"
            )
        return value
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        return convert(next(a for a in arguments if a is not type(None)), value, where)
    if origin is tuple:
        if not isinstance(value, (list, tuple)):
            raise SchemaError(where, f"found {_show(value)}, expected a list")
        return tuple(convert(arguments[0], v, f"{where}[{i}]") for i, v in enumerate(value))
    if dataclasses.is_dataclass(kind):
        return parse(cast(type, kind), value, where)
    if origin is dict:
        kind = dict
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise SchemaError(where, f"found {_show(value)}, expected {_NAMES[kind]}")
    if kind is float and not math.isfinite(value):
        raise SchemaError(where, f"found {value}, expected a finite number")
    return value


def numbers(options: Any) -> dict[str, float | int]:
    """What kernels read of a dataclass of settings: numbers, choices and switches, by name.

    A choice (`Literal`) becomes its place among the choices, a switch 0 or 1. Fields of other types
    are left out.
    """
    hints = typing.get_type_hints(type(options))
    found: dict[str, float | int] = {}
    for field in dataclasses.fields(options):
        kind, value = hints[field.name], getattr(options, field.name)
        if typing.get_origin(kind) is typing.Literal:
            found[field.name] = typing.get_args(kind).index(value)
        elif kind in (bool, int, float):
            found[field.name] = kind(value) if kind is float else int(value)
    return found


def check_at_least(where: str, options: Any, names: typing.Iterable[str], least: float = 0) -> None:
    """Check that settings are `least` or more.

    Raises:
        SchemaError: the first that is not, with its key below `where`.
    """
    for name in names:
        if not getattr(options, name) >= least:
            raise SchemaError(
                f"{where}.{name}", f"found {getattr(options, name)}, expected {least:g} or more"
            )


def check_fractions(where: str, options: Any, names: typing.Iterable[str]) -> None:
    """Check that settings are 0 to 1, both included.

    Raises:
        SchemaError: the first that is not, with its key below `where`.
    """
    for name in names:
        if not 0.0 <= getattr(options, name) <= 1.0:
            raise SchemaError(f"{where}.{name}", f"found {getattr(options, name)}, expected 0 to 1")


def check_positive(where: str, options: Any, names: typing.Iterable[str]) -> None:
    """Check that settings are above 0.

    Raises:
        SchemaError: the first that is not, with its key below `where`.
    """
    for name in names:
        if not getattr(options, name) > 0:
            raise SchemaError(
                f"{where}.{name}", f"found {getattr(options, name)}, expected more than 0"
            )


def check_order(where: str, options: Any, pairs: typing.Iterable[tuple[str, str]]) -> None:
    """Check that of two settings the first is not above the second.

    Raises:
        SchemaError: the first that is, with its key below `where`.
    """
    for low, high in pairs:
        if getattr(options, low) > getattr(options, high):
            raise SchemaError(
                f"{where}.{low}", f"found {getattr(options, low)}, above {where}.{high}"
            )


def check_times(where: str, options: Any, names: typing.Iterable[str], dt: float) -> None:
    """Check that time constants of running means (s) are 0, unused, or a control step or more.

    Args:
        where: path of the settings.
        options: that have them.
        names: of the time constants.
        dt: control step in ms.

    Raises:
        SchemaError: the first that is shorter.
    """
    for name in names:
        if 0.0 < getattr(options, name) < dt / 1000.0:
            raise SchemaError(
                f"{where}.{name}",
                f"found {getattr(options, name)} s, expected a control step ({dt / 1000.0} s) or "
                "more",
            )


def unknown_key(key: str, known: typing.Iterable[str]) -> str:
    """Message for a key that is not among `known`, with the nearest one."""
    known = list(known)
    near = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}"
    return f"unknown key; {hint}"


_NAMES = {
    float: "a number",
    int: "a whole number",
    bool: "true or false",
    str: "text",
    dict: "keys",
}


def _join(where: str, key: object) -> str:
    return f"{where}.{key}" if where else str(key)


def _show(value: Any) -> str:
    return "nothing" if value is None else f"{value!r} ({type(value).__name__})"
