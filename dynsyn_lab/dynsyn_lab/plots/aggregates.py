"""What several lifetimes of an arm came to: interquartile mean with a bootstrap interval.

After Agarwal et al., "Deep reinforcement learning at the edge of the statistical precipice"
(NeurIPS 2021): the mean of the middle half of all scores, and the interval that 95 % of resamples
fall into, where lifetimes are drawn anew within each robot (stratified).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dynsyn_controller.core.statistics import WINDOW
from dynsyn_lab.plots.comparison import check_labels, describe, look
from dynsyn_lab.plots.source import NotDrawable, finished_episodes
from dynsyn_lab.plots.style import new_figure
from dynsyn_lab.training.run_folder import RunFolder

LEVEL = 0.95
RESAMPLES = 2000
FloatArray = NDArray[np.float64]


@dataclass
class ArmScores:
    """Lifetimes with the same settings.

    Attributes:
        label: what sets them apart from the other arms.
        scores: of each lifetime, by robot.
    """

    label: str
    scores: dict[str, list[float]] = field(default_factory=dict)

    @property
    def strata(self) -> list[FloatArray]:
        """Scores, robot by robot."""
        return [np.array(scores) for scores in self.scores.values()]


@dataclass(frozen=True)
class Aggregate:
    """What an arm came to.

    Attributes:
        label: of the arm.
        lifetimes: number of them.
        mean: interquartile mean.
        low, high: ends of the interval; NaN where there is one lifetime only.
    """

    label: str
    lifetimes: int
    mean: float
    low: float
    high: float


def interquartile_mean(scores: FloatArray) -> FloatArray:
    """Mean of what is left without the lowest and highest quarter, over the last axis.

    A quarter is rounded down to whole scores, as scipy's trim_mean does.
    """
    ordered, cut = np.sort(scores, axis=-1), scores.shape[-1] // 4
    return ordered[..., cut : scores.shape[-1] - cut].mean(axis=-1)


def aggregate(label: str, strata: Sequence[FloatArray], seed: int = 0) -> Aggregate:
    """Interquartile mean over all strata, and its percentile interval.

    Args:
        label: of the arm.
        strata: scores of the lifetimes of each robot, (lifetimes,) each.
        seed: of the resamples, >= 0.
    """
    whole = np.concatenate(list(strata))
    mean = float(interquartile_mean(whole))
    if whole.size < 2:
        return Aggregate(label, whole.size, mean, np.nan, np.nan)
    generator = np.random.default_rng(seed)
    drawn = [generator.choice(scores, (RESAMPLES, scores.size)) for scores in strata]
    means = interquartile_mean(np.concatenate(drawn, axis=1))
    low, high = np.quantile(means, ((1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0))
    return Aggregate(label, whole.size, mean, float(low), float(high))


def collect_scores(paths: Sequence[Path], labels: Sequence[str]) -> list[ArmScores]:
    """Arms of the runs at `paths`. A score is the mean return of a lifetime's last 100 episodes.

    Of several robots it is divided by the return at which the robot's task counts as solved.

    Args:
        paths: of run folders.
        labels: one for each run; empty: made from what the runs differ in beside their robots.

    Raises:
        UsageError: another number of labels than of runs.
        RunError: a folder without a run.
        NotDrawable: no episode has ended in any, or of several robots one has no such return.
    """
    check_labels(paths, labels)
    runs = [RunFolder(path) for path in paths]
    names = list(labels) or [describe(run, runs, with_robot=False, with_held=True) for run in runs]
    units = _units(runs)
    arms: dict[str, ArmScores] = {}
    for run, name in zip(runs, names, strict=True):
        for lifetime in range(run.config.lifetimes):
            try:
                returns = finished_episodes(run, lifetime)["return"]
            except NotDrawable:
                continue
            arm, robot = arms.setdefault(name, ArmScores(name)), run.config.robot
            score = float(returns[-WINDOW:].mean()) / units[robot]
            arm.scores.setdefault(robot, []).append(score)
    if not arms:
        raise NotDrawable(f"run {paths[0]}: no episode has ended yet")
    return list(arms.values())


def _units(runs: Sequence[RunFolder]) -> Mapping[str, float]:
    """What a score is divided by, for each robot."""
    solved = {run.config.robot: run.config.task.solved_return for run in runs}
    if len(solved) == 1:
        return dict.fromkeys(solved, 1.0)
    for robot, threshold in solved.items():
        if threshold is None or threshold <= 0.0:
            raise NotDrawable(
                f"{robot}: found no return above 0 that counts as solved, expected one to compare "
                f"several robots: {', '.join(solved)}"
            )
    return {robot: float(threshold or 1.0) for robot, threshold in solved.items()}


def draw_aggregates(aggregates: Sequence[Aggregate], robots: Sequence[str]) -> Figure:
    """A bar for each arm's interval, a mark at its interquartile mean.

    Args:
        aggregates: of the arms.
        robots: over which.
    """
    figure = new_figure(0.9 + 0.35 * len(aggregates))
    axes = figure.add_subplot()
    for number, found in enumerate(aggregates):
        colour, _ = look(number)
        axes.plot([found.low, found.high], [number, number], color=colour, linewidth=7, alpha=0.35,
                  solid_capstyle="butt")  # fmt: skip
        axes.plot(found.mean, number, "|", color=colour, markersize=14, markeredgewidth=2.5)
    axes.set_yticks(
        range(len(aggregates)), [f"{found.label} ({found.lifetimes})" for found in aggregates]
    )
    axes.invert_yaxis()
    axes.set_ylim(len(aggregates) - 0.5, -0.5)
    unit = "return" if len(robots) == 1 else "return / return that counts as solved"
    axes.set_xlabel(f"{unit}, last {WINDOW} episodes")
    axes.set_title(f"{', '.join(robots)}: interquartile mean, {LEVEL:.0%} bootstrap interval")
    return figure
