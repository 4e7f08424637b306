"""Tables and figures of the study `lifelong`, from what has been lived so far."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dynsyn_lab.plots.style import BLUE, GREY, STYLE, VERMILION, new_figure, save
from dynsyn_lab.studies.lifelong_lives import (
    CHANGES,
    COURSES,
    STEPS,
    UNCHANGED,
    Life,
    courses,
    frozen_file,
    lives,
    sequence,
)
from dynsyn_lab.studies.tables import spread

POINTS = 20
"""Of a curve, over the steps of a life after a change."""
RECOVERED = 0.9
"""Share of the return before the change at which a lifetime has recovered."""
FIGURES = ("steps", "courses", "first_20", "last_20", "continuing", "recovered_step")
"""Of some courses in a row; see `summary`."""
LIVES = ("robot", "change", "arm", "seed", *FIGURES, "deployed", "falls")
SEQUENCE = ("robot", "seed", "phase", "change", *FIGURES)
CURVES = ("robot", "change", "arm", "seed", "step", "return")

Row = dict[str, Any]


def report(robots: Sequence[str], seeds: int, work: Path, out: Path) -> None:
    """Write lives.csv, sequence.csv, curves.csv and a figure of each robot; print the table.

    Args:
        robots, seeds: that were to live; what has not been lived is left out.
        work: where they have lived.
        out: folder of the results.
    """
    out.mkdir(parents=True, exist_ok=True)
    asked = [(robot, seed) for robot in robots for seed in range(seeds)]
    told: list[Row] = []
    phases: list[Row] = []
    curves: list[Row] = []
    for robot, seed in asked:
        before = _frozen(work, robot, UNCHANGED, seed)
        for life in lives(robot, seed, STEPS[robot]):
            if life.change == "sequence":
                continue
            if life.arm == "learning":
                told += _told_frozen(life, work)
            told += _told(life, work, before)
            curves += _curve(life, work)
        phases += _phases(sequence(robot, seed, STEPS[robot]), work, before)
    write_rows(out / "lives.csv", LIVES, told)
    write_rows(out / "sequence.csv", SEQUENCE, phases)
    write_rows(out / "curves.csv", CURVES, curves)
    with matplotlib.rc_context(STYLE):
        for robot in robots:
            own = [row for row in told if row["robot"] == robot]
            if own:
                lived = [row for row in curves if row["robot"] == robot]
                save(draw(robot, own, lived), out / robot, ("png", "svg"))
    print("\n".join([*table(told), "", *sequence_table(phases)]))


def _head(life: Life) -> Row:
    return {"robot": life.robot, "change": life.change, "arm": life.arm, "seed": life.seed}


def result(life: Life, work: Path, when: str) -> Row:
    """Figures of the frozen courses before or after a life; empty: not evaluated yet."""
    file = frozen_file(life, work, when)
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def _evaluated(life: Life, work: Path, when: str) -> Row:
    found = result(life, work, when)
    return {"deployed": _round(found["mean"]), "falls": found["falls"]} if found else {}


def _frozen(work: Path, robot: str, change: str, seed: int) -> float:
    """Mean return of the old lifetime on a body, frozen; NaN: not evaluated yet."""
    return result(Life(robot, change, "learning", seed, 0), work, "before").get("mean", np.nan)


def _told_frozen(life: Life, work: Path) -> list[Row]:
    found = _evaluated(life, work, "before")
    return [{**_head(life), "arm": "frozen", **found}] if found else []


def _told(life: Life, work: Path, before: float) -> list[Row]:
    steps, returns = courses(life, work)
    if not len(steps):
        return []
    return [_head(life) | summary(steps, returns, before) | _evaluated(life, work, "after")]


def summary(steps: NDArray, returns: NDArray, before: float) -> Row:
    """What some courses in a row came to.

    Args:
        steps: at the end of each, since the change.
        returns: of each.
        before: return before the change.

    Returns:
        `continuing` is the mean over all of them. `recovered_step` is where the mean of COURSES
        courses first came to RECOVERED of `before`; empty: not yet.
    """
    whole = np.convolve(returns, np.full(COURSES, 1.0 / COURSES), "valid")
    reached = (
        np.flatnonzero(whole >= RECOVERED * before) if len(returns) >= COURSES else np.zeros(0, int)
    )
    return {
        "steps": int(steps[-1]),
        "courses": len(steps),
        "first_20": _round(returns[:COURSES].mean()),
        "last_20": _round(returns[-COURSES:].mean()),
        "continuing": _round(returns.mean()),
        "recovered_step": int(steps[COURSES - 1 + reached[0]]) if len(reached) else "",
    }


def _curve(life: Life, work: Path) -> list[Row]:
    """Means of the courses that ended in each part of a life."""
    steps, returns = courses(life, work)
    size = STEPS[life.robot] // POINTS
    row = _head(life)
    parts = ((steps - 1) // size).astype(int)
    return [
        {**row, "step": (part + 1) * size, "return": _round(returns[parts == part].mean())}
        for part in sorted(set(parts.tolist()))
        if part < POINTS
    ]


def _phases(life: Life, work: Path, before: float) -> list[Row]:
    """Each change of a life that meets all of them."""
    steps, returns = courses(life, work)
    size, rows = STEPS[life.robot], []
    for number, change in enumerate(CHANGES[life.robot]):
        # a course that began before the change belongs to the phase before
        begun = np.concatenate([[0.0], steps[:-1]]) if len(steps) else steps
        own = (begun >= number * size) & (begun < (number + 1) * size)
        if own.any():
            row = {"robot": life.robot, "seed": life.seed, "phase": number + 1, "change": change}
            found = summary(steps[own] - number * size, returns[own], before)
            rows.append({**row, **found})
    return rows


def _round(value: float) -> float:
    return round(float(value), 1)


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Row]) -> None:
    """A CSV file; what a row has not is empty."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(rows)


def values(rows: Iterable[Row], name: str) -> NDArray[np.float64]:
    """A column, without what is empty."""
    found = [row[name] for row in rows if row.get(name, "") != ""]
    return np.array(found, dtype=float)


def in_words(robot: str, change: str) -> str:
    """A change as tables name it."""
    return ", ".join(f"{k} {v:g}" for k, v in CHANGES[robot][change].items()) or UNCHANGED


def table(told: list[Row]) -> list[str]:
    """Robots and changes in rows: median over seeds and, in brackets, range."""
    lines = [
        "| robot | change | lives | frozen | first 20 courses | last 20 | continuing "
        "| deployed after | recovered | after steps | new-born deployed |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    keys = dict.fromkeys((row["robot"], row["change"]) for row in told)
    for robot, change in keys:
        own = [row for row in told if (row["robot"], row["change"]) == (robot, change)]
        frozen, learning, young = (
            [row for row in own if row["arm"] == arm] for arm in ("frozen", "learning", "newborn")
        )
        recovered = values(learning, "recovered_step")
        lines.append(
            f"| {robot} | {in_words(robot, change)} | {len(learning)} "
            f"| {spread(values(frozen, 'deployed'))} "
            f"| {spread(values(learning, 'first_20'))} | {spread(values(learning, 'last_20'))} "
            f"| {spread(values(learning, 'continuing'))} "
            f"| {spread(values(learning, 'deployed'))} | {len(recovered)} | {spread(recovered)} "
            f"| {spread(values(young, 'deployed'))} |"
        )
    return lines


def sequence_table(phases: list[Row]) -> list[str]:
    """One life after the other, phase by phase."""
    lines = [
        "| robot | seed | phase | change | steps | first 20 courses | last 20 | recovered after |"
    ]
    lines.append("|---|---|---|---|---|---|---|---|")
    names = ("robot", "seed", "phase", "change", "steps", "first_20", "last_20", "recovered_step")
    lines += ["| " + " | ".join(str(row[name]) for name in names) + " |" for row in phases]
    return lines


def draw(robot: str, told: list[Row], curves: list[Row]) -> Figure:
    """A panel for each change: learning and new-born lifetimes by seed, and frozen."""
    figure = new_figure(4.0)
    panels = figure.subplots(2, 4, sharex=True, sharey=True).ravel()
    for axes, change in zip(panels, CHANGES[robot], strict=False):
        for arm, label, colour in (
            ("learning", "learning on", BLUE),
            ("newborn", "new-born", GREY),
        ):
            own = [row for row in curves if (row["change"], row["arm"]) == (change, arm)]
            for seed in sorted({row["seed"] for row in own}):
                one = [row for row in own if row["seed"] == seed]
                steps = [row["step"] for row in one]
                axes.plot(steps, [row["return"] for row in one], color=colour, lw=0.9, label=label)
                label = "_"  # one entry for all seeds
        still = [row for row in told if (row["change"], row["arm"]) == (change, "frozen")]
        if still:
            level = float(np.median(values(still, "deployed")))
            axes.axhline(level, color=VERMILION, ls="--", label="frozen")
        axes.set_title(change.replace("_", " "))
        axes.xaxis.set_major_formatter(lambda steps, _: f"{steps / 1000:g}")
    panels[-1].legend(*panels[0].get_legend_handles_labels(), loc="center")
    for axes in panels[len(CHANGES[robot]) :]:
        axes.set_axis_off()
    figure.supxlabel("control steps since the change / 1000", fontsize=9)
    figure.supylabel("return of a course", fontsize=9)
    figure.suptitle(
        f"A {robot} whose body changes", x=0.01, ha="left", fontweight="bold", fontsize=10
    )
    return figure
