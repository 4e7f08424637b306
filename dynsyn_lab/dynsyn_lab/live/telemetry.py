"""What a running controller reports, followed over time; of ROS only its messages' fields."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dynsyn_controller.node.evaluations import EVALUATION

CHART_POINTS = 240
STALE_AFTER = 2.0
"""s without a status after which the controller counts as gone; it reports ten times a second."""

_HIDDEN = "hidden"
_NAMED = 3


@dataclass
class Telemetry:
    """The story of one controller since it was first heard.

    Attributes:
        status: the last dynsyn_msgs/Status; None before the first.
        received: s, steady clock, when that came.
        chart: (steps lived, running mean of the reward), thinned to at most CHART_POINTS.
        effort_scale: largest |effort| so far, N m.
        hidden: mean |activity| of the units of each hidden layer, as last reported: of spiking
            units the firing rate, spikes in a step of time.
        evaluating: an evaluation has been heard, under way or ending.
    """

    status: Any = None
    received: float = -math.inf
    chart: list[tuple[int, float]] = field(default_factory=list)
    effort_scale: float = 0.0
    hidden: dict[str, float] = field(default_factory=dict)
    evaluating: bool = False
    _spacing: int = 1
    _skipped: int = 0

    def update(self, status: Any, now: float) -> None:
        """Take in a Status that came at `now` (s, steady clock)."""
        if self.status is not None and status.steps < self.status.steps:
            self.chart.clear()  # another lifetime, or an earlier checkpoint of this one
        if self.silent(now):
            self.evaluating = False  # another process, maybe, with other parameters
        self.evaluating |= status.learning_paused == EVALUATION or self._one_more(status)
        self.status, self.received = status, now
        efforts = [abs(effort) for effort in status.effort if math.isfinite(effort)]
        self.effort_scale = max([self.effort_scale, *efforts])
        if not math.isfinite(status.reward):  # no reward yet, so no mean of it
            return
        if self.chart and status.steps == self.chart[-1][0]:
            return
        self._skipped += 1
        if self._skipped >= self._spacing or not self.chart:
            self._skipped = 0
            self.chart.append((int(status.steps), float(status.reward_average)))
        if len(self.chart) > CHART_POINTS:
            del self.chart[1::2]
            self._spacing *= 2

    def update_activity(self, activity: Any) -> None:
        """Take in a dynsyn_msgs/Activity."""
        layers: dict[str, list[float]] = {}
        for name, value in zip(activity.name, activity.value, strict=True):
            layer = name.partition(".")[0]
            if layer.startswith(_HIDDEN):
                layers.setdefault(layer, []).append(abs(value))
        self.hidden = {layer: sum(values) / len(values) for layer, values in layers.items()}

    def _one_more(self, status: Any) -> bool:
        """Whether an evaluation has ended; of a lifetime that was loaded the count jumps."""
        return self.status is not None and status.evaluations == self.status.evaluations + 1

    @property
    def evaluation_average(self) -> float:
        """Mean return of the last evaluations; NaN before one has ended, and while none are made.

        A status alone does not tell: the mean is kept with the lifetime, also where none are made
        any more.
        """
        return self.status.evaluation_average if self.evaluating else math.nan

    def silent(self, now: float) -> bool:
        """Whether nothing has come for STALE_AFTER seconds."""
        return now - self.received > STALE_AFTER


def state(status: Any) -> str:
    """What the controller is doing, in a few words."""
    if status.stopped:
        return "EMERGENCY STOP"
    if status.waiting_for:
        return "waiting for " + _some(status.waiting_for)
    if status.stale:
        return "STALE: no fresh observation"
    if not status.armed:
        return "DISARMED: neutral effort until it is armed"
    if status.neutral_because:
        return f"NEUTRAL: {status.neutral_because}"
    if not status.learning:
        return "frozen (learning off)"
    if status.learning_paused:
        return f"learning pauses: {status.learning_paused}"
    limit = status.exploration_limit
    return f"learning (exploration limited to {limit:g})" if 0.0 < limit < 1.0 else "learning"


def _some(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def duration(hours: float) -> str:
    """A span of time for people: "42 s", "12.5 min" or "12.30 h"."""
    if hours < 1 / 60:
        return f"{hours * 3600:.0f} s"
    return f"{hours * 60:.1f} min" if hours < 1 else f"{hours:,.2f} h"


def number(value: float, digits: int = 1) -> str:
    """A number for people; a dash where there is none yet."""
    return f"{value:,.{digits}f}" if math.isfinite(value) else "-"


def line(telemetry: Telemetry) -> str:
    """One plain line of figures on how the controller is doing, once it has reported."""
    status = telemetry.status
    frozen = telemetry.evaluation_average
    shown = f"frozen {number(frozen)}  " if math.isfinite(frozen) else ""
    return (
        f"{status.steps:,} steps ({duration(status.hours_lived)})  "
        f"{status.rate_achieved:,.1f} Hz  "
        f"reward {number(status.reward_average, 3)} a step  "
        f"last 100 episodes {number(status.return_average)}  {shown}falls {status.falls:,}  "
        f"overruns {status.overruns:,}"
    )
