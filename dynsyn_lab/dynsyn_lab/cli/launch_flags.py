"""Flags for the arguments that commands share with the launch files."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from dynsyn_controller.launching.arguments import Argument

_METAVARS = {int: "N", float: "X", str: "TEXT"}


def add_flags(
    parser: argparse.ArgumentParser, arguments: Iterable[Argument], positional: str, optional: bool
) -> None:
    """Add a flag for each argument; those that are not given stay away from the namespace.

    Args:
        parser: of the command.
        arguments: what it takes.
        positional: name of the argument that needs no flag.
        optional: it may be left out.
    """
    for argument in arguments:
        name, parameter = argument.name, argument.parameter
        shared: dict[str, Any] = {"default": argparse.SUPPRESS, "help": parameter.description}
        flag, kind = "--" + name.replace("_", "-"), type(parameter.default)
        if name == positional:
            parser.add_argument(name, nargs="?" if optional else None, **shared)
        elif kind is bool and argument.node_parameter:
            # both ways: it may have to go before what a parameter file says
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, **shared)
        elif kind is bool:
            parser.add_argument(flag, action="store_true", **shared)
        else:
            parser.add_argument(flag, type=kind, metavar=_METAVARS[kind], **shared)


def given(args: argparse.Namespace, arguments: Iterable[Argument]) -> dict[str, Any]:
    """The values of the arguments that were given, by name."""
    names = [argument.name for argument in arguments]
    return {name: getattr(args, name) for name in names if hasattr(args, name)}
