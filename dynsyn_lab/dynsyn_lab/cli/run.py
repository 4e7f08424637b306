"""`dynsyn run ROBOT_FILE`: the controller of a real robot, with a live dashboard."""

from __future__ import annotations

import argparse
from typing import Any

from dynsyn_controller.launching.arguments import CONTROLLER, DOTTED
from dynsyn_controller.node.parameter_table import ParameterError
from dynsyn_lab.cli.arguments import add_watching
from dynsyn_lab.cli.dotted import accept_dotted
from dynsyn_lab.cli.launch_flags import add_flags, given
from dynsyn_lab.errors import UsageError


def add_parser(subparsers: Any) -> None:
    """Add `run` to the `dynsyn` command."""
    parser = subparsers.add_parser(
        "run",
        help="run the controller of your own robot, with a live dashboard",
        description="Run the controller node for a robot that has drivers of its own, with a live "
        "dashboard. It is disarmed until you arm it (key a, or `dynsyn arm`), unless "
        "--armed-at-start is given. Its lifetime is kept in $XDG_STATE_HOME/dynsyn or "
        "~/.local/state/dynsyn, unless --checkpoint names a file or is empty.",
        epilog="Any setting of the learner: --learner.KEY VALUE. Any option of the network: "
        "--network.KEY VALUE. Any other parameter of the node: in a ROS parameter file "
        "(--params-file). The ROS environment is respected as it is; nothing has to be sourced.",
    )
    add_flags(parser, CONTROLLER, positional="robot_file", optional=True)
    accept_dotted(parser, DOTTED)
    add_watching(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the node until it is ended; returns the exit code.

    Raises:
        UsageError: arguments that cannot be.
        CommandError: the node ended by itself or badly, or another controller is on these topics.
        CheckpointError: the file is no lifetime.
        OSError: a file cannot be written.
    """
    from dynsyn_controller.node import middleware
    from dynsyn_lab.interrupts import Interrupts

    with Interrupts() as interrupts:
        middleware.load()
        from dynsyn_controller.robot.robot import RobotFileError
        from dynsyn_lab.live.robot_run import run_robot

        try:
            summary = run_robot(
                given(args, CONTROLLER), args.dotted, args.duration, args.headless, interrupts
            )
        except (ParameterError, RobotFileError) as error:
            raise UsageError(str(error)) from None
        for text in summary.lines() if summary else ["ended before the controller reported"]:
            print(text)
    return 0
