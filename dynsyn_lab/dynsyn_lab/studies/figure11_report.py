"""Tables and the figure of the study `figure11`, from what has been lived so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np

from dynsyn_controller.core.statistics import WINDOW
from dynsyn_lab.plots import comparison
from dynsyn_lab.plots.style import STYLE, save
from dynsyn_lab.studies.figure11_arms import ADAPTATION, ARMS, GROUPS, REPULSION
from dynsyn_lab.studies.tables import rounded, spread, write
from dynsyn_lab.studies.trial_processes import Trial, lifetime_of
from dynsyn_lab.studies.walker_arms import SOLVED_RETURN, WALKER, Lifetime, collect

EVERY = 50_000
"""Control steps between points of curves.csv."""
HEADER = ("varied", "repulsion", "adaptation", "birth_seed", "course_seed", "steps", "episodes",
          "last", "best", "solved_step")  # fmt: skip
Lives = Mapping[tuple[str, str], list[Lifetime]]
"""(Group, arm) -> its lifetimes."""


def report(trials: Sequence[Trial], work: Path, out: Path) -> None:
    """Write table.csv, curves.csv, figure11.png; print the tables.

    Args:
        trials: that have lived.
        work: folder of their run folders.
        out: folder of the results, made where it is not there.
    """
    out.mkdir(parents=True, exist_ok=True)
    ordered = sorted(trials, key=lambda t: (list(GROUPS).index(t.body), ARMS.index(t.arm)))
    lives = {(t.body, t.arm): collect(t.arm, [work / t.name]).lifetimes for t in ordered}
    lived = {(t.body, t.arm): (lifetime_of(work / t.name) or {})["steps"] for t in ordered}
    rows = [_row(key, life, lived[key]) for key, own in lives.items() for life in own]
    write(out / "table.csv", HEADER, rows)
    write(
        out / "curves.csv",
        ("varied", "repulsion", "adaptation", "lifetime", "step", f"return_{WINDOW}"),
        [
            (group, *arm.split("-"), life.index, point.step, rounded(point.mean))
            for (group, arm), own in lives.items()
            for life in own
            for point in life.points(EVERY)
        ],
    )
    if ordered:
        names = [f"{t.arm.replace('-', ', adaptation ')}" for t in ordered]
        curves = comparison.collect([work / t.name for t in ordered], names)
        with matplotlib.rc_context(STYLE):
            figure = comparison.draw_arms(curves, WALKER, SOLVED_RETURN)
            save(figure, out / "figure11", ("png",))
    for group in GROUPS:
        own = {arm: lives[group, arm] for arm in ARMS if (group, arm) in lives}
        if own:
            at = min(lived[group, arm] for arm in own)
            print("\n".join(["", *table(group, own, at), "", *pairs_table(own, at)]))


def _row(key: tuple[str, str], life: Lifetime, steps: int) -> list[object]:
    config, (group, arm) = life.run.config, key
    return [
        group,
        *arm.split("-"),
        life.seed,
        config.course_seeds[life.index],
        steps,
        life.last.episode,
        rounded(life.last.mean),
        rounded(life.best.mean if life.best else None),
        life.solved.step if life.solved else "",
    ]


def _mean_at(life: Lifetime, step: int) -> float:
    """Mean return of its last WINDOW episodes when it had lived so many steps; NaN: none ended."""
    ended = int(np.searchsorted(life.steps, step, side="right"))
    return float(life.means[ended - 1]) if ended else float("nan")


def table(group: str, lives: Mapping[str, list[Lifetime]], at: int) -> list[str]:
    """For people: the arms beside one another when all had lived `at` steps."""
    lines = [
        f"| {group} differ | lifetimes | mean of {WINDOW} after {at:,} steps: median (range) "
        "| above 0 | best of them | solved |",
        "|---|---|---|---|---|---|",
    ]
    for arm, own in lives.items():
        means = [_mean_at(life, at) for life in own]
        solved = sum(life.solved is not None and life.solved.step <= at for life in own)
        lines.append(
            f"| {arm.replace('-', ', ')} | {len(own)} | {spread(means)} "
            f"| {sum(mean > 0.0 for mean in means)} | {max(means):.0f} | {solved} |"
        )
    return lines


def pairs_table(lives: Mapping[str, list[Lifetime]], at: int) -> list[str]:
    """For people: pairs of the same birth and courses, one with repulsion and one without."""
    with_it, without = REPULSION
    lines = [
        f"| adaptation | pairs | {with_it} earned more | by, over {without}: median (range) |",
        "|---|---|---|---|",
    ]
    for adaptation in ADAPTATION:
        both = [lives.get(f"{repulsion}-{adaptation}", []) for repulsion in REPULSION]
        differences = [
            _mean_at(one, at) - _mean_at(other, at)
            for one, other in zip(*both, strict=False)  # one arm may not have lived yet
        ]
        if differences:
            more = sum(value > 0.0 for value in differences)
            lines.append(f"| {adaptation} | {len(differences)} | {more} | {spread(differences)} |")
    return lines
