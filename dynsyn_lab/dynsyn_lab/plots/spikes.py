"""Spikes of a spiking network as a raster, and potentials of its units, over some decisions."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dynsyn_controller.core.networks.spiking import SpikingNetwork
from dynsyn_lab.plots.source import NotDrawable, Source
from dynsyn_lab.plots.style import BLACK, CYCLE, GREY, new_figure
from dynsyn_lab.rollouts.stage import Stage

DECISIONS = 12
"""Control steps that are shown."""
WARM_UP = 100
"""Control steps before that."""
SHOWN = 4
"""Units whose potentials are shown: those that fire most, over all spiking layers."""


def draw_spikes(source: Source) -> Figure:
    """Every spike of the spiking layers, potentials of the busiest units, and the outputs.

    Raises:
        NotDrawable: the network has no spiking neurons.
    """
    network = source.controller.network
    if not isinstance(network, SpikingNetwork):
        kind = source.checkpoint.robot.network["type"]
        raise NotDrawable(f"network {kind} has no spiking neurons")
    options = source.run.config.robot_options if source.run else {}
    trains, membranes, outputs = [], [], []
    with Stage(source.checkpoint, source.robot, options, source.seed) as stage:
        for _ in range(WARM_UP):
            stage.step()
        for _ in range(DECISIONS):
            stage.step()
            record = stage.controller.state[0]
            trains.append(np.concatenate(network.spikes(record), axis=1).copy())
            membranes.append(np.concatenate(network.membranes(record), axis=1).copy())
            outputs.append(record["output"].copy())
        title = f"{stage.spec.reference}: spikes of {DECISIONS} decisions"
    return _draw(network, np.vstack(trains), np.vstack(membranes), np.array(outputs), title)


def _draw(
    network: SpikingNetwork, trains: NDArray, membranes: NDArray, outputs: NDArray, title: str
) -> Figure:
    steps, threshold = network.options.time_steps, network.options.threshold
    figure = new_figure(2.6 + 0.03 * trains.shape[1] + 2.0)
    raster, potential, output = figure.subplots(3, sharex=True, height_ratios=(3, 2, 1))
    at, unit = np.nonzero(trains)
    raster.plot(at + 0.5, unit, "|", color=BLACK, markersize=3, markeredgewidth=0.7)
    raster.set_ylim(trains.shape[1] - 0.5, -0.5)
    raster.set_ylabel("unit")
    busiest = np.argsort(-trains.sum(axis=0), kind="stable")[:SHOWN]
    times = np.arange(len(trains)) + 0.5
    for colour, index in zip(CYCLE, busiest, strict=False):
        potential.plot(times, membranes[:, index], color=colour, label=network.unit_names[index])
    potential.axhline(threshold, color=GREY, linestyle=":", linewidth=1.0)
    potential.set_ylabel("potential h")
    potential.legend(ncols=SHOWN, fontsize=6.5)
    edges = np.arange(DECISIONS + 1) * steps
    for joint, values in zip(network.body.joints, outputs.T, strict=True):
        output.stairs(values, edges, label=joint, baseline=None)
    output.set_ylabel("output")
    output.legend(fontsize=6.5)
    output.set_xlabel(f"steps of the neurons, {steps} to a decision")
    for axes in (raster, potential, output):
        axes.grid(False)
        for edge in edges:
            axes.axvline(edge, color=GREY, linewidth=0.4)
    figure.suptitle(title, x=0.01, ha="left", fontsize=10, fontweight="bold")
    return figure
