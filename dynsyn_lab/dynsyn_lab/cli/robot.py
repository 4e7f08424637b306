"""`dynsyn robot`: write a robot file to edit."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from dynsyn_lab.cli.arguments import OF_THE_BODY, positive
from dynsyn_lab.cli.dotted import accept_dotted
from dynsyn_lab.errors import UsageError


def add_parser(subparsers: Any) -> None:
    """Add `robot` to the `dynsyn` command."""
    parser = subparsers.add_parser(
        "robot",
        help="write a robot file to edit",
        description="Robot files: of simulated robots, and of your own.",
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    new = actions.add_parser(
        "new",
        help="write the robot file of a simulated robot, or of a URDF, to standard output",
        description="Write a robot file to standard output, to be edited: that of a simulated "
        "robot (dynsyn robot new gymnasium:Hopper-v5 > hopper.yaml; dynsyn train hopper.yaml), or "
        "that of your own from its URDF (dynsyn robot new --urdf arm.urdf > arm.yaml).",
        epilog=OF_THE_BODY,
    )
    which = new.add_mutually_exclusive_group(required=True)
    which.add_argument("robot", nargs="?", help="a name, gymnasium:ENV_ID, or FILE.py:CLASS")
    which.add_argument("--urdf", type=Path, metavar="FILE", help="description of a robot (URDF)")
    new.add_argument("--rate", type=positive, metavar="HZ", help="control rate, with --urdf (100)")
    accept_dotted(new, ("robot",))
    new.set_defaults(run=run_new)


def run_new(args: argparse.Namespace) -> int:
    """Print the file. Returns 0.

    Raises:
        UsageError: arguments that cannot be, or a description that cannot be used.
    """
    if args.urdf is not None:
        text = _of_urdf(args)
    elif args.rate is not None:
        raise UsageError("--rate: only with --urdf; a simulated robot has its own rate")
    else:
        text = _of_simulation(args)
    print(text, end="")
    return 0


def _of_urdf(args: argparse.Namespace) -> str:
    from dynsyn_lab.hardware.urdf import UrdfError, load_urdf
    from dynsyn_lab.hardware.urdf_file import robot_text

    if args.dotted["robot"]:
        raise UsageError("--robot.KEY: only of a simulated robot, not with --urdf")
    try:
        return robot_text(load_urdf(args.urdf), args.rate)
    except UrdfError as error:
        raise UsageError(str(error)) from None


def _of_simulation(args: argparse.Namespace) -> str:
    from dynsyn_sim_bridge.robots.spec import new_robot_file

    try:
        return new_robot_file(args.robot, args.dotted["robot"])
    except ValueError as error:
        raise UsageError(str(error)) from None
