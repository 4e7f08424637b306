"""What the tables of several studies share."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np


def write(path: Path, header: Iterable[object], rows: Iterable[Iterable[object]]) -> None:
    """A CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def rounded(value: float | None) -> str | float:
    """One decimal, or nothing where it is not known."""
    return "" if value is None or math.isnan(value) else round(value, 1)


def spread(values: Iterable[float | None]) -> str:
    """Median and range of those that are known; of one its value."""
    found = np.array([value for value in values if value is not None and not math.isnan(value)])
    if len(found) < 2:
        return "".join(f"{value:.0f}" for value in found)
    return f"{np.median(found):.0f} ({found.min():.0f} to {found.max():.0f})"
