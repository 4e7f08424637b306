"""`dynsyn sim ROBOT`: a simulated robot and its controller as processes, with a live dashboard."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynsyn_controller.launching.arguments import DOTTED_OF_SIMULATION, SIMULATION
from dynsyn_controller.node.parameter_table import ParameterError
from dynsyn_lab.cli.arguments import add_watching
from dynsyn_lab.cli.dotted import accept_dotted
from dynsyn_lab.cli.launch_flags import add_flags, given
from dynsyn_lab.errors import CommandError, UsageError

if TYPE_CHECKING:
    from dynsyn_lab.live.stack import Stack


def add_parser(subparsers: Any) -> None:
    """Add `sim` to the `dynsyn` command."""
    parser = subparsers.add_parser(
        "sim",
        help="run a simulated robot and its controller, with a live dashboard",
        description="Run a simulated robot and its controller as ROS 2 nodes, with a live "
        "dashboard. In real time the lifetime of your last run is continued (kept in "
        "$XDG_STATE_HOME/dynsyn or ~/.local/state/dynsyn).",
        epilog="Any option of the robot's body: --robot.KEY VALUE. Any setting of the learner: "
        "--learner.KEY VALUE. Any option of the network: --network.KEY VALUE. Without a terminal "
        "there is no dashboard but a plain line every few seconds. ROS_DOMAIN_ID and the rest of "
        "the ROS environment are respected; where neither ROS_AUTOMATIC_DISCOVERY_RANGE nor "
        "ROS_LOCALHOST_ONLY is set, the nodes are visible on this machine only.",
    )
    add_stack(parser)
    add_watching(parser)
    parser.add_argument("--summary", type=Path, metavar="FILE", help="write a summary (JSON)")
    parser.add_argument("--composed", action="store_true", help="both nodes in one process")
    parser.set_defaults(run=run)


def add_stack(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say which robot is simulated, and how."""
    add_flags(parser, SIMULATION, positional="robot", optional=True)
    accept_dotted(parser, DOTTED_OF_SIMULATION)


def described(args: argparse.Namespace) -> Stack:
    """The nodes that the arguments of `add_stack` ask for.

    Raises:
        UsageError: arguments that cannot be.
    """
    from dynsyn_lab.live.stack import describe

    try:
        return describe(args.dotted, **given(args, SIMULATION))
    except ParameterError as error:
        raise UsageError(str(error)) from None


def run(args: argparse.Namespace) -> int:
    """Run the stack until it is ended; returns the exit code.

    Raises:
        UsageError: arguments that cannot be.
        CommandError: a node ended by itself or badly, or somebody else is on these topics.
        CheckpointError: a lifetime cannot be moved into this body.
        OSError: a file cannot be written, or the lifetime is being lived elsewhere.
    """
    from dynsyn_controller.node import middleware
    from dynsyn_lab.interrupts import Interrupts

    with Interrupts() as interrupts:
        stack = described(args)
        if args.summary is not None and not args.summary.absolute().parent.is_dir():
            raise UsageError(f"--summary: there is no folder {args.summary.absolute().parent}")
        middleware.keep_to_this_machine()
        middleware.load()
        from dynsyn_lab.live.simulation import simulate

        summary = simulate(stack, args.duration, args.headless, args.composed, interrupts)
        if summary is not None:
            for text in summary.lines():
                print(text)
            if args.summary is not None:
                summary.save(args.summary)
        elif args.summary is not None:
            raise CommandError("ended before the controller reported anything: no summary")
        else:
            print("ended before the controller reported anything")
    return 0
