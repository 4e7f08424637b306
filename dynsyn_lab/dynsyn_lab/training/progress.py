"""How a training run is shown: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass
from typing import Protocol

PLAIN_PERIOD = 5.0
"""s between plain lines."""


@dataclass(frozen=True)
class Report:
    """Where a run stands, over all its lifetimes.

    Attributes:
        steps: control steps lived by all.
        rate: control steps a second by all, lately.
        episodes: of all.
        average: mean over lifetimes of the mean return of the last 100 episodes; NaN: none yet.
        average_best: of the lifetime that does best now.
        best: highest mean over 100 consecutive episodes that any has had; NaN: none yet.
        quantities: means over all synapses, by name, of what tells how the learner goes.
        lifetimes, living, solved: number of lifetimes.
        fraction: of the way to the goal, 0..1; NaN where there is none.
        left: s to the goal; NaN: not known.
    """

    steps: int
    rate: float
    episodes: int
    average: float
    average_best: float
    best: float
    quantities: dict[str, float]
    lifetimes: int
    living: int
    solved: int
    fraction: float
    left: float


class Progress(Protocol):
    """A context that shows reports."""

    def __enter__(self) -> Progress: ...

    def __exit__(self, *_: object) -> None: ...

    def update(self, report: Report) -> None:
        """Show a report, if it is time for one."""

    def note(self, text: str) -> None:
        """Show a line of news."""


class PlainProgress:
    """A line every few seconds on standard output."""

    def __init__(self) -> None:
        self._next = 0.0

    def __enter__(self) -> PlainProgress:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, report: Report) -> None:
        """Print a line if one is due."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + PLAIN_PERIOD
            print("  ".join(f"{name} {value}" for name, value in cells(report)), flush=True)

    def note(self, text: str) -> None:
        """Print it."""
        print(text, flush=True)


class LiveProgress:
    """A table that is drawn again in place, with a bar where there is a goal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self._console = Console()
        self._live = Live(console=self._console, auto_refresh=False)

    def __enter__(self) -> LiveProgress:
        self._live.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._live.__exit__(*error)

    def update(self, report: Report) -> None:
        """Draw it."""
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        names, values = zip(*cells(report), strict=True)
        table.add_row(*names, style="dim")
        table.add_row(*values, style="bold")
        parts = [table]
        if math.isfinite(report.fraction):
            parts.append(ProgressBar(total=1.0, completed=report.fraction))
        self._live.update(Group(*parts), refresh=True)

    def note(self, text: str) -> None:
        """Print it above the table."""
        self._console.print(text, markup=False, highlight=False)


def cells(report: Report) -> list[tuple[str, str]]:
    """Names and values of what a report shows, as text."""
    shown = [
        ("steps", f"{report.steps:,}"),
        ("steps/s", f"{report.rate:,.0f}"),
        ("episodes", f"{report.episodes:,}"),
        ("return/100", _number(report.average)),
    ]
    if report.lifetimes > 1:
        shown.append(("leading", _number(report.average_best)))
    shown.append(("best/100", _number(report.best)))
    shown += [(name, f"{value:.4f}") for name, value in report.quantities.items()]
    if report.lifetimes > 1:
        shown.append(("living", f"{report.living}/{report.lifetimes}"))
    if report.solved:
        shown.append(("solved", str(report.solved)))
    if math.isfinite(report.left):
        shown.append(("left", _duration(report.left)))
    return shown


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.1f}"


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}"


def make_progress() -> Progress:
    """The live table on a terminal, else plain lines."""
    return LiveProgress() if sys.stdout.isatty() else PlainProgress()
