"""A study as a program of its own: python -m dynsyn_lab.studies.NAME PART ..."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence


def run(
    name: str, known: Collection[str], asked: Sequence[str], study: Callable[[Sequence[str]], None]
) -> int:
    """Run a study by its defaults.

    Args:
        name: of the study.
        known: what it consists of.
        asked: of these; none: all.
        study: what runs it.

    Returns:
        0, or 2 for something that it has not.
    """
    for one in asked:
        if one not in known:
            expected = ", ".join(known)
            print(
                f"studies.{name}: error: found {one!r}, expected one of {expected}", file=sys.stderr
            )
            return 2
    study(asked or list(known))
    return 0
