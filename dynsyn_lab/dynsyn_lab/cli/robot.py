"""`dynsyn robot new ROBOT`: a robot file to edit."""

from __future__ import annotations

import argparse
from typing import Any

from dynsyn_lab.cli.arguments import OF_THE_BODY
from dynsyn_lab.cli.dotted import accept_dotted
from dynsyn_lab.errors import UsageError


def add_parser(subparsers: Any) -> None:
    """Add `robot` to the `dynsyn` command."""
    parser = subparsers.add_parser(
        "robot",
        help="write a robot file to edit",
        description="Robot files of simulated robots.",
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    new = actions.add_parser(
        "new",
        help="write the robot file of a simulated robot to standard output",
        description="Write the robot file of a simulated robot to standard output, to be edited "
        "and trained: dynsyn robot new gymnasium:Hopper-v5 > hopper.yaml; dynsyn train hopper.yaml",
        epilog=OF_THE_BODY,
    )
    new.add_argument("robot", help="a name, gymnasium:ENV_ID, or FILE.py:CLASS")
    accept_dotted(new, ("robot",))
    new.set_defaults(run=run_new)


def run_new(args: argparse.Namespace) -> int:
    """Print the file. Returns 0."""
    from dynsyn_sim_bridge.robots.spec import new_robot_file

    try:
        text = new_robot_file(args.robot, args.dotted["robot"])
    except ValueError as error:
        raise UsageError(str(error)) from None
    print(text, end="")
    return 0
