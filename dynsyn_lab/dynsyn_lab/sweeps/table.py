"""What came of a sweep: a table for people and a CSV for everything else."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from dynsyn_controller.lifetime import atomic
from dynsyn_lab.errors import CommandError
from dynsyn_lab.sweeps.plan import Plan, Point, show_value

LIFETIME_COLUMNS = (
    "seed",
    "steps",
    "episodes",
    "falls",
    "hours",
    "return_last",
    "return_average",
    "return_best",
)


@dataclass(frozen=True)
class Outcome:
    """What came of a point; NaN: nothing yet.

    Attributes:
        average: median over lifetimes of the mean return of their last 100 episodes.
        best: median over lifetimes of their best mean return of 100 consecutive episodes.
        solved: lifetimes that were solved.
        lifetimes: of the point.
        episodes: median over the solved lifetimes of the episode in which they were.
        seconds: wall clock.
    """

    average: float
    best: float
    solved: int
    lifetimes: int
    episodes: float
    seconds: float

    def __str__(self) -> str:
        return (
            f"return/100 {show_return(self.average)}, best {show_return(self.best)}, solved "
            f"{self.solved}/{self.lifetimes}, {self.seconds:.0f} s"
        )


def show_return(value: float) -> str:
    """A return, or a dash where there is none."""
    return "-" if math.isnan(value) else f"{value:.1f}"


def summary_of(point: Point, out: Path) -> dict[str, Any]:
    """summary.json of a point's run; empty where there is none yet."""
    try:
        return json.loads((out / point.name / "summary.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def outcome_of(point: Point, out: Path) -> Outcome:
    """What has come of a point so far."""
    summary = summary_of(point, out)
    lifetimes = summary.get("lifetimes", [])
    solved = [lifetime["solved"] for lifetime in lifetimes if lifetime["solved"]]
    return Outcome(
        _median(lifetime["return_average"] for lifetime in lifetimes),
        _median(lifetime["return_best"] for lifetime in lifetimes),
        len(solved),
        point.config.lifetimes,
        _median(found["episode"] for found in solved),
        summary.get("seconds", math.nan),
    )


def _median(values: Any) -> float:
    known = [value for value in values if value is not None]
    return float(median(known)) if known else math.nan


def write_csv(path: Path, plan: Plan, out: Path) -> None:
    """A row for every lifetime of every point that has lived.

    Raises:
        CommandError: it cannot be written.
    """
    varied = list(plan.points[0].values)
    solved = ("solved_episode", "solved_step", "solved_seconds")
    rows = []
    for point in plan.points:
        for lifetime in summary_of(point, out).get("lifetimes", []):
            done = lifetime["solved"] or {}
            rows.append(
                [point.name, *(point.values[key] for key in varied)]
                + [lifetime[key] for key in LIFETIME_COLUMNS]
                + [done.get(key) for key in ("episode", "step", "wall_seconds")]
            )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["point", *varied, *LIFETIME_COLUMNS, *solved])
    writer.writerows(rows)
    try:
        atomic.write(path, text.getvalue())
    except OSError as error:
        raise CommandError(f"{path}: cannot be written: {error.strerror}") from None


def print_table(plan: Plan, out: Path) -> None:
    """The points, best first."""
    from rich.console import Console
    from rich.table import Table

    table = Table(
        title=f"{plan.file.robot}: mean return of 100 episodes, medians of {plan.file.lifetimes} "
        "lifetimes a point"
    )
    varied = list(plan.points[0].values)
    numbers = ("mean", "best", "solved", "in episode", "seconds")
    for name in ("point", *varied):
        table.add_column(name)
    for name in numbers:
        table.add_column(name, justify="right")
    ranked = [(outcome_of(point, out), point) for point in plan.points]
    ranked.sort(key=lambda pair: _rank(pair[0]))
    for outcome, point in ranked:
        table.add_row(
            point.name.removeprefix("point_"),
            *(show_value(point.values[key]) for key in varied),
            show_return(outcome.average),
            show_return(outcome.best),
            f"{outcome.solved}/{outcome.lifetimes}",
            "-" if math.isnan(outcome.episodes) else f"{outcome.episodes:.0f}",
            "-" if math.isnan(outcome.seconds) else f"{outcome.seconds:.0f}",
        )
    # into a file there is room for whole words
    Console(width=None if sys.stdout.isatty() else 120).print(table)


def _rank(outcome: Outcome) -> tuple[int, float]:
    """More solved first, then the higher mean return; what has not lived last."""
    return -outcome.solved, math.inf if math.isnan(outcome.average) else -outcome.average
