"""How a lifetime learns: returns, weights, section of its exploration (figures 8, 10, 9)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dynsyn_controller.core.statistics import WINDOW
from dynsyn_lab.plots.source import NotDrawable, Source, Synapse, swinging
from dynsyn_lab.plots.style import BLACK, BLUE, GREEN, GREY, PURPLE, SKY, VERMILION, new_figure
from dynsyn_lab.training.changes import Change

SAMPLES_PER_PERIOD = 4
"""Fewer rows of trace.csv in a mean period, and crossings of the section are missed."""


OTHERS = (VERMILION, GREEN, PURPLE)
"""Colours of what a learner keeps of a synapse, beside its weight."""


def running_mean(values: NDArray[np.float64], window: int = WINDOW) -> NDArray[np.float64]:
    """Mean of each value and those before it, `window` in all or as many as there are."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - window, 0)
    return (sums[ends] - sums[starts]) / (ends - starts)


def draw_returns(source: Source) -> Figure:
    """Return of every episode with its running mean of 100."""
    curve = source.curve
    episodes, returns = curve["episode"], curve["return"]
    figure = new_figure(3.3)
    axes = figure.add_subplot()
    axes.plot(episodes, returns, ".", color=SKY, markersize=2.5, alpha=0.6, rasterized=True,
              label="episode")  # fmt: skip
    mean = running_mean(returns)
    axes.plot(episodes, mean, color=BLUE, linewidth=2, label=f"mean of the last {WINDOW}")
    axes.set_xlabel("episode")
    axes.set_ylabel("return (sum of rewards)")
    assert source.run is not None  # the figure is drawn of runs
    name, solved = source.run.config.robot, source.run.config.task.solved_return
    if solved is not None:
        axes.axhline(solved, color=VERMILION, linestyle="--", linewidth=1,
                     label=f"solved ({solved:g})")  # fmt: skip
    axes.margins(x=0.01)
    _add_changes(axes, curve, source.run.config.changes)
    _add_hours(axes, episodes, source.hours(curve["step"]))
    axes.legend(
        loc="lower right", ncols=3, markerscale=3, frameon=True, framealpha=0.9, edgecolor="none"
    )
    best = np.max(mean[min(WINDOW, len(mean)) - 1 :])
    axes.set_title(f"{name}, lifetime {source.lifetime}: best mean return {best:.0f}")
    return figure


def _add_changes(axes: Axes, curve: dict[str, NDArray], changes: Sequence[Change]) -> None:
    """A line where the body has changed, with what did."""
    for change in changes:
        last = int(np.searchsorted(curve["step"], change.step))
        if last < len(curve["step"]):
            at = curve["episode"][last]
            axes.axvline(at, color=BLACK, linestyle=":", linewidth=1)
            axes.annotate(
                f"{change.option} {change.value}",
                (at, 0.02),
                xycoords=("data", "axes fraction"),
                rotation=90,
                ha="right",
                fontsize=7,
            )


def _add_hours(axes: Axes, episodes: NDArray, hours: NDArray) -> None:
    """Simulated hours above the episodes, at round numbers."""
    if len(episodes) < 2:
        return
    from matplotlib.ticker import MaxNLocator

    upper = axes.twiny()
    upper.set_xlim(axes.get_xlim())
    ticks = [t for t in MaxNLocator(7).tick_values(0, hours[-1]) if hours[0] <= t <= hours[-1]]
    upper.set_xticks(np.interp(ticks, hours, episodes), [f"{tick:g}" for tick in ticks])
    upper.set_xlabel("simulated hours")
    upper.grid(False)
    upper.spines["top"].set_visible(True)


def draw_trace(source: Source) -> Figure:
    """A few synapses over the lifetime: the weight, and what its learner keeps of it."""
    trace, synapses = source.trace, source.traced()
    hours = source.hours(trace["step"])
    columns = 1 if len(synapses) == 1 else 2
    rows = math.ceil(len(synapses) / columns)
    figure = new_figure(1.0 + 1.5 * rows)
    panels = figure.subplots(rows, columns, sharex=True, squeeze=False)
    for axes, synapse in zip(panels.T.flat, synapses, strict=False):
        _draw_synapse(axes, hours, trace, synapse)
    for axes in panels.T.flat[len(synapses) :]:
        axes.remove()
    for axes in panels[-1]:
        axes.set_xlabel("simulated hours")
        axes.locator_params(axis="x", nbins=6)  # those of a short life have many digits
    figure.supylabel("weight (dimensionless)", fontsize=9)
    handles, labels = panels[0, 0].get_legend_handles_labels()
    legend = figure.legend(handles, labels, loc="outside upper right", ncols=3)
    for line in legend.get_lines():
        line.set(linewidth=2, alpha=1)
    return figure


def _draw_synapse(axes: Axes, hours: NDArray, trace: dict, synapse: Synapse) -> None:
    prefix = f"{synapse.name}."
    kept = {name.removeprefix(prefix): trace[name] for name in trace if name.startswith(prefix)}
    # Hundreds of swings: the weight alone is a blot, so the amplitude is drawn as its outline.
    axes.plot(hours, kept.pop("weight"), color=GREY, linewidth=0.4, alpha=0.45, rasterized=True,
              label="weight")  # fmt: skip
    if {"centre", "amplitude"} <= kept.keys():
        centre, amplitude = kept["centre"], kept.pop("amplitude")
        for sign, label in ((1.0, "centre ± amplitude"), (-1.0, None)):
            axes.plot(hours, centre + sign * amplitude, color=BLUE, linewidth=1.0, label=label)
    for (name, values), colour in zip(kept.items(), itertools.cycle(OTHERS)):
        axes.plot(hours, values, color=colour, linewidth=1.6, label=name)
    axes.set_title(synapse.label, fontsize=8.5)
    axes.margins(x=0.01)


def crossings(
    section: NDArray[np.float64], others: NDArray[np.float64], times: NDArray[np.float64]
) -> tuple[NDArray, NDArray, NDArray]:
    """Where a trajectory passes through a section of the weight space, by linear interpolation.

    Args:
        section: distance from the section, (samples,).
        others: the other weights, (samples, dimensions).
        times: of the samples.

    Returns:
        Points, (crossings, dimensions); times, (crossings,); True where it crosses upwards.
    """
    before, after = section[:-1], section[1:]
    at = np.flatnonzero((before < 0) != (after < 0))
    part = before[at] / (before[at] - after[at])
    points = others[at] + part[:, np.newaxis] * (others[at + 1] - others[at])
    return points, times[at] + part * (times[at + 1] - times[at]), after[at] >= before[at]


def draw_poincare(source: Source) -> Figure:
    """Two weights whenever a third passes its centre, upwards and downwards, coloured by time."""
    trace, synapses = source.trace, source.traced()[:3]
    if len(synapses) < 3:
        raise NotDrawable(f"trace.csv has {len(synapses)} synapses, a Poincaré map takes three")
    _check_density(source, trace["step"])
    swinging(source)
    first, second, third = synapses
    away = trace[f"{first.name}.weight"] - trace[f"{first.name}.centre"]
    others = np.stack([trace[f"{s.name}.weight"] for s in (second, third)], axis=1)
    points, times, upwards = crossings(away, others, source.hours(trace["step"]))
    if not len(points):
        raise NotDrawable(f"{first.name} has not passed its centre yet")
    figure = new_figure(4.4, 6.4)
    axes = figure.add_subplot()
    for side, colours, name in ((upwards, "Blues", "upwards"), (~upwards, "Oranges", "downwards")):
        # the palest third of the map would vanish on white
        across, up = points[side].T
        dots = axes.scatter(across, up, c=times[side], cmap=_darker(colours), s=9,
                            vmin=0, vmax=times[-1], linewidths=0, rasterized=True)  # fmt: skip
        bar = figure.colorbar(dots, ax=axes, pad=0.02, aspect=35)
        bar.set_label(f"{name}: simulated hours" if times[-1] else name)
    axes.set_xlabel(f"weight {second.label}")
    axes.set_ylabel(f"weight {third.label}")
    axes.set_title(f"Poincaré map: {first.label} passes its centre")
    return figure


def _darker(name: str) -> Any:
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    return ListedColormap(colormaps[name](np.linspace(0.35, 1.0, 256)))


def _check_density(source: Source, steps: NDArray[np.float64]) -> None:
    period = swinging(source).period_mean * 1000.0 / source.checkpoint.robot.dt
    every = float(np.median(np.diff(steps)))
    if every * SAMPLES_PER_PERIOD > period:
        raise NotDrawable(
            f"run {source.path}: trace.csv has a row every {every:g} steps, too few for periods "
            f"of {period:.0f}; train with --trace-every {int(period / 8)} or less"
        )
