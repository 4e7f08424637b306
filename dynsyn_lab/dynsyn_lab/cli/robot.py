"""`dynsyn robot`: write a robot file to edit, and check one against a robot's topics."""

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
        help="write a robot file to edit, or check one against a robot's topics",
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
    new.add_argument(
        "--command",
        choices=("effort", "position", "velocity", "pd"),
        help="what the joints are told, with --urdf (effort)",
    )
    accept_dotted(new, ("robot",))
    new.set_defaults(run=run_new)
    _add_check(actions)


def _add_check(actions: Any) -> None:
    check = actions.add_parser(
        "check",
        help="listen to a robot and say what of its robot file is wrong, before anything moves",
        description="Listen to the topics that a robot file reads and say what is wrong: names, "
        "rates, ages, units, stuck sensors, frames, and limits beyond the URDF on "
        "robot_description. Exit code 0: nothing is wrong.",
    )
    check.add_argument("robot_file", type=Path, help="robot file (YAML), or name of a shipped one")
    check.add_argument("--namespace", default="", metavar="NS", help="of the robot (/)")
    check.add_argument(
        "--seconds", type=positive, default=5.0, metavar="S", help="to listen for (5)"
    )
    check.add_argument(
        "--wiggle",
        action="store_true",
        help="then push each joint a little, slew-limited and within all limits: says whether sign "
        "and scale agree, and how late it is seen. THE ROBOT MOVES",
    )
    check.add_argument(
        "--part", type=positive, default=0.1, metavar="X", help="of each limit (0.1)"
    )
    check.add_argument(
        "--effort-topic",
        default="",
        metavar="T",
        help="of forward_command_controller, for --wiggle, whatever its interface",
    )
    check.add_argument("--yes", action="store_true", help="do not ask before --wiggle")
    check.set_defaults(run=run_check)


def run_check(args: argparse.Namespace) -> int:
    """Check. Returns 0, or 1 where something is wrong.

    Raises:
        UsageError: a namespace or a robot file that cannot be, or no consent.
        CommandError: a controller runs, or a push was ended by something odd.
    """
    from dynsyn_controller.launching.nodes import absolute_namespace
    from dynsyn_controller.node import middleware
    from dynsyn_controller.node.parameter_table import ParameterError
    from dynsyn_lab.interrupts import Interrupts

    if args.part > 0.5:
        raise UsageError(f"--part: found {args.part:g}, expected at most 0.5")
    if args.wiggle and not args.yes and not _agrees(args.part):
        raise UsageError("--wiggle: not agreed to")
    with Interrupts() as interrupts:
        middleware.load()
        from dynsyn_controller.robot.robot import RobotFileError
        from dynsyn_lab.hardware.checking import check_robot

        wrong = 0
        try:
            for finding in check_robot(
                args.robot_file,
                absolute_namespace(args.namespace),
                args.seconds,
                args.part if args.wiggle else 0.0,
                args.effort_topic,
                interrupts,
            ):
                wrong += finding.wrong
                print(finding, flush=True)
        except (ParameterError, RobotFileError) as error:
            raise UsageError(str(error)) from None
    print(f"{wrong} wrong" if wrong else "nothing wrong found")
    return 1 if wrong else 0


def _agrees(part: float) -> bool:
    """Whether a person at the terminal lets the robot move."""
    import sys

    if not sys.stdin.isatty():
        return False
    print(f"Each joint is pushed with {part:g} of its limit, both ways, for 0.4 s.")
    print("Is the robot free to move, and a hand on its stop? (yes/no) ", end="", flush=True)
    return sys.stdin.readline().strip().lower() == "yes"


def run_new(args: argparse.Namespace) -> int:
    """Print the file. Returns 0.

    Raises:
        UsageError: arguments that cannot be, or a description that cannot be used.
    """
    if args.urdf is not None:
        text = _of_urdf(args)
    elif args.rate is not None:
        raise UsageError("--rate: only with --urdf; a simulated robot has its own rate")
    elif args.command is not None:
        raise UsageError("--command: only with --urdf; a simulated robot takes efforts")
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
        return robot_text(load_urdf(args.urdf), args.rate, args.command or "effort")
    except UrdfError as error:
        raise UsageError(str(error)) from None


def _of_simulation(args: argparse.Namespace) -> str:
    from dynsyn_sim_bridge.robots.spec import new_robot_file

    try:
        return new_robot_file(args.robot, args.dotted["robot"])
    except ValueError as error:
        raise UsageError(str(error)) from None
