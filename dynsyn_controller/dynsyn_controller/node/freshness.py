"""Whether what is sensed is fresh: each source by its own rate, on and off with a margin.

A source is stale after so many control periods, or after three of its own periods where it is
slower than control (a lidar of 10 Hz on a robot of 50), or after what the robot file says. Once
stale, all must have been fresh for a few steps before the robot acts again, so that a source at the
edge does not switch its efforts on and off. Times are nanoseconds of the caller's steady clock.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

OWN_PERIODS = 3.0
"""Of its own periods, after which a source is stale."""
LONGEST = 2.0
"""s; a source whose own rate is so slow that this is not enough must be in the robot file."""
FRESH_STEPS = 5
"""Control steps that all must have been fresh for before what was stale is fresh again."""
_SECOND = 1_000_000_000
_LEARNING = 0.125  # of the way to a new interval that the own period goes at each message
_MOST_GROWTH = 2.0  # an interval counts at most as so many own periods: a gap is no new rate


class Freshness:
    """Follows when each source spoke.

    Attributes:
        arrived: source -> when its last message came; `NEVER` before one.
        places: source -> elements of the sensor vector that must come from it.

    Args:
        places: source -> elements of `arrivals` that must come from it, with what they are called;
            none for a source that brings nothing into the sensor vector (the reward).
        arrivals: when each reading came, -1 before it did; kept up to date by its owner.
        stated: source -> s after which it is stale, in place of what its rate says.
    """

    def __init__(
        self,
        places: Mapping[str, Mapping[int, str]],
        arrivals: NDArray[np.int64],
        stated: Mapping[str, float],
    ) -> None:
        self.arrived: dict[str, int] = dict.fromkeys(places, -1)
        self._arrivals = arrivals
        self._stated = {source: round(stated[source] * _SECOND) for source in stated}
        self._own: dict[str, float] = {}
        self.places = {source: list(each) for source, each in places.items()}
        self._names = places
        self._required = np.array([p for each in places.values() for p in each], dtype=np.int64)
        self._limits = np.zeros(self._required.size, dtype=np.int64)
        self._slices: dict[str, slice] = {}
        start = 0
        for source, each in places.items():
            self._slices[source] = slice(start, start + len(each))
            start += len(each)
        self._bare = [source for source, each in places.items() if not each]
        self._limit: dict[str, int] = {}
        self._judged: dict[str, float] = {}  # the own period by which the limit was set
        self._least = 0
        self._stale = False
        self._fresh_steps = 0

    def heard(self, source: str, now: int) -> None:
        """A message of this source has come."""
        before, self.arrived[source] = self.arrived[source], now
        if before < 0:
            return
        own = self._own.get(source)
        interval = float(now - before)
        if own is None:
            own = min(interval, LONGEST * _SECOND / OWN_PERIODS)
        else:
            own += (min(interval, _MOST_GROWTH * own) - own) * _LEARNING
        self._own[source] = own
        judged = self._judged.get(source, 0.0)
        if not 0.9 * judged <= own <= 1.1 * judged:
            self._set(source)

    def stale(self, now: int, least: int) -> bool:
        """Whether anything is too old, in a control step at `now`; to be asked once in each.

        Args:
            now: ns.
            least: age, ns, up to which nothing is stale but what the robot file says so of.
        """
        if least != self._least:
            self._least = least
            for source in self.arrived:
                self._set(source)
        if self._old(now):
            self._stale, self._fresh_steps = True, 0
        elif self._stale:
            self._fresh_steps += 1
            self._stale = self._fresh_steps < FRESH_STEPS
        return self._stale

    def limit(self, source: str) -> int:
        """Age, ns, after which this source is stale; 0 before the first control step."""
        return self._limit.get(source, 0) if self._least > 0 else 0

    def late(self, now: int, after: int | None = None) -> list[str]:
        """What is too old, with its age, for people: sources that are silent, and what is missing
        from those that speak.

        Args:
            now: ns.
            after: age, ns, in place of each source's own.
        """
        found = []
        for source, came in self.arrived.items():
            limit = self._limit.get(source, self._least) if after is None else after
            if came >= 0 and now - came > limit:
                found.append(f"{source} {(now - came) / _SECOND:.2f} s")
                continue
            for place, name in self._names[source].items():
                age = now - int(self._arrivals[place])
                if age > limit and self._arrivals[place] >= 0:
                    found.append(f"{name} {age / _SECOND:.2f} s")
        return found

    def _old(self, now: int) -> bool:
        if ((now - self._arrivals[self._required]) > self._limits).any():
            return True
        return any(now - self.arrived[source] > self._limit[source] for source in self._bare)

    def _judge(self, source: str) -> int:
        if source in self._stated:
            return self._stated[source]
        own = min(OWN_PERIODS * self._own.get(source, 0.0), LONGEST * _SECOND)
        return max(self._least, round(own))

    def _set(self, source: str) -> None:
        self._judged[source] = self._own.get(source, 0.0)
        self._limit[source] = self._limits[self._slices[source]] = self._judge(source)
