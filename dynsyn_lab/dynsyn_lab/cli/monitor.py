"""`dynsyn monitor`: the live dashboard of any running controller, simulated or real."""

from __future__ import annotations

import argparse
import math
from typing import Any

from dynsyn_lab.cli.arguments import positive


def add_parser(subparsers: Any) -> None:
    """Add `monitor` to the `dynsyn` command."""
    parser = subparsers.add_parser(
        "monitor",
        help="attach the dashboard to a running controller",
        description="Attach the dashboard to a running controller; leaving it does not end that.",
        epilog="Finds controllers that your ROS environment can see (ROS_DOMAIN_ID and the rest).",
    )
    parser.add_argument("--namespace", default="", metavar="NS", help="namespace of the controller")
    parser.add_argument("--headless", action="store_true", help="plain lines, no dashboard")
    parser.add_argument(
        "--duration", type=positive, default=math.inf, metavar="S", help="leave after S seconds"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Show the controller until it is left; returns the exit code.

    Raises:
        UsageError: a namespace that cannot be.
        CommandError: no controller reported in the given duration.
    """
    from dynsyn_controller.launching.nodes import absolute_namespace
    from dynsyn_controller.node import middleware
    from dynsyn_controller.node.parameter_table import ParameterError
    from dynsyn_lab.errors import UsageError

    try:
        namespace = absolute_namespace(args.namespace)
    except ParameterError as error:
        raise UsageError(str(error)) from None
    middleware.load()
    from dynsyn_lab.live.monitor import watch

    watch(namespace, args.headless, args.duration)
    return 0
