"""A matrix as a picture: one row for each unit, colour for the value, a colour bar at its side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dynsyn_lab.plots.style import IN_TIME, SIGNED

MOST_NAMED = 8
"""Rows that all get their labels; of more, every second one does."""


def draw_raster(
    figure: Figure,
    axes: Axes,
    labels: Sequence[str],
    values: NDArray[np.float64],
    span: tuple[float, float],
) -> None:
    """Draw `values` into `axes`.

    Args:
        figure: that the axes are in.
        axes: to draw into.
        labels: of the rows.
        values: (rows, columns), finite; with 0 in the middle of the colours where any is below 0.
        span: left end of the first column and right end of the last, in the unit of the axis.
    """
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
    shown = range(0, count, 1 if count <= MOST_NAMED else 2)
    axes.set_yticks(list(shown), [labels[i] for i in shown], fontsize=6.5)
    axes.tick_params(length=2)
    bar = figure.colorbar(image, ax=axes, pad=0.01, aspect=8, fraction=0.05)
    bar.ax.tick_params(labelsize=6, length=2)
    bar.set_ticks([-reach, 0, reach] if signed else [0, reach])
    bar.ax.set_yticklabels([f"{tick:.2g}" for tick in bar.get_ticks()])
