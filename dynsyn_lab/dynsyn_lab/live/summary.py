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
        seconds: from the first report of a control step to the last, by the reports' own stamps.
        rate_hz: steps in that time, per second.
        falls: counted.
        mean_reward: per step in that time; None where none was.
        overruns: ticks skipped because the loop was late.
        latency_us_median, latency_us_p99: observation received to command published, us, last 1000
            ticks.
        weights_changed: whether any of the learner's quantities of a synapse (of dynamic synapses:
            centre and amplitude) is another than at the start.
        checkpoint: file of the lifetime; empty: in memory only.
        steps_before: steps lived before this run.
        synapses_changed: number of synapses of which that is so.
        evaluations: episodes lived without learning, undisturbed.
        evaluation_average: mean return of the last 20 of the lifetime; None where it has none.
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
    evaluations: int
    evaluation_average: float | None

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
        frozen = ""
        if self.evaluation_average is not None and self.evaluations > 0:
            count = f"{self.evaluations:,} evaluation" + ("s" if self.evaluations > 1 else "")
            frozen = f", frozen {self.evaluation_average:.1f} an episode ({count})"
        falls = "1 fall" if self.falls == 1 else f"{self.falls:,} falls"
        return [
            f"robot        {self.robot} ({self.mode})",
            f"lived        {self.steps:,} steps, {self.rate_hz:,.1f} Hz over {self.seconds:.1f} s, "
            f"after {self.steps_before:,} before",
            f"reward       {reward} a step, {falls}{frozen}",
            f"loop         {self.overruns:,} overruns, latency {latency}",
            f"weights      {self.synapses_changed:,} synapses changed",
            f"checkpoint   {self.checkpoint or 'none: lived in memory only'}",
        ]


class SummaryCollector:
    """Collects a run's summary from the messages of its controller.

    Args:
        averaging_steps: time constant, in steps, of the running mean in Status.reward_average.
        steps_before, falls_before, evaluations_before: lived before this run.
        known: False: what was lived before is what the first status says.

    Attributes:
        started: s, steady clock, when the first control step was reported; None before.
    """

    def __init__(
        self,
        averaging_steps: float,
        steps_before: int = 0,
        falls_before: int = 0,
        evaluations_before: int = 0,
        known: bool = True,
    ) -> None:
        self.started: float | None = None
        self._averaging_steps = averaging_steps
        self._steps_before = steps_before
        self._falls_before = falls_before
        self._evaluations_before = evaluations_before
        self._known = known
        self._last: Any = None
        # Statuses copied where they are needed: the first and last in which steps had been lived,
        # and the one from which on rewards are followed.
        self._first: Any = None
        self._end: Any = None
        self._anchor: Any = None
        self._area = 0.0
        self._weights_first: Any = None
        self._weights_last: Any = None

    @property
    def empty(self) -> bool:
        """Whether the controller has reported nothing yet."""
        return self._last is None

    def add_weights(self, weights: Any) -> None:
        """Take in a dynsyn_msgs/Weights; the first is that of the start, which is latched."""
        self._weights_first = self._weights_first or weights
        self._weights_last = weights

    def add_status(self, status: Any, now: float) -> None:
        """Take in a dynsyn_msgs/Status that came at `now` (s, steady clock)."""
        if not self._known:
            self._steps_before, self._falls_before = status.steps, status.falls
            self._evaluations_before, self._known = status.evaluations, True
        before = self._end.steps if self._end is not None else self._steps_before
        self._last = status
        if status.steps <= before:
            return
        if self._anchor is not None:
            mean = (self._end.reward_average + status.reward_average) / 2.0
            self._area += (status.steps - before) * mean
        elif math.isfinite(status.reward):
            self._anchor = status
        if self.started is None:
            self.started, self._first = now, status
        self._end = status

    def finish(self, robot: str, mode: str, checkpoint: str) -> Summary:
        """The summary of what has been taken in so far.

        Raises:
            ValueError: no status has come.
        """
        if self._last is None:
            raise ValueError("the controller reported nothing")
        last = self._last
        ticked = self._end is not None and math.isfinite(last.latency_us_median)
        seconds = _seconds(self._end) - _seconds(self._first) if self._end else 0.0
        changed = self._synapses_changed()
        return Summary(
            robot=robot,
            mode=mode,
            steps=last.steps - self._steps_before,
            seconds=seconds,
            rate_hz=(self._end.steps - self._first.steps) / seconds if seconds > 0 else 0.0,
            falls=last.falls - self._falls_before,
            mean_reward=self._mean_reward(),
            overruns=last.overruns,
            latency_us_median=last.latency_us_median if ticked else None,
            latency_us_p99=last.latency_us_p99 if ticked else None,
            weights_changed=changed > 0,
            checkpoint=checkpoint,
            steps_before=self._steps_before,
            synapses_changed=changed,
            evaluations=max(last.evaluations - self._evaluations_before, 0),
            evaluation_average=last.evaluation_average if last.evaluations else None,
        )

    def _mean_reward(self) -> float | None:
        """Mean of the rewards, recovered from their running mean a.

        Each step does a += (r - a) / N, so the rewards of a span sum to the sum of a plus N times
        its rise; that sum is taken by trapezia between the statuses.
        """
        if self._anchor is None or self._end.steps == self._anchor.steps:
            return None
        rise = self._end.reward_average - self._anchor.reward_average
        steps = self._end.steps - self._anchor.steps
        return (self._area + self._averaging_steps * rise) / steps

    def _synapses_changed(self) -> int:
        if self._weights_first is None:
            return 0
        return sum(
            before != after
            for layer, now in zip(
                self._weights_first.layers, self._weights_last.layers, strict=True
            )
            for before, after in zip(_synapses(layer), _synapses(now), strict=True)
        )


def _synapses(layer: Any) -> list[tuple[float, ...]]:
    """What has been learnt of each synapse; its weight where the learner shows nothing else."""
    columns = [quantity.value for quantity in layer.quantities] or [layer.weight]
    return list(zip(*columns, strict=True))


def _seconds(status: Any) -> float:
    """s of the status's stamp."""
    return status.header.stamp.sec + status.header.stamp.nanosec / 1e9
