"""What walkers' training runs came to: tables and a figure, by arm."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dynsyn_lab.errors import UsageError
from dynsyn_lab.studies.walker_arms import collect
from dynsyn_lab.studies.walker_evaluations import read
from dynsyn_lab.studies.walker_report import report

NamedFiles = tuple[str, list[Path]]
"""Name of an arm, and files or folders that belong to it."""


def compare(
    arms: Sequence[NamedFiles], evaluations: Sequence[NamedFiles], out: Path, every: int
) -> None:
    """Write curves.csv, table.csv, learning.png and learning.svg, and print the tables.

    Args:
        arms: with their run folders.
        evaluations: results of `dynsyn eval --json` by arm, for evaluations.csv; may be empty.
        out: folder of the results.
        every: control steps between points of curves.csv.

    Raises:
        UsageError: an arm or a folder is named twice; see also `walker_arms.collect`.
        CommandError, RunError: something cannot be read.
        OSError: something cannot be written.
    """
    _check_named_once(arms)
    collected = [collect(name, paths) for name, paths in arms]
    results = [result for name, files in evaluations for result in read(name, files)]
    report(collected, results, out, every)


def _check_named_once(arms: Sequence[NamedFiles]) -> None:
    names = [name for name, _ in arms]
    folders = [path.resolve() for _, paths in arms for path in paths]
    given: tuple[tuple[str, list[Any]], ...] = (("arm", names), ("run", folders))
    for what, seen in given:
        twice = next((item for item in seen if seen.count(item) > 1), None)
        if twice is not None:
            raise UsageError(f"{what} {twice}: given twice, expected every {what} once")
