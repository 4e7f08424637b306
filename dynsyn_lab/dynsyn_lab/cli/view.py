"""`dynsyn view`: a page in the browser that shows a robot and its controller, live."""

from __future__ import annotations

import argparse
import math
from typing import Any

from dynsyn_lab.cli.arguments import positive, whole


def add_parser(subparsers: Any) -> None:
    """Add `view` to the `dynsyn` command."""
    parser = subparsers.add_parser(
        "view",
        help="show a running robot in the browser: body, network, weights, returns",
        description="Serve a page that shows a running robot and its controller: the body, the "
        "network's activity, the weights and the returns. It only listens, and needs no internet.",
        epilog="Finds robots that your ROS environment can see (ROS_DOMAIN_ID and the rest).",
    )
    parser.add_argument("--namespace", default="", metavar="NS", help="namespace of the controller")
    parser.add_argument(
        "--host",
        default="localhost",
        metavar="ADDRESS",
        help="address to listen on (localhost: this machine's browsers; 0.0.0.0: everybody's)",
    )
    parser.add_argument(
        "--port", type=whole, default=8765, metavar="N", help="port (8765; 0: any that is free)"
    )
    parser.add_argument(
        "--duration", type=positive, default=math.inf, metavar="S", help="leave after S seconds"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve the page until it is left; returns the exit code.

    Raises:
        UsageError: a namespace or a port that cannot be.
        CommandError: the address is taken, or no controller reported in the given duration.
    """
    from dynsyn_controller.launching.nodes import absolute_namespace
    from dynsyn_controller.node import middleware
    from dynsyn_controller.node.parameter_table import ParameterError
    from dynsyn_lab.errors import UsageError

    if args.port > 65535:
        raise UsageError(f"--port: found {args.port}, expected 0 to 65535")
    try:
        namespace = absolute_namespace(args.namespace)
    except ParameterError as error:
        raise UsageError(str(error)) from None
    middleware.load()
    from dynsyn_lab.view.view import view

    view(namespace, args.host, args.port, args.duration)
    return 0
