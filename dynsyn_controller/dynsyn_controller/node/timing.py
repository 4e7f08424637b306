"""Deadlines of the steady clock and figures of how well a loop keeps them; no ROS, no waiting.

All times are nanoseconds of a steady clock (`time.monotonic_ns`), passed in by the caller.
"""

from __future__ import annotations

from collections import deque

import numpy as np

SECOND = 1_000_000_000
MARGIN = 0.05
PATIENCE = 0.25
EARLIEST = 0.4
IN_STEP = 10
LEAST_APART = 0.7  # less than 1 - PATIENCE, or no step would ever be the first to be early
LEAST_MARGIN = 500_000  # ns
SLOWNESS = 100
WINDOW = 1000
"""Ticks over which latencies are taken."""


class Deadlines:
    """Equally spaced deadlines that never drift; what is missed is skipped and counted.

    Attributes:
        period: ns, > 0.
        next: the deadline to wait for, ns.
        overruns: deadlines skipped since the start.

    Args:
        period: ns, > 0.
        now: ns; the first deadline is one period later.
    """

    def __init__(self, period: int, now: int) -> None:
        self.period = period
        self.next = now + period
        self.overruns = 0

    def remaining(self, now: int) -> int:
        """ns until the next deadline; 0 or less: it has come."""
        return self.next - now

    def advance(self, now: int) -> int:
        """The tick of the next deadline is being done: go on to the first one after `now`.

        Returns:
            Deadlines skipped, because a whole period or more has gone by since this one.
        """
        skipped = max(0, (now - self.next) // self.period)
        self.next += (skipped + 1) * self.period
        self.overruns += skipped
        return skipped

    def change_period(self, period: int, now: int) -> None:
        """From now on another period (ns, > 0)."""
        self.period = period
        self.next = now + period


class Steps(Deadlines):
    """Deadlines of control steps, each of which may be met early.

    Where all that a step needs bears one stamp, it is known when an observation is whole. If one
    came for each of the last `IN_STEP` steps, the sender keeps the loop's own rate, and a step is
    done as soon as the next is whole. The deadline is there for late ones.
    """

    def __init__(self, period: int, now: int) -> None:
        super().__init__(period, now)
        self._last = self._due = now
        self._whole = 0  # observations since the step before
        self._answered = 0  # steps in a row for which one came

    def observe(self) -> None:
        """An observation has become whole."""
        self._whole += 1

    def early(self, now: int) -> bool:
        """Whether the next deadline is to be met now already.

        Never by more than `EARLIEST` of a period, and never sooner than `LEAST_APART` of one after
        the step before: limits of a step are those of a period.
        """
        left, gone = self.next - now, now - self._last
        met = self._answered >= IN_STEP and self._whole == 1
        return met and 0 < left <= EARLIEST * self.period and gone >= LEAST_APART * self.period

    def advance(self, now: int) -> int:
        """See `Deadlines`; the step is done now."""
        self._last, self._due = now, max(now, self.next)
        self._answered = self._answered + 1 if self._whole == 1 else 0
        self._whole = 0
        return super().advance(now)

    def align(self, newest: int) -> None:
        """Move the next deadline a little, so that steps come soon after what they depend on.

        A deadline is wanted `MARGIN` of a period, at least `LEAST_MARGIN`, after the last message
        before it; where it is there for late observations alone, `PATIENCE` of a period. Moved by
        at most one part in `SLOWNESS` of a period at a time, the rate stays what it is to 1 % and a
        sender at the same rate is soon met at the same phase every time.

        Args:
            newest: when the last message before the step just done came, ns.
        """
        latency = self._due - newest
        if latency >= self.period:
            return
        margin = max(LEAST_MARGIN, round(MARGIN * self.period))
        wanted = round(PATIENCE * self.period) if self._answered > IN_STEP else margin
        most = self.period // SLOWNESS
        self.next -= min(most, max(-most, (latency - wanted) // 10))


class Pace:
    """Says when something that happens at a rate is due; never more than once for a long wait.

    Args:
        rate: Hz; 0: never.
    """

    def __init__(self, rate: float) -> None:
        self.set_rate(rate)

    def set_rate(self, rate: float) -> None:
        """From now on another rate (Hz; 0: never); due at once."""
        self._period = int(SECOND / rate) if rate > 0 else 0
        self._next = 0

    def due(self, now: int) -> bool:
        """Whether it is time; then the next time is one period later."""
        if self._period == 0 or now < self._next:
            return False
        self._next += self._period
        if self._next <= now:
            self._next = now + self._period
        return True


class LoopTiming:
    """Latencies of the last `WINDOW` ticks and the rate over the last second."""

    def __init__(self) -> None:
        self.ticks = 0
        self._answers = 0
        self._latency = np.zeros(WINDOW)
        self._samples: deque[tuple[int, int]] = deque()

    def record(self, latency: int | None) -> None:
        """Count one tick; `latency` in ns from the observation received to the command sent.

        None where the command answered no fresh observation: then it tells nothing of this loop.
        """
        self.ticks += 1
        if latency is not None:
            self._latency[self._answers % WINDOW] = latency
            self._answers += 1

    def latency_us(self) -> tuple[float, float]:
        """Median and 99th percentile in us; NaN before the first answer."""
        if self._answers == 0:
            return float("nan"), float("nan")
        median, high = np.percentile(self._latency[: self._answers], (50.0, 99.0))
        return float(median) / 1e3, float(high) / 1e3

    def rate(self, now: int) -> float:
        """Ticks per second over the last second or a little more; to be asked often."""
        self._samples.append((now, self.ticks))
        while len(self._samples) > 2 and now - self._samples[1][0] >= SECOND:
            self._samples.popleft()
        then, ticks = self._samples[0]
        return (self.ticks - ticks) * SECOND / (now - then) if now > then else 0.0
