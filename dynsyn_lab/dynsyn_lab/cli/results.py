"""Files of results that a command writes when it is done: `--json OUT` and its like."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from dynsyn_lab.errors import CommandError, UsageError


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add --json OUT."""
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the result there, too")


def check_folder(option: str, path: Path | None) -> None:
    """Find out before hours are spent that a result could not be written.

    Args:
        option: the command line's, such as "--json".
        path: of the file; None: none is wanted.

    Raises:
        UsageError: its folder does not exist.
    """
    if path is not None and not path.absolute().parent.is_dir():
        raise UsageError(f"{option}: there is no folder {path.absolute().parent}")


def write_json(path: Path | None, result: Any) -> None:
    """Write `result` as JSON; None: nowhere.

    Raises:
        CommandError: it cannot be written.
    """
    from dynsyn_controller.lifetime import atomic

    if path is None:
        return
    try:
        atomic.write(path, json.dumps(result, indent=2) + "\n")
    except OSError as error:
        raise CommandError(f"{path}: cannot be written: {error.strerror}") from None
