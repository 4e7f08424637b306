"""Several runs compared by arm: median and spread of their lifetimes (figure 11 of the paper)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dynsyn_controller.core.statistics import WINDOW
from dynsyn_lab.errors import UsageError
from dynsyn_lab.plots.learning import running_mean
from dynsyn_lab.plots.source import NotDrawable, finished_episodes
from dynsyn_lab.plots.style import CYCLE, GREY, new_figure
from dynsyn_lab.training.run_config import BIRTH, COURSES, RunConfig
from dynsyn_lab.training.run_folder import RunFolder

GRID = 400
"""Points of an arm's axis of steps."""
HELD = {"": "no seed held", BIRTH: "one birth", COURSES: "the same courses"}
"""Seed that the lifetimes of a run share -> in words; the panels in this order."""


@dataclass
class ArmCurves:
    """Lifetimes with the same settings.

    Attributes:
        label: what sets them apart from the other arms.
        curves: (steps, running mean of the return) of each lifetime.
        held: the seed that they share, of HELD.
    """

    label: str
    curves: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = field(default_factory=list)
    held: str = ""

    def on(self, steps: NDArray[np.float64]) -> NDArray[np.float64]:
        """The lifetimes' curves at these steps, (lifetimes, steps).

        NaN before a lifetime's first episode; after its last the curve keeps its value, so that a
        lifetime that was solved and stopped still counts.
        """
        return np.stack([np.interp(steps, x, y, left=np.nan) for x, y in self.curves])


def collect(paths: Sequence[Path], labels: Sequence[str]) -> list[ArmCurves]:
    """Arms of the runs at `paths`; runs that differ in nothing but their seeds are one arm, those
    whose lifetimes share a seed one of their own.

    Args:
        paths: of run folders.
        labels: one for each run; empty: made from what the runs differ in.

    Raises:
        UsageError: another number of labels than of runs.
        RunError, NotDrawable: a folder without a run, or no episode has ended in any.
    """
    check_labels(paths, labels)
    runs = [RunFolder(path) for path in paths]
    names = list(labels) or [describe(run, runs) for run in runs]
    arms: dict[tuple[str, str], ArmCurves] = {}
    for run, name in zip(runs, names, strict=True):
        held = run.config.held
        arm = arms.setdefault((name, held), ArmCurves(name, held=held))
        for lifetime in range(run.config.lifetimes):
            try:
                curve = finished_episodes(run, lifetime)
            except NotDrawable:
                continue
            arm.curves.append((curve["step"], running_mean(curve["return"])))
    drawable = [arm for arm in arms.values() if arm.curves]
    if not drawable:
        raise NotDrawable(f"run {paths[0]}: no episode has ended yet")
    return drawable


def check_labels(paths: Sequence[Path], labels: Sequence[str]) -> None:
    """Check that there is a label for each run, or none.

    Raises:
        UsageError: there is another number.
    """
    if labels and len(labels) != len(paths):
        raise UsageError(f"--labels: found {len(labels)}, expected {len(paths)}, one for each run")


def describe(
    run: RunFolder, runs: Sequence[RunFolder], with_robot: bool = True, with_held: bool = False
) -> str:
    """What sets a run apart from the others: robot, preset, and settings that are not all alike.

    Settings of a baseline are compared with those of its own kind.

    Args:
        run: one of them.
        runs: all.
        with_robot: False: two runs may differ in their robots and still be alike.
        with_held: say which seed their lifetimes share where that is not the same for all.
    """
    configs = [other.config for other in runs]
    own = run.config
    parts = [own.robot] if with_robot and len({config.robot for config in configs}) > 1 else []
    parts += [own.preset] if len({config.preset for config in configs}) > 1 or not parts else []
    parts += [HELD[own.held]] if with_held and len({config.held for config in configs}) > 1 else []
    kind = own.baseline.get("type")
    configs = [config for config in configs if config.baseline.get("type") == kind]
    if not with_robot:
        configs = [config for config in configs if config.robot == own.robot]
    for section in ("robot_options", "overrides"):
        keys = {key: None for config in configs for key in getattr(config, section)}
        for key in keys:
            values = [_value(config, section, key) for config in configs]
            if any(value != values[0] for value in values):
                parts.append(f"{key.rpartition('.')[2]} {show(_value(own, section, key))}")
    if any(config.changes != own.changes for config in configs):
        parts.append(" ".join(map(str, own.changes)) or "unchanged")
    return ", ".join(parts)


def _value(config: RunConfig, section: str, key: str) -> Any:
    return config.setting(key) if section == "overrides" else config.robot_options.get(key)


def show(value: Any) -> str:
    """A setting's value for people."""
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def look(number: int) -> tuple[str, str]:
    """Colour and line style of an arm, by its place in the order."""
    return CYCLE[number % len(CYCLE)], ("-", "--", ":", "-.")[number // len(CYCLE) % 4]


def mark_solved(axes: Axes, solved: float) -> None:
    """A line at the mean return that counts as solved."""
    axes.axhline(solved, color=GREY, linestyle="--", linewidth=1)
    axes.annotate("solved", (0, solved), xytext=(4, 3), textcoords="offset points",
                  fontsize=8, color=GREY)  # fmt: skip


def label_axes(axes: Axes) -> None:
    """Say what is drawn: mean returns over steps in millions."""
    axes.margins(x=0.01)
    axes.set_xlabel("control steps lived / million")
    axes.set_ylabel(f"return, mean of the last {WINDOW} episodes")


def draw_arms(arms: Sequence[ArmCurves], robot: str, solved: float | None = None) -> Figure:
    """Median of each arm's lifetimes, the quartiles as a band, each lifetime as a thin line.

    Args:
        arms: to compare; a panel for each of HELD that there are any of.
        robot: their robot, for the title.
        solved: mean return that counts as solved; None: nobody has said which.
    """
    top = max(means.max() for arm in arms for _, means in arm.curves)
    labels = list(dict.fromkeys(arm.label for arm in arms))
    held = [name for name in HELD if any(arm.held == name for arm in arms)]
    figure = new_figure(3.8 if len(held) == 1 else 4.4)
    panels = figure.subplots(1, len(held), sharex=True, sharey=True, squeeze=False)[0]
    for axes, name in zip(panels, held, strict=True):
        for arm in arms:
            if arm.held == name:
                _draw_arm(axes, arm, look(labels.index(arm.label)))
        if solved is not None and top > solved / 2:  # further away it would only flatten the rest
            mark_solved(axes, solved)
        label_axes(axes)
        axes.set_title(HELD[name])
    if len(held) == 1:
        panels[0].set_title(f"{robot}: median, quartiles and single lifetimes by arm")
        if len(labels) <= 3:
            panels[0].legend(loc="best")
            return figure
    else:
        figure.suptitle(f"{robot}: median, quartiles and single lifetimes by arm", fontsize=9.5)
    lines = {line.get_label(): line for axes in panels for line in axes.get_lines()}
    shown = {label: line for label, line in lines.items() if not str(label).startswith("_")}
    figure.legend(shown.values(), shown.keys(), loc="outside lower center", ncols=2)
    for axes in panels:
        axes.label_outer()
    return figure


def _draw_arm(axes: Axes, arm: ArmCurves, look: tuple[str, str]) -> None:
    """As far as the longest of its lifetimes."""
    colour, style = look
    steps = np.linspace(0.0, max(lived[-1] for lived, _ in arm.curves), GRID)
    curves = arm.on(steps)
    seen = np.isfinite(curves).all(axis=0)
    low, median, high = np.percentile(curves[:, seen], (25, 50, 75), axis=0)
    many = len(curves) > 1
    if many:
        axes.fill_between(steps[seen] / 1e6, low, high, color=colour, alpha=0.18, linewidth=0)
        axes.plot(steps / 1e6, curves.T, color=colour, linewidth=0.4, alpha=0.5)
    count = f"{len(curves)} lifetimes" if many else "1 lifetime"
    axes.plot(steps[seen] / 1e6, median, style, color=colour, linewidth=2.2,
              label=f"{arm.label} ({count})")  # fmt: skip
