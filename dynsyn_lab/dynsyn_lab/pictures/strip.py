"""Pictures of a moving robot side by side in one PNG, with its signals below."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure, FigureBase
from numpy.typing import NDArray

from dynsyn_lab.pictures.panel import Signals, draw_signals
from dynsyn_lab.plots.style import FAINT, STYLE

COLUMNS = 6
"""Pictures in a row."""
_WIDTH = 10.0
_SIGNAL_HEIGHT = 1.15


def draw_strip(
    pictures: Sequence[tuple[float, NDArray[np.uint8]]], signals: Signals | None, path: Path
) -> None:
    """Write a strip.

    Args:
        pictures: time in s and picture of each.
        signals: to draw below; None: none.
        path: of the PNG.

    Raises:
        OSError: it cannot be written.
    """
    columns = min(COLUMNS, len(pictures))
    rows = -(-len(pictures) // columns)
    height, width = pictures[0][1].shape[:2]
    tall = rows * (_WIDTH / columns * height / width + 0.3)
    below = _SIGNAL_HEIGHT * len(signals.groups) + 0.5 if signals else 0.0
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(_WIDTH, tall + below), layout="constrained")
        parts: list[FigureBase] = [figure]
        if signals:
            parts = list(figure.subfigures(2, 1, squeeze=False, height_ratios=(tall, below)).flat)
        _place(parts[0].subplots(rows, columns, squeeze=False), pictures)
        if signals:
            _draw_below(parts[1], signals, [time for time, _ in pictures])
        figure.savefig(path, format="png", dpi=130, metadata={"Software": None})


def _place(panels: NDArray, pictures: Sequence[tuple[float, NDArray[np.uint8]]]) -> None:
    for axes in panels.flat:
        axes.set_axis_off()
    for axes, (time, picture) in zip(panels.flat, pictures, strict=False):
        axes.imshow(picture, interpolation="antialiased")
        axes.set_title(f"{time:.2f} s", fontsize=8, fontweight="normal")


def _draw_below(figure: FigureBase, signals: Signals, marks: list[float]) -> None:
    panels = figure.subplots(len(signals.groups), sharex=True)
    draw_signals(panels, signals, legend_columns=8)
    for axes in panels:
        for time in marks:
            axes.axvline(time, color=FAINT, linewidth=1, zorder=0.5)
        for end in signals.ends:
            axes.axvline(end, color="black", linewidth=1, linestyle=":")
    panels[-1].set_xlabel("robot's time / s; grey lines: the pictures")
