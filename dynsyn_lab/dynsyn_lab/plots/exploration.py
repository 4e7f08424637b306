"""How synapses explore: trajectories of two and three weights (figures 2 and 3 of the paper)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.learners.dynamic_synapse.kernels import advance
from dynsyn_lab.plots.source import Source, Synapse, swinging
from dynsyn_lab.plots.style import IN_TIME, VERMILION, new_figure

PERIODS = 12
"""Mean periods that a trajectory lasts."""
SAMPLES_PER_PERIOD = 300


def trajectory(controller: Controller, indices: Sequence[int]) -> tuple[NDArray, NDArray]:
    """Weights of some synapses as they swing on from now, nothing being learnt.

    Args:
        controller: stays as it is; the core's own kernel swings a copy of its record.
        indices: of the synapses within the flat arrays.

    Returns:
        Time in s of the rule, (samples,), and weights, (samples, synapses).
    """
    state, parameters = controller.state.copy(), controller.blueprint.parameters.copy()
    parameters["learning_rate"] = parameters["convergence_rate"] = 0.0
    dt, period = float(parameters["dt"][0]), float(parameters["period_mean"][0])
    every = max(1, round(period / dt / SAMPLES_PER_PERIOD))
    samples = max(2, int(PERIODS * period / dt / every))
    weights = np.empty((samples, len(indices)))
    for sample in range(samples):
        weights[sample] = state["weight"][0, indices]
        for _ in range(every):
            advance(state[0], parameters[0], 0.0, 0.0, 0.0, False)
    return np.arange(samples) * every * dt / 1000.0, weights


def _paths(weights: NDArray) -> NDArray:
    """Pieces of a line between neighbouring samples, (samples - 1, 2, dimensions)."""
    return np.stack([weights[:-1], weights[1:]], axis=1)


def _title(source: Source) -> str:
    settings = swinging(source)
    return (
        f"Exploration with preset {source.controller.preset}: periods of "
        f"{settings.period_mean:g} ± {settings.period_std:g} s"
    )


def _walk(source: Source, count: int) -> tuple[list[Synapse], NDArray, NDArray, NDArray]:
    """Synapses, times, weights and centres of those to show.

    Raises:
        NotDrawable: the weights do not swing.
    """
    swinging(source)
    synapses = source.chosen(count)
    indices = [synapse.index for synapse in synapses]
    times, weights = trajectory(source.controller, indices)
    return synapses, times, weights, source.controller.quantity("centre")[indices].copy()


def draw_two(source: Source) -> Figure:
    """Trajectory of two weights around their centres, coloured by time."""
    synapses, times, weights, centre = _walk(source, 2)
    figure = new_figure(4.6, 5.6)
    axes = figure.add_subplot()
    line = LineCollection(list(_paths(weights)), array=times[:-1], cmap=IN_TIME, linewidths=1.1)
    axes.add_collection(line)
    axes.plot(*centre, "P", color=VERMILION, markersize=9, markeredgecolor="white")
    white = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1}
    axes.annotate(
        "centre", tuple(centre), (7, 7), textcoords="offset points", fontsize=8, bbox=white
    )
    axes.autoscale_view()
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xlabel(f"weight {synapses[0].label}")
    axes.set_ylabel(f"weight {synapses[1].label}")
    axes.set_title(_title(source))
    figure.colorbar(line, ax=axes, label="time of the rule / s", pad=0.02, aspect=30)
    return figure


def draw_three(source: Source) -> Figure:
    """Trajectory of three weights around their centres, coloured by time."""
    from mpl_toolkits.mplot3d.art3d import Line3DCollection

    synapses, times, weights, centre = _walk(source, 3)
    figure = new_figure(5.0, 6.2)
    axes = figure.add_subplot(projection="3d")
    line = Line3DCollection(_paths(weights), array=times[:-1], cmap=IN_TIME, linewidths=0.9)
    axes.add_collection3d(line)
    axes.plot(*centre[:, np.newaxis], "P", color=VERMILION, markersize=8, label="centre")
    axes.auto_scale_xyz(*weights.T)
    for name, synapse in zip("xyz", synapses, strict=True):
        getattr(axes, f"set_{name}label")(f"weight\n{synapse.label}", labelpad=9)
        getattr(axes, f"{name}axis").set_major_locator(_few_ticks())
    axes.set_title(_title(source))
    axes.view_init(elev=24, azim=-52)
    axes.set_box_aspect(None, zoom=0.88)
    axes.legend(loc="upper right")
    figure.colorbar(line, ax=axes, label="time of the rule / s", pad=0.08, aspect=30, shrink=0.8)
    return figure


def _few_ticks() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(4)
