"""`dynsyn describe ROBOT`: the nodes of a simulation as data, for the launch files."""

from __future__ import annotations

import argparse
import json
from typing import Any

from dynsyn_lab.cli.sim import add_stack, described


def add_parser(subparsers: Any) -> None:
    """Add `describe` to the `dynsyn` command."""
    parser = subparsers.add_parser(
        "describe",
        help="say which nodes `dynsyn sim` would start, as JSON",
        description="Print the nodes that `dynsyn sim` would start, with their parameters, as a "
        "JSON list, and put the lifetime that they go on with into its file. The launch files "
        "start these nodes.",
    )
    add_stack(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the nodes. Returns 0.

    Raises:
        UsageError: arguments that cannot be.
        CommandError: somebody else is on the topics of these nodes.
        CheckpointError: a lifetime cannot be moved into this body.
    """
    import time

    from dynsyn_controller.node import middleware

    stack = described(args)
    middleware.load()
    from dynsyn_lab.live.client import ControllerClient
    from dynsyn_lab.live.preparing import prepare
    from dynsyn_lab.live.session import CONTROLLERS, ROBOTS, refuse_company
    from dynsyn_lab.live.simulation import claimed, refuse_shared

    with ControllerClient(stack.namespace) as client, claimed(client.domain, stack.namespace):
        since = time.monotonic()
        refuse_shared(stack.checkpoint)
        prepare(stack)
        refuse_company(client, since, CONTROLLERS + ROBOTS)
    print(json.dumps([node.as_data() for node in stack.nodes]))
    return 0
