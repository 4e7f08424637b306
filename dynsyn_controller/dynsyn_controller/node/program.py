"""Runs a node's module as a program that can be asked to stop from its first moment on.

What a node imports takes a second; a Ctrl-C in that time must not be lost, nor leave a traceback.
"""

from __future__ import annotations

import importlib
import sys
import textwrap

from dynsyn_controller.node import middleware
from dynsyn_controller.node.parameter_table import plain
from dynsyn_controller.node.standard_output import drop_output
from dynsyn_controller.node.stop_request import StopRequest


def run(name: str, module: str, table: str) -> int:
    """Import `module` and call its `run(arguments, stop)`; returns the exit code.

    Args:
        name: of the program, for messages.
        module: of the node.
        table: of its parameters, as MODULE:NAME.
    """
    stop = StopRequest()
    try:
        middleware.load()
    except middleware.MiddlewareError as error:
        print(f"{name}: error: {error}", file=sys.stderr)
        return 1
    arguments = sys.argv[1:]
    if {"-h", "--help"} & set(arguments[: _before_ros(arguments)]):
        return _print(_usage(name, table))
    code: int = importlib.import_module(module).run(sys.argv, stop)
    return code


def _before_ros(arguments: list[str]) -> int:
    return arguments.index("--ros-args") if "--ros-args" in arguments else len(arguments)


def _print(text: str) -> int:
    """Print; 1 where that cannot be."""
    try:
        print(text, flush=True)
    except OSError:  # `| head` has what it wanted, or a disk is full
        drop_output()
        return 1
    return 0


def _usage(name: str, table: str) -> str:
    """What a node can be given, from the table of its parameters."""
    module, _, attribute = table.partition(":")
    parameters = getattr(importlib.import_module(module), attribute)
    lines = [
        f"usage: {name} --ros-args [-p NAME:=VALUE ...] [--params-file FILE] [-r FROM:=TO ...]",
        "",
        "Parameters, with their defaults:",
    ]
    for each in parameters:
        lines += ["", f"  {each.name}: {plain(each.default) or 'empty'}   ({each.expected})"]
        lines += textwrap.wrap(
            each.description, 78, initial_indent="    ", subsequent_indent="    "
        )
    return "\n".join(lines)


def controller_node() -> None:
    """Entry point of the executable `controller_node`."""
    node = "dynsyn_controller.node"
    sys.exit(run("controller_node", f"{node}.controller_node", f"{node}.parameters:TABLE"))


def effort_relay() -> None:
    """Entry point of the executable `effort_relay`."""
    module = "dynsyn_controller.node.effort_relay"
    sys.exit(run("effort_relay", module, f"{module}:TABLE"))
