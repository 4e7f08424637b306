"""What one run of `dynsyn sim` came to."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Summary:
    """The keys of `dynsyn sim --summary`; all counts are this run's, not the whole lifetime's.

    Attributes:
        robot: name in the robot file.
        mode: "realtime" or "lockstep".
        steps: control steps lived.
        seconds: wall-clock, from the first report of a control step to the last.
        rate_hz: steps in that time, per second.
        falls: counted.
        mean_reward: per step; None where no step was lived.
        overruns: ticks skipped because the loop was late.
        latency_us_median, latency_us_p99: observation received to command published, us, last 1000
            ticks.
        weights_changed: whether any synapse's centre or amplitude is another than at the start.
        checkpoint: file of the lifetime; empty: in memory only.
        steps_before: steps lived before this run.
        synapses_changed: number of synapses whose centre or amplitude is another.
    """

    robot: str
    mode: str
    steps: int
    seconds: float
    rate_hz: float
    falls: int
    mean_reward: float | None
    overruns: int
    latency_us_median: float | None
    latency_us_p99: float | None
    weights_changed: bool
    checkpoint: str
    steps_before: int
    synapses_changed: int

    def save(self, path: Path) -> None:
        """Write as JSON.

        Raises:
            OSError: the file cannot be written.
        """
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    def lines(self) -> list[str]:
        """For people."""
        reward = "-" if self.mean_reward is None else f"{self.mean_reward:.4f}"
        latency = "-"
        if self.latency_us_median is not None:
            latency = f"{self.latency_us_median:,.0f} us median, {self.latency_us_p99:,.0f} us p99"
        return [
            f"robot        {self.robot} ({self.mode})",
            f"lived        {self.steps:,} steps in {self.seconds:.1f} s ({self.rate_hz:,.1f} Hz), "
            f"after {self.steps_before:,} before",
            f"reward       {reward} a step, {self.falls:,} falls",
            f"loop         {self.overruns:,} overruns, latency {latency}",
            f"weights      {self.synapses_changed:,} synapses changed",
            f"checkpoint   {self.checkpoint or 'none: lived in memory only'}",
        ]


class Record:
    """Collects a run's summary from the messages of its controller.

    Args:
        averaging_steps: time constant, in steps, of the running mean in Status.reward_average.
    """

    def __init__(self, averaging_steps: float) -> None:
        self.averaging_steps = averaging_steps
        self.started: float | None = None
        self._before: Any = None  # the last status before the first step, where one came
        self._first: Any = None
        self._last: Any = None
        self._last_time = 0.0
        self._area = 0.0
        self._weights_first: Any = None
        self._weights_last: Any = None

    def add_weights(self, weights: Any) -> None:
        """Take in a dynsyn_msgs/Weights; the first is that of the start, which is latched."""
        self._weights_first = self._weights_first or weights
        self._weights_last = weights

    def add_status(self, status: Any, now: float) -> None:
        """Take in a dynsyn_msgs/Status that came at `now` (s, steady clock)."""
        if self._last is None:
            self._before = status
        elif status.steps > self._last.steps:
            if self.started is None:
                self._first, self.started = status, now
            self._area += self._trapezium(status)
        self._last, self._last_time = status, now

    def _trapezium(self, status: Any) -> float:
        before, after = self._last.reward_average, status.reward_average
        if not math.isfinite(before):
            before = after
        return (status.steps - self._last.steps) * (before + after) / 2.0

    def finish(self, robot: str, mode: str, checkpoint: str) -> Summary:
        """The summary of what has been taken in so far.

        Raises:
            ValueError: no status has come.
        """
        if self._last is None:
            raise ValueError("the controller reported nothing")
        first, last = self._before, self._last
        steps = last.steps - first.steps
        seconds = self._last_time - self.started if self.started is not None else 0.0
        changed = self._synapses_changed()
        ticked = steps > 0 and math.isfinite(last.latency_us_median)
        return Summary(
            robot=robot,
            mode=mode,
            steps=steps,
            seconds=seconds,
            rate_hz=(last.steps - self._first.steps) / seconds if seconds > 0 else 0.0,
            falls=last.falls - first.falls,
            mean_reward=self._mean_reward(steps),
            overruns=last.overruns,
            latency_us_median=last.latency_us_median if ticked else None,
            latency_us_p99=last.latency_us_p99 if ticked else None,
            weights_changed=changed > 0,
            checkpoint=checkpoint,
            steps_before=first.steps,
            synapses_changed=changed,
        )

    def _mean_reward(self, steps: int) -> float | None:
        """Mean of the rewards, recovered from their running mean a.

        Each step does a += (r - a) / N, so the rewards of a run sum to the sum of a plus N times
        its rise; that sum is taken by trapezia between the statuses.
        """
        if steps <= 0:
            return None
        before = self._before.reward_average
        rise = self._last.reward_average - before if math.isfinite(before) else 0.0
        return (self._area + self.averaging_steps * rise) / steps

    def _synapses_changed(self) -> int:
        if self._weights_first is None:
            return 0
        return sum(
            centre != centre_now or amplitude != amplitude_now
            for layer, now in zip(
                self._weights_first.layers, self._weights_last.layers, strict=True
            )
            for centre, centre_now, amplitude, amplitude_now in zip(
                layer.centre, now.centre, layer.amplitude, now.amplitude, strict=True
            )
        )
