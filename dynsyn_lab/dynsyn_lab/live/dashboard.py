"""The terminal dashboard: one picture of what a controller last reported."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from dynsyn_lab.live.telemetry import Telemetry, duration, number, state

_BLOCKS = " ▁▂▃▄▅▆▇█"
_TALLEST_CHART = 10
_ROOMY = 6
"""Joints that get a line each; more of them share lines by two."""
KEYS = "q quit   l learning on/off   a arm/disarm   space emergency stop   r re-arm"


def draw(
    telemetry: Telemetry,
    now: float,
    width: int = 80,
    height: int = 24,
    notes: Sequence[str] = (),
) -> RenderableType:
    """The dashboard.

    Args:
        telemetry: of the controller.
        now: s, steady clock.
        width, height: columns and lines of the terminal; the chart takes the lines that are left.
        notes: last lines of warning or news, shown below.
    """
    below = [Text(note, style="yellow", overflow="ellipsis", no_wrap=True) for note in notes]
    below.append(Text(KEYS, style="dim"))
    status = telemetry.status
    if status is None:
        return Group(Text("waiting for the controller to report ..."), *below)
    columns = Table.grid(expand=True)
    columns.add_column(ratio=1)
    columns.add_column(ratio=1)
    columns.add_row(_life(status), _loop(status))
    efforts, synapses = _efforts(telemetry), _synapses(telemetry)
    columns.add_row(_table(*efforts), _table(*synapses))
    # header, frames (three rows of panels), the four lines of life and loop, the figures
    taken = 1 + 6 + 4 + max(len(efforts[1]), len(synapses[1])) + 1 + len(below)
    lines = min(_TALLEST_CHART, max(2, height - taken))
    return Group(_header(telemetry, now), columns, _reward(telemetry, width, lines), *below)


def _header(telemetry: Telemetry, now: float) -> Text:
    status = telemetry.status
    words = state(status)
    healthy = not (status.stopped or status.waiting_for or status.neutral_because)
    if telemetry.silent(now):
        words, healthy = f"NO REPORT for {now - telemetry.received:.0f} s", False
    return Text.assemble(
        (f" {status.robot} ", "bold reverse"),
        f"  {status.learner}, preset {status.preset}   ",
        (words, _colour(healthy)),
        overflow="ellipsis",
        no_wrap=True,
    )


def _colour(healthy: bool) -> str:
    return "green" if healthy else "bold red"


def _table(title: str, rows: Sequence[tuple[str, RenderableType]]) -> Panel:
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    for name, value in rows:
        table.add_row(name, value)
    return Panel(table, title=title, title_align="left")


def _life(status: Any) -> Panel:
    return _table(
        "life",
        [
            ("lived", f"{duration(status.hours_lived)} simulated"),
            ("steps", f"{status.steps:,}"),
            ("episodes", f"{status.episodes:,}"),
            ("falls", f"{status.falls:,}"),
        ],
    )


def _loop(status: Any) -> Panel:
    return _table(
        "loop",
        [
            ("rate", f"{status.rate_achieved:,.1f} Hz (target {status.rate_target:,.0f})"),
            ("overruns", f"{status.overruns:,}"),
            ("latency", f"{number(status.latency_us_median, 0)} us median"),
            ("", f"{number(status.latency_us_p99, 0)} us p99"),
        ],
    )


def _efforts(telemetry: Telemetry) -> tuple[str, list[tuple[str, RenderableType]]]:
    """Title and rows: a bar for each joint."""
    status = telemetry.status
    joints = list(zip(status.effort_name, status.effort, strict=True))
    full = telemetry.effort_scale
    rows: list[Any]
    if len(joints) <= _ROOMY:
        rows = [(name, Text(f"{signed_bar(now, full)} {now:+7.3g}")) for name, now in joints]
    else:
        half = (len(joints) + 1) // 2
        cells = [f"{name:<9.9}{signed_bar(effort, full, 3)}" for name, effort in joints]
        pairs = zip(cells[:half], [*cells[half:], ""], strict=False)
        rows = [("", Text("  ".join(pair))) for pair in pairs]
    return f"effort (full bar: {full:.3g} N m)", rows


def _synapses(telemetry: Telemetry) -> tuple[str, list[tuple[str, RenderableType]]]:
    """Title and rows: a bar for each layer, the range of the gains, and what hidden units do."""
    status = telemetry.status
    rows: list[Any] = []
    for quantity in status.layer_quantities:
        largest = max(map(abs, quantity.value), default=0.0)
        layers = zip(status.layer_name, quantity.value, strict=True)
        rows += [(name, Text(f"{bar(abs(mean), largest)} {mean:.4f}")) for name, mean in layers]
    if len(status.gain):
        rows.append(("gain", Text(f"{min(status.gain):.3g} to {max(status.gain):.3g}")))
    rows += [(f"|{name}|", Text(f"{bar(m, 1.0)} {m:.4f}")) for name, m in telemetry.hidden.items()]
    names = ", ".join(quantity.name for quantity in status.layer_quantities)
    return f"mean {names} by layer" if names else "synapses", rows


def _reward(telemetry: Telemetry, width: int, lines: int) -> Panel:
    status = telemetry.status
    figures = Text(no_wrap=True, overflow="ellipsis")
    frozen = ("frozen", number(telemetry.evaluation_average))
    for name, value in (
        ("now", number(status.reward, 3)),
        ("mean", number(status.reward_average, 3)),
        frozen if telemetry.evaluating else ("episode", number(status.return_last)),
        ("last 100", number(status.return_average)),
        ("best 100", number(status.return_best)),
    ):
        figures.append(f"{name} ", "dim").append(f"{value}   ")
    values = [value for _, value in telemetry.chart]
    picture = Text("\n".join(chart(values, max(10, width - 14), lines)))
    subtitle = None
    if len(telemetry.chart) > 1:
        first, last = telemetry.chart[0][0], telemetry.chart[-1][0]
        subtitle = f"mean reward a step, steps {first:,} to {last:,}"
    return Panel(
        Group(figures, picture),
        title="reward",
        title_align="left",
        subtitle=subtitle,
        subtitle_align="right",
    )


def bar(value: float, full: float, width: int = 12) -> str:
    """A bar from the left, `full` being its whole width; empty for nothing or no number."""
    if not (full > 0 and math.isfinite(value)):
        return " " * width
    eighths = round(min(1.0, max(0.0, value / full)) * width * 8)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (_BLOCKS[rest] if rest else "")).ljust(width)


def signed_bar(value: float, full: float, half: int = 6) -> str:
    """A bar from the middle, to the left for negative values; 2 * half + 1 columns."""
    share = value / full if full > 0 and math.isfinite(value) else 0.0
    cells = round(min(1.0, abs(share)) * half)
    left = "█" * cells if share < 0 else ""
    right = "█" * cells if share > 0 else ""
    return left.rjust(half) + "│" + right.ljust(half)


def chart(values: Sequence[float], width: int, height: int) -> list[str]:
    """A chart of `values` over their index: `height` lines, the value axis on the left.

    Neighbours share a column where there are more values than columns, which shows their mean.
    """
    if not values:
        return [""] * height
    columns = _columns(values, min(width, len(values)))
    low, high = min(columns), max(columns)
    if high - low < 1e-12:
        low, high = low - 0.5, high + 0.5
    eighths = [1 + round((value - low) / (high - low) * (height * 8 - 1)) for value in columns]
    lines = []
    for row in reversed(range(height)):
        cells = "".join(_BLOCKS[min(8, max(0, level - row * 8))] for level in eighths)
        label = {height - 1: high, 0: low}.get(row)
        lines.append(f"{'' if label is None else f'{label:.3g}':>8} ┤{cells}")
    return lines


def _columns(values: Sequence[float], count: int) -> list[float]:
    edges = [round(index * len(values) / count) for index in range(count + 1)]
    pairs = itertools.pairwise(edges)
    return [sum(values[start:end]) / (end - start) for start, end in pairs]
