"""`dynsyn stop`, `rearm`, `arm`, `disarm`, `save` and `rollback`: ask a running controller."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from dynsyn_lab.cli.arguments import not_negative
from dynsyn_lab.errors import UsageError

_EPILOG = (
    "Finds controllers that your ROS environment can see (ROS_DOMAIN_ID and the rest); nothing has "
    "to be sourced."
)
_WHICH = "namespace of the controller (/)"


def add_parser(subparsers: Any) -> None:
    """Add the commands to the `dynsyn` command."""
    stop = _add(
        subparsers,
        "stop",
        "emergency stop: neutral effort at once, until `dynsyn rearm`",
        which="namespace of the controller (left out: every controller that is heard)",
    )
    stop.set_defaults(everyone=True)
    _add(subparsers, "rearm", "end an emergency stop")
    _add(subparsers, "arm", "let a controller act that is disarmed")
    _add(subparsers, "disarm", "neutral effort until `dynsyn arm`")
    save = _add(subparsers, "save", "save the lifetime of a running controller now")
    save.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="in this file (its own checkpoint)"
    )
    rollback = _add(subparsers, "rollback", "let a running controller go back to an earlier copy")
    rollback.add_argument(
        "--hours",
        type=not_negative,
        default=0.0,
        metavar="H",
        help="at least H hours of the lifetime back (0: to the last copy)",
    )


def _add(subparsers: Any, name: str, what: str, which: str = _WHICH) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(
        name, help=what, description=f"{what[0].upper()}{what[1:]}.", epilog=_EPILOG
    )
    parser.add_argument("--namespace", metavar="NS", help=which)
    parser.set_defaults(run=run, call=name, everyone=False)
    return parser


def run(args: argparse.Namespace) -> int:
    """Call, and print the answer. Returns 0.

    Raises:
        UsageError: a namespace that cannot be.
        CommandError: there is no such controller, or it refuses.
    """
    from dynsyn_controller.launching.nodes import absolute_namespace
    from dynsyn_controller.node import middleware
    from dynsyn_controller.node.parameter_table import ParameterError

    try:
        namespace = absolute_namespace(args.namespace or "")
    except ParameterError as error:
        raise UsageError(str(error)) from None
    middleware.load()
    from dynsyn_lab.live.calling import call, call_everyone

    if args.everyone and args.namespace is None:
        for line in call_everyone(_request(args)):
            print(line, flush=True)
    else:
        print(call(_request(args), namespace))
    return 0


def _request(args: argparse.Namespace) -> Any:
    from dynsyn_lab.live import calls

    if args.call == "save":
        return calls.save(str(args.file.absolute()) if args.file else "")
    if args.call == "rollback":
        return calls.rollback(args.hours)
    return {
        "stop": calls.EMERGENCY_STOP,
        "rearm": calls.REARM,
        "arm": calls.ARM,
        "disarm": calls.DISARM,
    }[args.call]
