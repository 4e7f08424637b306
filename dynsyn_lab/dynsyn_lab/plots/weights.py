"""Every synapse as it stands: what its learner keeps of it, layer by layer."""

from __future__ import annotations

from matplotlib.figure import Figure

from dynsyn_lab.plots.raster import draw_raster
from dynsyn_lab.plots.source import Source
from dynsyn_lab.plots.style import new_figure

MOST_INPUTS_NAMED = 10
"""Inputs of a layer that are all named below it; more would not fit."""


def draw_weights(source: Source) -> Figure:
    """A picture for each layer and quantity: rows are the layer's outputs, columns its inputs."""
    layers, quantities = source.controller.layers, source.quantities
    rows = [layer.rows for layer in layers]
    figure = new_figure(0.7 + 0.75 * len(layers) + 0.14 * sum(rows))
    every = figure.subplots(
        len(layers), len(quantities), squeeze=False, height_ratios=[count + 2 for count in rows]
    )
    for panels, layer in zip(every, layers, strict=True):
        for axes, (name, values) in zip(panels, quantities.items(), strict=True):
            matrix = values[layer.slice].reshape(layer.rows, layer.columns)
            draw_raster(figure, axes, layer.output_names, matrix, (-0.5, layer.columns - 0.5))
            axes.set_title(f"{layer.name}: {name}", fontsize=8.5, pad=3)
            if layer.columns <= MOST_INPUTS_NAMED:
                axes.set_xticks(range(layer.columns), layer.input_names, rotation=90, fontsize=6)
        for axes in panels[1:]:
            axes.set_yticklabels([])
    for axes in every[-1]:
        axes.set_xlabel("input")
    what = f"{source.checkpoint.robot.name}: {source.controller.steps:,} control steps lived"
    figure.suptitle(what, x=0.01, ha="left", fontsize=10, fontweight="bold")
    return figure
