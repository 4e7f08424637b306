"""Runs a node's module as a program that can be asked to stop from its first moment on.

What a node imports takes a second; a Ctrl-C in that time must not be lost, nor leave a traceback.
"""

from __future__ import annotations

import importlib
import sys

from dynsyn_controller.node import middleware
from dynsyn_controller.node.stop_request import StopRequest


def run(name: str, module: str) -> int:
    """Import `module` and call its `run(arguments, stop)`; returns the exit code.

    Args:
        name: of the program, for messages.
        module: of the node.
    """
    stop = StopRequest()
    try:
        middleware.load()
    except middleware.MiddlewareError as error:
        print(f"{name}: error: {error}", file=sys.stderr)
        return 1
    code: int = importlib.import_module(module).run(sys.argv, stop)
    return code


def controller_node() -> None:
    """Entry point of the executable `controller_node`."""
    sys.exit(run("controller_node", "dynsyn_controller.node.controller_node"))


def effort_relay() -> None:
    """Entry point of the executable `effort_relay`."""
    sys.exit(run("effort_relay", "dynsyn_controller.node.effort_relay"))
