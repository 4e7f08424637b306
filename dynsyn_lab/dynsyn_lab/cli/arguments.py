"""Command-line arguments that several commands have, and the types of others."""

from __future__ import annotations

import argparse
import math
from typing import Any

from dynsyn_controller.core.text_values import value_of
from dynsyn_lab.cli.dotted import accept_dotted
from dynsyn_lab.errors import UsageError

OF_THE_BODY = "Any option of the robot's body: --robot.KEY VALUE (such as --robot.density 6000)."


def add_life(parser: argparse.ArgumentParser) -> None:
    """Add where and how a checkpoint's lifetime lives on: frozen, learning, robot, seed.

    `args.robot` is empty where it is the checkpoint's own.
    """
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--frozen", action="store_true", help="weights stand at their centres (the default)"
    )
    mode.add_argument("--learning", action="store_true", help="weights fluctuate and learn on")
    parser.add_argument(
        "--robot",
        default="",
        metavar="NAME",
        help="another world for the same body, such as walker_hardcore (the checkpoint's own)",
    )
    parser.add_argument("--seed", type=whole, default=0, metavar="S", help="of the courses (0)")
    accept_dotted(parser, ("robot",))


def add_joints(parser: argparse._ActionsContainer) -> None:
    """Add --joints, short for --robot.joints, which `with_joints` reads."""
    parser.add_argument(
        "--joints",
        type=count,
        metavar="N",
        help="of a body that can have any number (short for --robot.joints)",
    )


def add_watching(parser: argparse.ArgumentParser) -> None:
    """Add --duration and --headless: how long a run is followed, and how it is shown."""
    parser.add_argument(
        "--duration",
        type=positive,
        default=math.inf,
        metavar="S",
        help="stop after S seconds (wall clock, from the first control step on)",
    )
    parser.add_argument("--headless", action="store_true", help="plain lines, no dashboard")


def with_joints(args: argparse.Namespace) -> dict[str, Any]:
    """Options of the body: those of --robot.KEY, and --joints.

    Raises:
        UsageError: --joints is given in both ways.
    """
    options = dict(args.dotted["robot"])
    if args.joints is not None:
        if "joints" in options:
            raise UsageError("--robot.joints: given twice")
        options["joints"] = args.joints
    return options


def count(text: str) -> int:
    """A whole number, 1 or more; underscores and exponents will do: 2_000_000, 2e6."""
    return _at_least(text, 1)


def whole(text: str) -> int:
    """A whole number, 0 or more."""
    return _at_least(text, 0)


def positive(text: str) -> float:
    """A finite number above 0."""
    value = _number(text)
    if not (value > 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError(f"found {text}, expected a number above 0")
    return value


def not_negative(text: str) -> float:
    """A finite number, 0 or more."""
    value = _number(text)
    if not (value >= 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError(f"found {text}, expected 0 or more")
    return value


def truth(text: str) -> bool:
    """True or false, in any of the words of `text_values`."""
    value = value_of(text)
    if not isinstance(value, bool):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected true or false")
    return value


def _at_least(text: str, least: int) -> int:
    try:
        value = int(text)
    except ValueError:
        number = _number(text)
        if not number.is_integer():
            raise argparse.ArgumentTypeError(f"found {text}, expected a whole number") from None
        value = int(number)
    if value < least:
        raise argparse.ArgumentTypeError(f"found {text}, expected {least} or more")
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a number") from None
