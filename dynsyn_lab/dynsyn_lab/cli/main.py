"""The `dynsyn` command: one module a subcommand, each with `add_parser` and `run`.

These modules are quick to import. What a command does is in a room of its own (`live`, `training`,
...), which is imported when the command runs: help and completion need no Numba, NumPy or ROS.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from dynsyn_lab.cli import (
    bench,
    calls,
    completion,
    describe,
    doctor,
    evaluate,
    import_policy,
    monitor,
    plot,
    record,
    render,
    robot,
    run,
    sim,
    study,
    sweep,
    train,
    view,
)
from dynsyn_lab.errors import UsageError

COMMANDS = (
    sim,
    run,
    monitor,
    view,
    calls,
    record,
    train,
    evaluate,
    import_policy,
    plot,
    render,
    sweep,
    study,
    bench,
    robot,
    describe,
    doctor,
    completion,
)
"""In the order of `dynsyn --help`."""

DONE, FAILED, WRONG_USAGE = 0, 1, 2


class Version(argparse.Action):
    """Says which version this is, and is done; it is looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        """Print it, and leave with exit code 0."""
        from importlib.metadata import version

        print(f"{parser.prog} {version('dynsyn_lab')}")
        parser.exit()


class Parser(argparse.ArgumentParser):
    """As argparse's, which takes no notice of a help that cannot be written."""

    def print_help(self, file: Any = None) -> None:
        """Write the help to `file` (default: standard output).

        :raises OSError: it cannot be written.
        """
        print(self.format_help(), end="", file=file)


def build_parser() -> argparse.ArgumentParser:
    """Parser of the whole command; every subcommand sets `run` as its action."""
    parser = Parser(
        prog="dynsyn", description="Robot controllers that learn online, with dynamic synapses."
    )
    parser.add_argument(
        "--debug", action="store_true", help="show the traceback of an error, not only one line"
    )
    parser.add_argument("--version", action=Version, nargs=0, help="show the version")
    parser.set_defaults(parser=parser)
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_parser(subparsers)
    for subparser in subparsers.choices.values():
        # understood after the subcommand too; suppressed, or its default would undo the one before
        subparser.add_argument(
            "--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS
        )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (default: the process's own).

    :return: 0 done, 1 failed, 2 wrong usage (argparse itself exits with 2).
    :raises OSError: the output cannot be written, or nobody reads it any more; see `program`.
    """
    args = build_parser().parse_args(argv)
    try:
        return args.run(args)
    except BrokenPipeError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.filename is None and sys.stdout is not None:
            sys.stdout.flush()  # raises it again where it is the output's own: said by `program`
        if args.debug:
            traceback.print_exc()
        message = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, ModuleNotFoundError):
            message += "; dynsyn doctor says what is missing and how to get it"
        print(f"dynsyn: error: {message}", file=sys.stderr)
        return WRONG_USAGE if isinstance(error, UsageError) else FAILED
