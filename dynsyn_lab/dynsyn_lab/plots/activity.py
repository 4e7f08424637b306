"""The network at work: every unit over time, so that waves and rhythms are seen."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dynsyn_lab.plots.source import Source
from dynsyn_lab.plots.style import IN_TIME, SIGNED, new_figure
from dynsyn_lab.rollouts.stage import Moment, Stage

SECONDS = 8.0
"""Robot's time that is shown."""
WARM_UP = 4.0
"""s before that, in which the body gets moving."""

TITLES = {"neuron": "B neurons", "muscle": "muscles", "hidden": "hidden units"}
"""What people call a kind of units, where it is not its name."""

Group = tuple[str, list[str], list[int]]
"""Title, labels of the rows, indices of the units."""


def groups_of(unit_names: tuple[str, ...]) -> list[Group]:
    """Units by kind, and by side (dorsal, ventral) or output (v, w) where their names end in one.

    A name is "kind.number", "kind.side" or "kind.number.side".
    """
    groups: dict[str, tuple[list[str], list[int]]] = {}
    for index, name in enumerate(unit_names):
        kind, *rest = name.split(".")
        title = TITLES.get(kind, kind)
        title = f"{title}, {rest.pop()}" if len(rest) == 2 else title
        labels, indices = groups.setdefault(title, ([], []))
        labels.append(".".join(rest))
        indices.append(index)
    return [(title, labels, indices) for title, (labels, indices) in groups.items()]


def watch(stage: Stage, seconds: float, warm_up: float) -> list[Moment]:
    """Moments of `seconds` on the stage after `warm_up` seconds."""
    period = stage.control_period
    for _ in range(round(warm_up / period)):
        stage.step()
    return [stage.step() for _ in range(max(2, round(seconds / period)))]


def draw_activity(source: Source) -> Figure:
    """All units of the network and all joints over a stretch of simulation, centres as weights."""
    options = source.run.config.robot_options if source.run else {}
    with Stage(source.checkpoint, source.robot, options, source.seed) as stage:
        moments = watch(stage, SECONDS, WARM_UP)
        names = stage.controller.unit_names
        joints = list(stage.body.layout.joints)
    units = np.stack([moment.activity for moment in moments], axis=1)
    panels = [(title, labels, units[at]) for title, labels, at in groups_of(names)]
    positions = np.stack([moment.position for moment in moments], axis=1)
    if len(positions):
        panels.append(("joint position / rad", joints, positions))
    times = np.array([moment.time for moment in moments]) - moments[0].time
    return _draw(panels, times, f"{stage.spec.reference}: network and joints")


def _draw(panels: list[tuple[str, list[str], NDArray]], times: NDArray, title: str) -> Figure:
    rows = [len(labels) for _, labels, _ in panels]
    # the title of a panel takes as much as two rows
    figure = new_figure(0.8 + 0.36 * len(panels) + 0.135 * sum(rows))
    every = figure.subplots(
        len(panels), sharex=True, squeeze=False, height_ratios=[count + 1 for count in rows]
    )[:, 0]
    step = times[1] - times[0]
    for axes, (name, labels, values) in zip(every, panels, strict=True):
        _draw_panel(figure, axes, labels, values, (0.0, times[-1] + step))
        axes.set_title(name, fontsize=8.5, pad=3)
    every[-1].set_xlabel("robot's time / s")
    figure.suptitle(title, x=0.01, ha="left", fontsize=10, fontweight="bold")
    return figure


def _draw_panel(figure: Figure, axes, labels: list[str], values: NDArray, span) -> None:
    signed = values.min() < 0
    reach = max(np.abs(values).max(), 1e-6)
    count = len(labels)
    image = axes.imshow(
        values,
        aspect="auto",
        cmap=SIGNED if signed else IN_TIME,
        vmin=-reach if signed else 0.0,
        vmax=reach,
        extent=(*span, count - 0.5, -0.5),
    )
    axes.grid(False)
    shown = range(0, count, 1 if count <= 8 else 2)
    axes.set_yticks(list(shown), [labels[i] for i in shown], fontsize=6.5)
    axes.tick_params(length=2)
    bar = figure.colorbar(image, ax=axes, pad=0.01, aspect=8, fraction=0.05)
    bar.ax.tick_params(labelsize=6, length=2)
    bar.set_ticks([-reach, 0, reach] if signed else [0, reach])
    bar.ax.set_yticklabels([f"{tick:.2g}" for tick in bar.get_ticks()])
