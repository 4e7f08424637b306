"""What happens in a lifetime beside its picture: oscillators, efforts and reward over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dynsyn_lab.plots.style import BLACK, CYCLE, FAINT, STYLE
from dynsyn_lab.rollouts.stage import Moment, Stage

SHOWN_SECONDS = 4.0
"""That a moving panel shows."""
MOST_UNITS = 8
"""Lines of a panel that shows units of the network."""
_DOTS_PER_INCH = 100


@dataclass(frozen=True)
class Signals:
    """What is drawn, all of the same length.

    Attributes:
        times: s.
        groups: title -> name -> values.
        ends: times at which the body fell or its course ended, s.
    """

    times: NDArray[np.float64]
    groups: dict[str, dict[str, NDArray[np.float64]]]
    ends: NDArray[np.float64]


def signals_of(moments: Sequence[Moment], stage: Stage) -> Signals:
    """The network's units (see `chosen_units`), efforts of the joints, and the reward."""
    names = stage.controller.unit_names
    title, chosen = chosen_units(names)
    activity = np.stack([moment.activity for moment in moments], axis=1)
    effort = np.stack([moment.effort for moment in moments], axis=1)
    ends = np.array([moment.terminal for moment in moments])
    reward = np.array([moment.reward for moment in moments])
    # The punishment of a fall would flatten everything else; its time is marked instead.
    reward = np.where(ends, np.nan, reward)
    times = np.array([moment.time for moment in moments])
    groups = {
        title: {label: activity[names.index(name)] for name, label in chosen.items()},
        "effort / limit": dict(zip(stage.body.layout.joints, effort, strict=True)),
        "reward per step": {"": reward},
    }
    return Signals(times, {title: group for title, group in groups.items() if group}, times[ends])


def chosen_units(names: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Units to show: a network's oscillators (their first output), or else what is hidden in it.

    Returns:
        A title, and the units' names with their labels; none where it has outputs only.
    """
    oscillators = [name for name in names if name.startswith("oscillator.")]
    if oscillators:
        first = [name for name in oscillators if name.endswith(".v")] or oscillators
        return "oscillators", {name: name.removeprefix("oscillator.") for name in first}
    hidden = [name for name in names if not name.startswith("output.")][:MOST_UNITS]
    return "units", {name: name for name in hidden}


def limits(values: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    """Ends of an axis that holds these values, with a little air."""
    low = min(float(np.nanmin(v, initial=0.0)) for v in values)
    high = max(float(np.nanmax(v, initial=0.0)) for v in values)
    air = 0.08 * (high - low) or 0.5
    return low - air, high + air


def draw_signals(panels: Sequence[Axes], signals: Signals, legend_columns: int) -> list[list]:
    """Lines of every group into its axes, with a legend above; returns them, group by group."""
    lines = []
    for axes, (title, group) in zip(panels, signals.groups.items(), strict=True):
        own = []
        for number, (name, values) in enumerate(group.items()):
            colour = BLACK if len(group) == 1 else CYCLE[number % len(CYCLE)]
            own += axes.plot(signals.times, values, color=colour, linewidth=1.1, label=name)
        lines.append(own)
        rows = math.ceil(len(group) / legend_columns) if len(group) > 1 else 0
        axes.set_title(title, pad=3 + 10 * rows, fontsize=8.5)
        axes.set_ylim(*limits(list(group.values())))
        axes.margins(x=0)
        if len(group) > 1:
            axes.legend(
                loc="lower left",
                bbox_to_anchor=(-0.02, 0.97),
                ncols=legend_columns,
                fontsize=6.5,
                handlelength=1.0,
                columnspacing=0.8,
                handletextpad=0.4,
                borderpad=0.1,
            )
    return lines


class MovingPanel:
    """The last seconds up to now, drawn anew for every picture of a film.

    Args:
        signals: of the whole film.
        width, height: pixels.
    """

    def __init__(self, signals: Signals, width: int, height: int) -> None:
        self._signals = signals
        with matplotlib.rc_context(STYLE):
            size = (width / _DOTS_PER_INCH, height / _DOTS_PER_INCH)
            figure = Figure(figsize=size, dpi=_DOTS_PER_INCH, layout="constrained")
            self._canvas = FigureCanvasAgg(figure)
            self._panels = figure.subplots(len(signals.groups), sharex=True)
            self._lines = draw_signals(self._panels, signals, legend_columns=4)
            self._panels[-1].set_xlabel("time before now / s")
            self._panels[0].set_xlim(-SHOWN_SECONDS, 0.0)
            self._ends = [axes.axvline(0.0, color=FAINT, linewidth=2) for axes in self._panels]
            for artist in self._artists():
                artist.set_animated(True)
            self._canvas.draw()
            self._empty = self._canvas.copy_from_bbox(figure.bbox)

    def _artists(self) -> list:
        return [*self._ends, *(line for group in self._lines for line in group)]

    def draw(self, now: float) -> NDArray[np.uint8]:
        """The panel at this time in s, (height, width, 3)."""
        signals = self._signals
        seen = (signals.times <= now) & (signals.times >= now - SHOWN_SECONDS)
        times = signals.times[seen] - now
        self._canvas.restore_region(self._empty)
        ends = signals.ends[(signals.ends <= now) & (signals.ends >= now - SHOWN_SECONDS)] - now
        for axes, mark in zip(self._panels, self._ends, strict=True):
            for end in ends:
                mark.set_xdata([end, end])
                axes.draw_artist(mark)
        for axes, lines, group in zip(
            self._panels, self._lines, signals.groups.values(), strict=True
        ):
            for line, values in zip(lines, group.values(), strict=True):
                line.set_data(times, values[seen])
                axes.draw_artist(line)
        return np.asarray(self._canvas.buffer_rgba())[..., :3].copy()
