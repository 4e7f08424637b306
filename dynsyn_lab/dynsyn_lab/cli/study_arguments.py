"""Arguments that several studies have."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from dynsyn_lab.cli.arguments import count, positive


def add_budget(parser: argparse.ArgumentParser, seeds: int, steps: int, hours: float) -> None:
    """Arguments that say how far each trial goes; the values are those by default."""
    parser.add_argument("--seeds", type=count, default=seeds, metavar="N", help=f"({seeds})")
    parser.add_argument(
        "--steps", type=count, default=steps, metavar="N", help=f"of each arm and seed ({steps:,})"
    )
    parser.add_argument(
        "--hours",
        type=positive,
        default=hours,
        metavar="H",
        help=f"of wall clock of each arm and seed ({hours:g})",
    )


def add_lived(
    parser: argparse.ArgumentParser,
    what: str,
    one: str,
    known: Collection[str],
    work: str,
    out: str,
) -> None:
    """Arguments of a study that lives what is missing.

    Args:
        parser: of the study.
        what: it consists of, plural.
        one: of them, as the usage has it.
        known: all of them.
        work, out: folders by default.
    """
    parser.add_argument(
        what,
        nargs="*",
        type=one_of(known),
        default=list(known),
        metavar=one,
        help=f"of {', '.join(known)} (all)",
    )
    parser.add_argument("--out", type=Path, default=Path(out), metavar="DIR")
    parser.add_argument("--work", type=Path, default=Path(work), metavar="DIR")
    parser.add_argument(
        "--report", action="store_true", help="live nothing, report what has been lived"
    )


def one_of(names: Iterable[str]) -> Callable[[str], str]:
    """Type of an argument that is one of these, where `choices` cannot be: with nargs "*"."""

    def chosen(text: str) -> str:
        if text not in names:
            raise argparse.ArgumentTypeError(f"found {text!r}, expected one of {', '.join(names)}")
        return text

    return chosen
