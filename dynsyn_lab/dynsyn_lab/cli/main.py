"""The `dynsyn` command: one subcommand per module, each with `add_parser` and `run`.

A subcommand's module must be quick to import: what is heavy (rclpy, Numba, Matplotlib, simulators)
is imported inside its `run`.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import traceback
from collections.abc import Sequence

from dynsyn_lab.cli.errors import UsageError

# subcommand modules of this package, in the order of `dynsyn --help`
COMMANDS = (
    "cli.sim",
    "cli.describe",
    "cli.monitor",
    "training.train",
    "rollouts.evaluate",
    "plots.command",
    "pictures.render",
    "sweeps.sweep",
    "bench.command",
    "cli.doctor",
)

DONE, FAILED, WRONG_USAGE = 0, 1, 2


def build_parser() -> argparse.ArgumentParser:
    """Parser of the whole command; every subcommand sets `run` as its action."""
    parser = argparse.ArgumentParser(
        prog="dynsyn", description="Robot controllers that learn online, with dynamic synapses."
    )
    parser.add_argument(
        "--debug", action="store_true", help="show the traceback of an error, not only one line"
    )
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for name in COMMANDS:
        importlib.import_module(f"dynsyn_lab.{name}").add_parser(subparsers)
    for subparser in subparsers.choices.values():
        # understood after the subcommand too; suppressed, or its default would undo the one before
        subparser.add_argument(
            "--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS
        )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (default: the process's own).

    :return: 0 done, 1 failed, 2 wrong usage (argparse itself exits with 2).
    :raises BrokenPipeError: nobody reads the output any more; see `program`.
    """
    args = build_parser().parse_args(argv)
    try:
        return args.run(args)
    except BrokenPipeError:
        raise
    except Exception as error:
        if args.debug:
            traceback.print_exc()
        message = " ".join(str(error).split()) or type(error).__name__
        print(f"dynsyn: error: {message}", file=sys.stderr)
        return WRONG_USAGE if isinstance(error, UsageError) else FAILED
