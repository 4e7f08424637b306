"""One look for every figure: colours told apart by colour-blind people, axes with units."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cycler import cycler
from matplotlib.figure import Figure

from dynsyn_controller.lifetime import atomic

# Okabe and Ito's palette (2008), the dark ones first.
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#AA4499",
    "#E69F00",
    "#56B4E9",
    "#000000",
)
CYCLE = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)
GREY = "#7F7F7F"
FAINT = "#C8C8C8"
IN_TIME = "cividis"
"""Colour map for time and for values of 0 or more."""
SIGNED = "PuOr"
"""Colour map for values of either sign, 0 in the middle."""

WIDE = 7.2
"""in; a figure as wide as a page's text."""

STYLE: Any = {
    "figure.dpi": 100,
    "savefig.dpi": 130,
    "figure.facecolor": "white",
    # a user's matplotlibrc may ask for LaTeX, which is slow where it is there at all
    "text.usetex": False,
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.prop_cycle": cycler(color=CYCLE),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#444444",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "axes.formatter.limits": (-4, 5),
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.4,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "image.interpolation": "nearest",
    "svg.hashsalt": "dynsyn",  # the same figure gives the same file
}
"""Matplotlib settings; use with `matplotlib.rc_context(STYLE)`."""


def new_figure(height: float, width: float = WIDE) -> Figure:
    """An empty figure of this size in inches, without any window."""
    return Figure(figsize=(width, height), layout="constrained")


def save(figure: Figure, stem: Path, formats: Sequence[str]) -> list[Path]:
    """Write `stem`.png, .svg, ...; returns the files.

    Raises:
        OSError: one cannot be written.
    """
    engine = figure.get_layout_engine()
    if engine is not None:  # lay it out once; else for each file, which takes most of the time
        engine.execute(figure)
        figure.set_layout_engine("none")
    files = []
    for kind in formats:
        path = stem.with_name(f"{stem.name}.{kind}")
        metadata = {"Date": None} if kind == "svg" else {"Software": None}
        with atomic.replacing(path) as neighbour:
            figure.savefig(neighbour, format=kind, metadata=metadata)
        files.append(path)
    return files
