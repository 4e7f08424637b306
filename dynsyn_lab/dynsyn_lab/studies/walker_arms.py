"""Walkers' training runs by arm: where each lifetime stood, when it was best, when solved.

An arm is one way of learning: one run folder of `dynsyn train`, or several with the same settings
and other seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.statistics import WINDOW
from dynsyn_controller.robot.robot import RobotFileError
from dynsyn_controller.robot.robot_file import parse_robot
from dynsyn_lab.errors import CommandError, UsageError
from dynsyn_lab.plots.comparison import show
from dynsyn_lab.plots.learning import running_mean
from dynsyn_lab.plots.source import finished_episodes
from dynsyn_lab.training.run_folder import RunError, RunFolder

WALKER = "walker"
"""Name of the robot file that the walkers share."""
SOLVED_RETURN = 300.0
"""Mean return at which the paper calls the walker solved."""


@dataclass(frozen=True)
class Point:
    """A moment of a lifetime.

    Attributes:
        episode: number of the episode that ended then, since birth.
        step: control steps lived by then.
        mean: mean return of the WINDOW episodes up to then.
    """

    episode: int
    step: int
    mean: float


class Run:
    """A training run, and what is asked of it here beyond its folder's own readers.

    Args:
        path: of the folder.

    Raises:
        RunError: there is no run in it, or its state or robot file is damaged.
        CommandError: it is not a walker's.
    """

    def __init__(self, path: Path) -> None:
        self.folder = RunFolder(path)
        config = self.config = self.folder.config
        try:
            robot = parse_robot(config.robot_file, where=f"run {path}: robot_file")
        except RobotFileError as error:
            raise RunError(str(error)) from None
        if robot.name != WALKER:
            raise CommandError(
                f"run {path}: found robot {config.robot}, expected one with the body {WALKER}"
            )
        self.control_rate, self._blueprint = robot.control_rate, robot.blueprint
        self._state = self.folder.load_state() or {}

    @property
    def wall_hours(self) -> float:
        """Of wall clock until it was saved last, over all its calls; NaN: not saved yet."""
        return float(self._state.get("seconds", np.nan)) / 3600.0

    def solved_minutes(self, index: int) -> float:
        """Of the run's wall clock until a lifetime was solved; NaN: not, or not saved since."""
        solved = self._state.get("solved_seconds")
        return float("nan") if solved is None else float(solved[index]) / 60.0

    @cached_property
    def settings(self) -> str:
        """Preset, and settings and options that are others than today's preset has."""
        config, parts = self.config, [self.config.preset]
        if config.baseline:
            return ", ".join(parts + [f"{key} {show(v)}" for key, v in config.overrides.items()])
        network, learner = self._blueprint.network, self._blueprint.learner
        preset = learner.presets[config.preset]
        options = replace(type(network).Options(), **preset.networks.get(network.name, {}))
        for own, usual, names in (
            (learner.options, replace(type(learner).Settings(), **preset.settings), None),
            (network.options, options, network.adjustable),
        ):
            parts += [
                f"{key} {show(value)}"
                for key, value in vars(own).items()
                if getattr(usual, key) != value and (names is None or key in names)
            ]
        if config.origin:
            parts.append(f"going on from {Path(config.origin).name}")
        return ", ".join(parts)


@dataclass(frozen=True)
class Lifetime:
    """One lifetime of an arm, up to the end of its last whole episode.

    Attributes:
        run: that it is in.
        index: within the run.
        steps, episodes: control steps lived and number at the end of each episode, (episodes,).
        means: mean return of the last WINDOW episodes then, of all where there are fewer.
    """

    run: Run
    index: int
    steps: NDArray[np.float64]
    episodes: NDArray[np.float64]
    means: NDArray[np.float64]

    @property
    def seed(self) -> int:
        """Of its birth."""
        return self.run.config.seeds[self.index]

    @property
    def hours(self) -> float:
        """Simulated, lived."""
        return self.hours_at(self.steps[-1])

    def hours_at(self, step: float) -> float:
        """Simulated hours of so many control steps."""
        return float(step) / self.run.control_rate / 3600.0

    @property
    def last(self) -> Point:
        """Its last episode."""
        return self._point(len(self.means) - 1)

    @cached_property
    def best(self) -> Point | None:
        """Where the mean return of WINDOW episodes was highest; None: fewer episodes so far."""
        whole = self.means[WINDOW - 1 :]
        return self._point(WINDOW - 1 + int(np.argmax(whole))) if len(whole) else None

    @cached_property
    def solved(self) -> Point | None:
        """Where the mean return of WINDOW episodes first reached SOLVED_RETURN; None: nowhere."""
        reached = np.flatnonzero(self.means[WINDOW - 1 :] >= SOLVED_RETURN)
        return self._point(WINDOW - 1 + int(reached[0])) if len(reached) else None

    def points(self, every: int) -> list[Point]:
        """As it stood every `every` steps, once an episode had ended, and at last."""
        marks = np.arange(every, self.steps[-1], every)
        at = np.searchsorted(self.steps, marks, side="right") - 1
        seen = [
            replace(self._point(i), step=int(mark))
            for mark, i in zip(marks, at, strict=True)
            if i >= 0
        ]
        return [*seen, self.last]

    def _point(self, row: int) -> Point:
        return Point(int(self.episodes[row]), int(self.steps[row]), float(self.means[row]))


@dataclass(frozen=True)
class Arm:
    """Lifetimes that learnt in the same way.

    Attributes:
        name: for people.
        lifetimes: at least one.
    """

    name: str
    lifetimes: list[Lifetime]

    @property
    def runs(self) -> list[Run]:
        """That its lifetimes are in, in order."""
        return list({id(life.run): life.run for life in self.lifetimes}.values())


def collect(name: str, paths: Sequence[Path]) -> Arm:
    """The arm in these run folders.

    Raises:
        RunError, CommandError: a folder without a walker's run, or a lifetime without episodes.
        UsageError: the runs differ in more than their seeds, or share some.
    """
    runs = [Run(path) for path in paths]
    for run in runs[1:]:
        one, other = ((r.config.sections, r.settings, r.config.changes) for r in (runs[0], run))
        if one != other:
            raise UsageError(
                f"arm {name}: its runs learnt in different ways: {runs[0].folder.path} "
                f"({runs[0].settings}), {run.folder.path} ({run.settings})"
            )
    lifetimes = [_lifetime(run, i) for run in runs for i in range(run.config.lifetimes)]
    seeds = [
        pair for run in runs for pair in zip(run.config.seeds, run.config.course_seeds, strict=True)
    ]
    for seed in sorted(set(seeds)):
        if seeds.count(seed) > 1:
            raise UsageError(f"arm {name}: seed {seed[0]} is in two of its runs")
    return Arm(name, lifetimes)


def _lifetime(run: Run, index: int) -> Lifetime:
    try:
        curve = finished_episodes(run.folder, index)
    except ValueError:  # a line of it is not whole
        where = run.folder.lifetime(index) / "curve.csv"
        raise RunError(f"{where}: damaged, or just being written") from None
    return Lifetime(run, index, curve["step"], curve["episode"], running_mean(curve["return"]))
