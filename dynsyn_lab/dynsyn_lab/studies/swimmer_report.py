"""Tables and figures of the swimmer's experiments, from trials that have been run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dynsyn_lab.plots.style import BLUE, CYCLE, GREY, STYLE, VERMILION, new_figure, save
from dynsyn_lab.studies.swimmer_trials import ABLATIONS, CHANGES, CONDITIONS, FEW_SEEDS, FROM_ONE
from dynsyn_lab.studies.tables import write
from dynsyn_lab.studies.trials import SPAN, Trial, returns_of

BLOCK = 10
"""Spans in one point of a curve."""
BEFORE = 20
"""Spans before a change that are shown."""

Row = tuple[object, ...]
Stages = list[list[Trial]]
Report = tuple[Row, list[Row], list[str], Figure]
"""Header and rows of the CSV file, lines of the table, figure."""


def report(name: str, stages: Stages, work: Path, out: Path) -> None:
    """Write NAME.csv and NAME.png, .svg into `out`, and print the table for people."""
    out.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context(STYLE):
        header, rows, table, figure = REPORTS[name](stages, work)
        write(out / f"{name}.csv", header, rows)
        save(figure, out / name, ("png", "svg"))
    print("\n".join(table))


def blocks(returns: NDArray[np.float64], size: int = BLOCK) -> NDArray[np.float64]:
    """Means over `size` spans in a row; what is left over at the end is dropped."""
    whole = len(returns) // size * size
    return returns[:whole].reshape(-1, size).mean(axis=1)


def curves(trials: Iterable[Trial], work: Path) -> NDArray[np.float64]:
    """Block means of trials of one length, (trials, blocks)."""
    return np.array([blocks(returns_of(work, trial)) for trial in trials])


def draw_spread(axes: Axes, steps: NDArray, values: NDArray, label: str, **line: Any) -> None:
    """Median over the rows of `values` as a line, quartiles as a band."""
    low, middle, high = np.percentile(values, (25, 50, 75), axis=0)
    drawn = axes.plot(steps, middle, label=label, **line)[0]
    axes.fill_between(steps, low, high, color=drawn.get_color(), alpha=0.2, linewidth=0)


def draw_by_length(
    axes: Axes,
    values: Mapping[int, NDArray],
    label: str,
    between: tuple[int, int, int] = (25, 50, 75),
    shift: float = 0.0,
    **line: Any,
) -> None:
    """Returns in bodies of several lengths: a line with bars.

    Args:
        axes: to draw on.
        values: joints of the body -> return of each lifetime, (lifetimes,).
        label: for the legend.
        between: percentiles of the lower end of a bar, of the line, and of the upper end.
        shift: to the right, in joints, so that bars stand beside each other.
        line: of `Axes.errorbar`.
    """
    low, middle, high = np.array([np.percentile(v, between) for v in values.values()]).T
    lengths = np.array(list(values)) + shift
    axes.errorbar(
        lengths, middle, (middle - low, high - middle), fmt="o-", ms=3, label=label, **line
    )


def spread(values: NDArray, digits: int = 0) -> str:
    """Median and quartiles for a table."""
    low, middle, high = np.percentile(values, (25, 50, 75))
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def _curve_rows(label: Row, trial: Trial, work: Path) -> list[Row]:
    return [
        (*label, trial.seed, (i + 1) * BLOCK * SPAN, round(float(value), 1))
        for i, value in enumerate(blocks(returns_of(work, trial)))
    ]


def learning(stages: Stages, work: Path) -> Report:
    """Return against steps lived: by first weights, and by what stops osc."""
    figure = new_figure(3.4)
    every, close = figure.subplots(1, 2, width_ratios=(3, 2))
    colours = dict(zip(FROM_ONE, (VERMILION, GREY), strict=True))
    rows: list[Row] = []
    table = [
        "| | lifetimes | steps | first 10,000 | last 10,000 | least | frozen, put back "
        "| steps to 900 | to 930 |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, condition in CONDITIONS.items():
        trials = [trial for trial in stages[0] if trial.name.rpartition("-")[0] == f"learn-{name}"]
        names = {trial.name for trial in trials}
        shown = [trial for trial in stages[1] if trial.parent in names]
        for trial in trials:
            rows += _curve_rows((condition.label,), trial, work)
        values = curves(trials, work)
        steps = (np.arange(values.shape[1]) + 1) * BLOCK * SPAN
        if name == "1" or name not in FROM_ONE:
            draw_spread(every, steps, values, condition.label)
        if name in FROM_ONE:
            draw_spread(close, steps, values, FROM_ONE[name], color=colours[name])
        frozen = np.array([returns_of(work, trial).mean() for trial in shown])
        table.append(
            f"| {condition.label} | {len(trials)} | {steps[-1]:,} | {spread(values[:, 0])} "
            f"| {spread(values[:, -1])} | {values[:, -1].min():.0f} | {spread(frozen)} "
            f"| {_steps_to(900.0, steps, values)} | {_steps_to(930.0, steps, values)} |"
        )
    every.axhline(900, color=GREY, linewidth=0.8, linestyle=":")
    finish(every, "control steps lived / 1000", (0.4, 0.2))
    close.axhline(930, color=GREY, linewidth=0.8, linestyle=":")
    finish(close, "control steps lived / 1000", "lower right")
    close.set_ylim(820, 970)
    close.set_ylabel("")
    every.set_title("by first weights")
    close.set_title("from 1: osc at saturation")
    figure.suptitle(
        "Swimmer of 5 joints: learning online, never reset", x=0.01, ha="left", fontweight="bold"
    )
    return ("arm", "seed", "steps", "return"), rows, table, figure


def _steps_to(level: float, steps: NDArray, values: NDArray) -> str:
    reached = np.median(values, axis=0) >= level
    return f"{steps[np.argmax(reached)]:,}" if reached.any() else "not"


def finish(axes: Axes, xlabel: str, where: Any) -> None:
    """Labels, limits and legend of axes of returns over `xlabel`; steps are shown in thousands."""
    axes.set_xlabel(xlabel)
    axes.set_ylabel("return per 1000 steps")
    axes.set_ylim(0, 1000)
    axes.legend(loc=where)
    if "steps" in xlabel:
        axes.xaxis.set_major_formatter(lambda steps, _: f"{steps / 1000:g}")


def transfer(stages: Stages, work: Path) -> Report:
    """Return in bodies of other lengths than learnt in."""
    _, frozen, _, after = stages
    kinds: tuple[tuple[str, str, list[Trial]], ...] = (
        ("newborn", "weights of 1, never learnt", frozen),
        ("zero-shot", "learnt on 5 joints", frozen),
        ("moved", "and learnt on", after),
    )
    rows: list[Row] = []
    figure = new_figure(3.2)
    axes = figure.subplots()
    columns: dict[str, dict[int, NDArray]] = {}
    for (kind, label, trials), colour in zip(kinds, (GREY, BLUE, VERMILION), strict=True):
        chosen = [trial for trial in trials if trial.name.startswith(kind)]
        by_length: dict[int, list[float]] = {}
        for trial in chosen:
            value = float(returns_of(work, trial).mean())
            by_length.setdefault(trial.joints, []).append(value)
            rows.append((trial.joints, kind, trial.seed, round(value, 1)))
        columns[kind] = {n: np.array(values) for n, values in sorted(by_length.items())}
        draw_by_length(axes, columns[kind], label, color=colour)
    finish(axes, "joints of the body", "lower right")
    figure.suptitle(
        "Moved to bodies of other lengths (frozen)", x=0.01, ha="left", fontweight="bold"
    )
    table = ["| joints | never learnt | zero-shot | least | learnt on |", "|---|---|---|---|---|"]
    for n, values in columns["zero-shot"].items():
        on = spread(columns["moved"][n]) if n in columns["moved"] else ""
        before = f"{columns['newborn'][n].mean():.0f}"
        table.append(f"| {n} | {before} | {spread(values)} | {values.min():.0f} | {on} |")
    return ("joints", "kind", "seed", "return"), rows, table, figure


def ablations(stages: Stages, work: Path) -> Report:
    """Return against steps lived with and without three features."""
    figure = new_figure(3.2)
    panels = dict(zip(("equal", "uniform"), figure.subplots(1, 2, sharey=True), strict=True))
    rows: list[Row] = []
    table = [
        "| weights | signs | first weights | steps | first 10,000 | last 10,000 | least |",
        "|---|---|---|---|---|---|---|",
    ]
    for weights, signs, initial in ABLATIONS:
        prefix = f"ablate-{weights}-{signs}-{initial}-"
        trials = [trial for trial in stages[0] if trial.name.startswith(prefix)]
        for trial in trials:
            rows += _curve_rows((weights, signs, initial), trial, work)
        values = curves(trials, work)
        steps = (np.arange(values.shape[1]) + 1) * BLOCK * SPAN
        colour = CYCLE[("shared", "separate").index(weights)]
        line = "-" if signs == "constrained" else "--"
        draw_spread(
            panels[initial], steps, values, f"{weights}, {signs}", color=colour, linestyle=line
        )
        first, last = values[:, 0], values[:, -1]
        table.append(
            f"| {weights} | {signs} | {initial} | {steps[-1]:,} | {spread(first)} | {spread(last)} "
            f"| {last.min():.0f} |"
        )
    for initial, title in (("equal", "weights of 1 at birth"), ("uniform", "uniform in 0..1")):
        panels[initial].set_title(title)
        finish(panels[initial], "control steps lived / 1000", (0.45, 0.12))
    panels["uniform"].set_ylabel("")
    panels["uniform"].legend().remove()
    figure.suptitle(
        f"Ablations, {len(FEW_SEEDS)} lifetimes an arm", x=0.01, ha="left", fontweight="bold"
    )
    return ("weights", "signs", "initial", "seed", "steps", "return"), rows, table, figure


def changes(stages: Stages, work: Path) -> Report:
    """Return before and after the body changes, learning and frozen."""
    parents = {trial.name: trial for trial in stages[0]}
    figure = new_figure(2.8)
    every = figure.subplots(1, len(CHANGES), sharey=True)
    rows: list[Row] = []
    table = [
        "| change | before | first 1000 steps | frozen | learning, last 10,000 |",
        "|---|---|---|---|---|",
    ]
    for number, (name, axes) in enumerate(zip(CHANGES, every, strict=True)):
        learns, frozen = (
            [trial for trial in stages[1] if trial.name.startswith(f"change-{number}-{mode}-")]
            for mode in ("learning", "frozen")
        )
        before = np.array([returns_of(work, parents[x.parent])[-BEFORE:] for x in learns])
        after = np.array([returns_of(work, trial) for trial in learns])
        still = np.array([returns_of(work, trial)[1:].mean() for trial in frozen])
        for trial, past, values in zip(learns, before, after, strict=True):
            steps = (np.arange(-BEFORE, len(values)) + 1) * SPAN
            lived = zip(steps, np.r_[past, values].round(1).tolist(), strict=True)
            rows += [(name, "learning", trial.seed, *row) for row in lived]
        rows += [
            (name, "frozen", trial.seed, "", round(float(value), 1))
            for trial, value in zip(frozen, still, strict=True)
        ]
        steps = (np.arange(-BEFORE, after.shape[1]) + 1) * SPAN
        draw_spread(axes, steps, np.hstack([before, after]), "learning", color=BLUE)
        axes.axhline(float(np.median(still)), xmin=0.25, color=VERMILION, ls="--", label="frozen")
        axes.axvline(0, color=GREY, linewidth=0.8)
        axes.set_title(name)
        finish(axes, "steps since the change / 1000", "lower right")
        table.append(
            f"| {name} | {spread(before.mean(axis=1))} | {spread(after[:, 0])} | {spread(still)} "
            f"| {spread(after[:, -10:].mean(axis=1))} |"
        )
    for axes in every[1:]:
        axes.set_ylabel("")
        axes.legend().remove()
    figure.suptitle("The body changes in mid-life", x=0.01, ha="left", fontweight="bold")
    return ("change", "mode", "seed", "steps", "return"), rows, table, figure


REPORTS: dict[str, Callable[[Stages, Path], Report]] = {
    "learning": learning,
    "transfer": transfer,
    "ablations": ablations,
    "changes": changes,
}
