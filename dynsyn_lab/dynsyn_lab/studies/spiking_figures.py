"""Figures of the spiking study: frames over iterations, controls beside them."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dynsyn_controller.core.learners.synaptic import MODELS
from dynsyn_lab.plots.style import BLACK, FAINT, GREY, new_figure
from dynsyn_lab.studies.spiking_arms import ITERATIONS, SIZES, Arm
from dynsyn_lab.studies.spiking_book import Book

PAPER = {
    4: (22, 34, 35, 26, 57),
    8: (60, 30, 30, 44, 62),
    16: (32, 42, 32, 42, 32),
    32: (38, 48, 59, 32, 41),
}
"""Table 2 of the paper: hidden neurons -> best frames of models 1 to 5."""


def draw(part: str, chosen: list[Arm], book: Book) -> Figure:
    """Median over lives of the mean over ten episodes, quartiles as a band; controls as lines.

    Args:
        part: of the study.
        chosen: its arms that have been lived.
        book: their lives.
    """
    if part == "table_2":
        return _models(chosen, book)
    figure = new_figure(3.4)
    axes = figure.subplots()
    for arm in chosen:
        _curve(axes, arm, book)
    _controls(axes, chosen, book)
    _finish(axes, part)
    _legend(figure, axes)
    return figure


def _models(chosen: list[Arm], book: Book) -> Figure:
    """Figures 4 to 8: one panel a model, one line a size; the paper's best as crosses."""
    figure = new_figure(2.1 * len(MODELS))
    panels = figure.subplots(len(MODELS), sharex=True)
    for axes, model in zip(panels, MODELS, strict=True):
        arms = [arm for arm in chosen if arm.name.startswith(f"model {model},")]
        for arm in arms:
            _curve(axes, arm, book)
        for size in SIZES:
            best = PAPER[size][MODELS.index(model)]
            axes.plot(ITERATIONS, best, "x", color=BLACK, markersize=4)
        _controls(axes, arms, book)
        _finish(axes, f"model {model}; x: the paper's best of each size")
    _legend(figure, panels[0])
    return figure


def _curve(axes: Axes, arm: Arm, book: Book) -> None:
    lives = [np.array(life["frames"]) for life in book.of(arm)]
    count = min(map(len, lives)) // 10 * 10
    if count == 0:
        return
    means = np.array([f[:count].reshape(-1, 10).mean(axis=1) for f in lives])
    low, middle, high = np.percentile(means, (25, 50, 75), axis=0)
    at = np.arange(len(middle)) * 10 + 5
    line = axes.plot(at, middle, label=arm.name.split(", ")[-1])[0]
    axes.fill_between(at, low, high, color=line.get_color(), alpha=0.15, linewidth=0)


def _controls(axes: Axes, chosen: list[Arm], book: Book) -> None:
    """Lines of what is reached without learning; random networks are as large as the arms'."""
    controls = book.controls()
    sizes = dict.fromkeys(arm.network.get("hidden", [16])[0] for arm in chosen)
    networks = [b for size in sizes for b in controls.get(f"random networks, H={size}", [])]
    actions, push = controls.get("random actions", []), controls.get("constant push", [])
    for blocks, colour, style, name in (
        (networks, BLACK, "-.", "random networks, best of 200"),
        (actions, GREY, "--", "random actions, best of 200"),
        (actions, GREY, ":", "random actions, mean"),
        (push, FAINT, "-", "constant push, mean"),
    ):
        if blocks:
            best = name.endswith("200")
            value = np.median([b.max() for b in blocks]) if best else np.mean(blocks)
            axes.axhline(float(value), color=colour, linestyle=style, linewidth=1.0, label=name)


def _finish(axes: Axes, title: str) -> None:
    axes.set_title(title.replace("_", " "))
    axes.set_xlabel("iteration (episode)")
    axes.set_ylabel("frames")


def _legend(figure: Figure, axes: Axes) -> None:
    """Below the panels, because lines fill them."""
    lines, names = axes.get_legend_handles_labels()
    figure.legend(lines, names, loc="outside lower center", ncols=4, fontsize=7)
