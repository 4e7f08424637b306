"""Readings that are suspicious though they come: stamps that cannot be, values that never change.

No ROS. Stamps and the clock they are held against are nanoseconds of the node's clock, other times
of the steady clock.
"""

from __future__ import annotations

from collections.abc import Mapping

from dynsyn_controller.messages.layout import FloatArray

_SECOND = 1_000_000_000
_SPAN = 4 * _SECOND  # ns; a clock that is set by less than a second in it changes nothing
_UNSURE = 0.25


def wrong_stamp(stamp: int, clock: int, tolerance: int) -> str:
    """Why a stamp cannot be that of what is sensed now; empty: it can.

    Args:
        stamp: ns; 0: none was given.
        clock: ns, now.
        tolerance: ns, that a stamp may be off.
    """
    age = clock - stamp
    if stamp == 0:
        return "no stamp"
    if clock == 0:
        return "use_sim_time is true, and nothing has come on /clock"
    if age > tolerance:
        return f"stamp {_seconds(age)} old"
    if -age > tolerance:
        return f"stamp {_seconds(-age)} in the future"
    return ""


def _seconds(time: int) -> str:
    seconds = time / _SECOND
    return f"{seconds:.3g} s" if seconds < 1000.0 else f"{seconds:,.0f} s"


def apart(stamps: Mapping[str, int]) -> str:
    """How the stamps of sources differ, for a person who wonders why lockstep stands still."""
    first = min(stamps.values(), default=0)
    offsets = ", ".join(
        f"{source} {(stamp - first) / 1e3:+g} us" for source, stamp in stamps.items()
    )
    return f"{offsets}, counted from {first / _SECOND:.9f} s"


class Frozen:
    """Finds sources that go on sending exactly the same values.

    Args:
        places: source -> elements of the sensor vector that change on a living robot.
        after: ns that they may stay the same.
    """

    def __init__(self, places: Mapping[str, list[int]], after: int) -> None:
        self._places = {source: each for source, each in places.items() if each}
        self._after = after
        self._last: dict[str, bytes] = {}
        self._since: dict[str, int] = {}

    def look(
        self, sensors: FloatArray, arrived: Mapping[str, int], now: int, moving: bool
    ) -> dict[str, float]:
        """Sources whose values have been the same for too long, and for how many s.

        Args:
            sensors: readings of now.
            arrived: source -> when its last message came, ns; one that is silent says nothing new.
            now: ns.
            moving: the robot is being driven; a robot that rests may sense the same.
        """
        found = {}
        for source, places in self._places.items():
            values = sensors[places].tobytes()
            if values != self._last.get(source) or not moving:
                self._last[source], self._since[source] = values, now
            elif arrived[source] - self._since[source] > self._after:
                found[source] = (arrived[source] - self._since[source]) / _SECOND
        return found


class TimeRate:
    """How fast the time of the stamps runs: 1 on a robot, its realtime_factor in a simulation."""

    def __init__(self) -> None:
        self._first: tuple[int, int] | None = None
        self._rate: float | None = None

    def look(self, stamp: int, now: int) -> float | None:
        """s of the stamps in a second of the steady clock, lately; None: not known yet.

        Args:
            stamp: of the newest observation, ns.
            now: ns, of the steady clock.
        """
        if self._first is None or stamp < self._first[0]:
            self._first = stamp, now
        elif now - self._first[1] >= _SPAN:
            self._rate = (stamp - self._first[0]) / (now - self._first[1])
            self._first = stamp, now
        return self._rate

    def forget(self) -> None:
        """What was seen until now tells nothing of what comes: nobody spoke for a while."""
        self._first = self._rate = None


def differ(found: float, expected: float) -> bool:
    """Whether two rates of time are not the same, but for how busy a machine is."""
    return not 1.0 - _UNSURE < found / expected < 1.0 + _UNSURE
