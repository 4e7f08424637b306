"""The FitzHugh-Nagumo oscillators of the walker: figures 6 and 7 of the paper.

Everything comes from the core's own kernels with the lifetime's own settings, so that what is seen
is what the controller runs, with its step and its clipping.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dynsyn_controller.core.networks.oscillator import slope, step_fitzhugh_nagumo
from dynsyn_lab.plots.source import NotDrawable, Source
from dynsyn_lab.plots.style import BLUE, FAINT, GREEN, GREY, VERMILION, new_figure

INPUT_RANGE = (-2.0, 2.0)
"""Of the slow sweep, as in the paper."""
SWEEP_STEPS = 3000
PORTRAIT_INPUTS = (-1.2, 0.0, 1.2)
PORTRAIT_STEPS = 800


def run_oscillator(
    parameters: NDArray[np.void], drive: NDArray[np.float64], start: tuple[float, float]
) -> NDArray[np.float64]:
    """States v and w of one oscillator under an input that changes from step to step.

    Args:
        parameters: of the network, shape (1,).
        drive: input of each control step, (steps,).
        start: v and w before the first.

    Returns:
        (steps + 1, 2), the start first.
    """
    v, w = np.array([start[0]]), np.array([start[1]])
    states = np.empty((len(drive) + 1, 2))
    states[0] = start
    for step, value in enumerate(drive):
        step_fitzhugh_nagumo(v, w, np.array([value]), parameters[0])
        states[step + 1] = v[0], w[0]
    return states


def _parameters(source: Source) -> NDArray[np.void]:
    if "v" not in source.controller.state.dtype.names:
        kind = source.checkpoint.robot.network["type"]
        raise NotDrawable(f"network {kind} has no FitzHugh-Nagumo oscillators")
    return source.controller.blueprint.parameters


def _settings(source: Source) -> str:
    options = source.controller.network.options
    return (
        f"preset {source.controller.preset}: a = {options.oscillator_a:g}, "
        f"b = {options.oscillator_b:g}, c = {options.oscillator_c:g}"
    )


def swinging_range(drive: NDArray, v: NDArray) -> tuple[float, float] | None:
    """Lowest and highest input with which v goes to and fro widely; None: it never does.

    Args:
        drive, v: of the same steps, (steps,).
    """
    width = 100  # two periods at least
    windows = np.lib.stride_tricks.sliding_window_view(v, width)
    low, high = windows.min(axis=1, keepdims=True), windows.max(axis=1, keepdims=True)
    crosses = np.diff(windows > (low + high) / 2, axis=1)
    # once across is a jump from one resting point to another; three times is to and fro
    swings = np.flatnonzero((crosses.sum(axis=1) >= 3) & (high - low > 0.6)[:, 0])
    if not swings.size:
        return None
    first = swings[0] + np.flatnonzero(crosses[swings[0]])[0]
    last = swings[-1] + np.flatnonzero(crosses[swings[-1]])[-1]
    return float(drive[first]), float(drive[last])


def draw_sweep(source: Source) -> Figure:
    """States of an oscillator while its input slowly rises."""
    parameters = _parameters(source)
    drive = np.linspace(*INPUT_RANGE, SWEEP_STEPS)
    states = run_oscillator(parameters, drive, (-1.0, -1.0))[1:]
    times = np.arange(SWEEP_STEPS) / source.checkpoint.robot.control_rate
    figure = new_figure(3.6)
    upper, lower = figure.subplots(2, sharex=True, height_ratios=(3, 1))
    upper.plot(times, states[:, 0], color=BLUE, linewidth=0.9, label="v")
    upper.plot(times, states[:, 1], color=VERMILION, linewidth=0.9, label="w")
    upper.set_ylabel("state")
    upper.legend(loc="upper left", ncols=2)
    lower.plot(times, drive, color=GREEN)
    lower.set_ylabel("input I")
    lower.set_xlabel("robot's time / s")
    lower.margins(x=0)
    swings = swinging_range(drive, states[:, 0])
    if swings:
        said = f"swings for inputs from about {swings[0]:.1f} to {swings[1]:.1f}"
        for axes in (upper, lower):
            axes.axvspan(*np.interp(swings, drive, times), color=FAINT, alpha=0.35, linewidth=0)
    else:
        said = "rests for every input"
    upper.set_title(f"Oscillator {said}\n({_settings(source)})")
    return figure


def draw_portrait(source: Source) -> Figure:
    """Flow, nullclines and a trajectory in the plane of v and w, for three inputs."""
    parameters = _parameters(source)
    figure = new_figure(3.3)
    panels = figure.subplots(1, len(PORTRAIT_INPUTS), sharey=True)
    for axes, drive in zip(panels, PORTRAIT_INPUTS, strict=True):
        _draw_plane(axes, parameters, drive)
        axes.set_title(f"I = {drive:g}")
        axes.set_xlabel("v")
    panels[0].set_ylabel("w")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5)
    title = f"Phase portrait ({_settings(source)})"
    figure.suptitle(title, x=0.01, ha="left", fontsize=9.5, fontweight="bold")
    return figure


def _draw_plane(axes, parameters: NDArray[np.void], drive: float) -> None:
    reach = 2.0
    grid = np.linspace(-reach, reach, 81)
    v, w = np.meshgrid(grid, grid)
    dv, dw = np.vectorize(lambda a, b: slope(a, b, drive, parameters[0]))(v, w)
    axes.streamplot(grid, grid, dv, dw, color=FAINT, linewidth=0.5, density=0.7, arrowsize=0.6)
    for field, colour, name in ((dv, GREEN, "dv/dt = 0"), (dw, GREY, "dw/dt = 0")):
        axes.contour(grid, grid, field, [0.0], colors=[colour], linewidths=1.2, linestyles="--")
        axes.plot([], [], "--", color=colour, linewidth=1.2, label=name)
    states = run_oscillator(parameters, np.full(PORTRAIT_STEPS, drive), (-1.5, 1.5))
    half = PORTRAIT_STEPS // 2
    axes.plot(*states[:half].T, color=BLUE, linewidth=0.8, alpha=0.6, label="from the start")
    axes.plot(*states[half:].T, color=VERMILION, linewidth=1.6, label="in the end")
    axes.plot(*states[0], "o", color=BLUE, markersize=4, label="start")
    axes.plot(*states[-1], ".", color=VERMILION, markersize=5)
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach))
    axes.set_aspect("equal")
    axes.grid(False)
