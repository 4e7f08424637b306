"""Tables and the figure of the walkers' study."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from dynsyn_controller.core.statistics import WINDOW
from dynsyn_lab.plots import comparison
from dynsyn_lab.plots.style import STYLE, new_figure, save
from dynsyn_lab.studies import walker_evaluations
from dynsyn_lab.studies.tables import write
from dynsyn_lab.studies.walker_arms import SOLVED_RETURN, Arm, Lifetime
from dynsyn_lab.studies.walker_evaluations import Evaluation

COLUMNS = (
    "arm", "settings", "seed", "episodes", "steps", "simulated_hours", "wall_hours",
    "lifetimes_in_run", "backend", "best", "best_episode", "best_step", "last", "solved",
    "solved_episode", "solved_step", "solved_simulated_hours", "solved_wall_minutes",
)  # fmt: skip
"""Of table.csv; what is not known is empty."""
PAPER = "| *paper, figure 8* | | 10 | 47,956 | | | 11 (i5-5200U) | | 300 (47,956) | | 47,956 | | |"
"""What Wei and Webb (2018) report, in the columns of `lifetimes_table`."""


def report(arms: Sequence[Arm], evaluations: Sequence[Evaluation], out: Path, every: int) -> None:
    """Write curves.csv, table.csv, learning.png and .svg, evaluations.csv; print the tables.

    Args:
        arms: in the order to show them.
        evaluations: empty: no evaluations.csv.
        out: folder, made where it is not there.
        every: control steps between points of curves.csv.

    Raises:
        OSError: something cannot be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    curves = (
        (arm.name, life.seed, point.step, point.episode, round(point.mean, 2))
        for arm in arms
        for life in arm.lifetimes
        for point in life.points(every)
    )
    write(out / "curves.csv", ("arm", "seed", "step", "episode", "return_100"), curves)
    rows = (row(arm, life) for arm in arms for life in arm.lifetimes)
    write(out / "table.csv", COLUMNS, rows)
    with matplotlib.rc_context(STYLE):
        save(draw(arms), out / "learning", ("png", "svg"))
    lines = [*origins(arms), "", *lifetimes_table(arms), "", *arms_table(arms)]
    if evaluations:
        header = [field.name for field in dataclasses.fields(Evaluation)]
        rounded = ([_rounded(value) for value in vars(e).values()] for e in evaluations)
        write(out / "evaluations.csv", header, rounded)
        lines += ["", *walker_evaluations.table(evaluations)]
    print("\n".join(lines))


def _rounded(value: object) -> object:
    return round(value, 3) if isinstance(value, float) else value


def row(arm: Arm, life: Lifetime) -> list[object]:
    """A lifetime's values of COLUMNS."""
    run, best, solved = life.run, life.best, life.solved
    values = [
        arm.name, run.settings, life.seed, life.last.episode, life.last.step, life.hours,
        _known(run.wall_hours), run.config.lifetimes, run.config.backend,
        *((best.mean, best.episode, best.step) if best else (None,) * 3), life.last.mean,
        "yes" if solved else "no",
        *((solved.episode, solved.step, life.hours_at(solved.step)) if solved else (None,) * 3),
        _known(run.solved_minutes(life.index)),
    ]  # fmt: skip
    return [_rounded(value) for value in values]


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def origins(arms: Sequence[Arm]) -> list[str]:
    """For people: what each arm is, and where and when it was lived."""
    lines = []
    for arm in arms:
        for run in arm.runs:
            machine, config = run.config.machine, run.config
            lines.append(
                f"{arm.name}: {run.settings}; {config.lifetimes} lifetimes side by side on "
                f"{config.backend}, {machine.get('cpu')}, {machine.get('cores')} cores, begun "
                f"{config.started[:10]}"
            )
    return lines


def lifetimes_table(arms: Sequence[Arm]) -> list[str]:
    """For people: every lifetime, and the paper's."""
    lines = [
        "| arm | settings | seed | episodes | steps | simulated h | wall-clock h | side by side "
        f"| best mean of {WINDOW} (episode) | last | {SOLVED_RETURN:.0f} at episode | at step "
        "| after min |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for arm in arms:
        for life in arm.lifetimes:
            run, best, solved = life.run, life.best, life.solved
            lines.append(
                f"| {arm.name} | {run.settings} | {life.seed} | {life.last.episode:,} "
                f"| {life.last.step:,} | {life.hours:.1f} | {_number(run.wall_hours, '.2f')} "
                f"| {run.config.lifetimes} "
                f"| {f'{best.mean:.1f} ({best.episode:,})' if best else '-'} "
                f"| {life.last.mean:.1f} | {f'{solved.episode:,}' if solved else 'no'} "
                f"| {f'{solved.step:,}' if solved else ''} "
                f"| {_number(run.solved_minutes(life.index), '.1f') if solved else ''} |"
            )
    return [*lines, PAPER]


def arms_table(arms: Sequence[Arm]) -> list[str]:
    """For people: the arms beside one another."""
    lines = [
        f"| arm | lifetimes | solved | best mean of {WINDOW}, median | range "
        f"| last mean of {WINDOW}, median | range | median steps to {SOLVED_RETURN:.0f} |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for arm in arms:
        lives = arm.lifetimes
        solved = sum(life.solved is not None for life in lives)
        best = [life.best.mean for life in lives if life.best]
        steps = np.median([life.solved.step if life.solved else math.inf for life in lives])
        lines.append(
            f"| {arm.name} | {len(lives)} | {solved} | {_spread(best)} "
            f"| {_spread([life.last.mean for life in lives])} "
            f"| {f'{steps:,.0f}' if math.isfinite(steps) else 'not'} |"
        )
    return lines


def _spread(values: Sequence[float]) -> str:
    """Median, and range in the next cell."""
    if not values:
        return "- | -"
    return f"{np.median(values):.1f} | {min(values):.1f} to {max(values):.1f}"


def _number(value: float, form: str) -> str:
    return format(value, form) if math.isfinite(value) else "unknown"


def draw(arms: Sequence[Arm]) -> Figure:
    """Mean return against steps lived: median of each arm as a line, range of a few arms as bands.

    An arm ends with its longest lifetime; one that ended before (solved, say) counts with its last
    mean until then.
    """
    figure = new_figure(3.8)
    axes = figure.add_subplot()
    bands = len(arms) <= 3  # more hide one another
    for number, arm in enumerate(arms):
        lives = comparison.ArmCurves(arm.name, [(life.steps, life.means) for life in arm.lifetimes])
        steps = np.linspace(0.0, max(life.steps[-1] for life in arm.lifetimes), comparison.GRID)
        means = lives.on(steps)
        seen = np.isfinite(means).all(axis=0)
        steps, means = steps[seen] / 1e6, means[:, seen]
        colour, style = comparison.look(number)
        if bands:
            low, high = means.min(axis=0), means.max(axis=0)
            axes.fill_between(steps, low, high, color=colour, alpha=0.18, linewidth=0)
        label = f"{arm.name} ({len(means)})"
        axes.plot(steps, np.median(means, axis=0), style, color=colour, linewidth=2, label=label)
    comparison.mark_solved(axes, SOLVED_RETURN)
    comparison.label_axes(axes)
    what = "median and range" if bands else "median"
    axes.set_title(f"Learning online, never reset: {what} by arm (lifetimes)")
    if bands:
        axes.legend(loc="best")
    else:
        figure.legend(loc="outside lower center", ncols=3)
    return figure
