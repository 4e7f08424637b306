"""What a person should know of a running controller: states that begin and end, and moments.

A state is told when it begins and when it ends, never left out, and again and again while it lasts.
Moments of one name that follow each other quickly are told once and counted. No ROS: what is told
goes to a callback. Times are nanoseconds of the caller's steady clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

_SECOND = 1_000_000_000
_FIRST_REPEAT, _LAST_REPEAT = 30 * _SECOND, 600 * _SECOND
_MOMENTS_APART = 5 * _SECOND


class Level(IntEnum):
    """How much it matters; as in dynsyn_msgs/Event."""

    INFO = 0
    WARNING = 1
    ERROR = 2


@dataclass(frozen=True)
class Event:
    """Something that is told.

    Attributes:
        level: how much it matters.
        name: what it is about, such as "stale".
        active: a state that has begun or lasts; False: one that has ended, or a moment.
        text: one line.
        again: told before; it only still lasts.
    """

    level: Level
    name: str
    active: bool
    text: str
    again: bool = False


class Events:
    """States and moments by name.

    Args:
        tell: called with each event.
    """

    def __init__(self, tell: Callable[[Event], None]) -> None:
        self._tell = tell
        self._states: dict[str, tuple[Event, int, int]] = {}  # event, next repeat, then how long
        self._told: dict[str, int] = {}
        self._held_back: dict[str, tuple[Event, int]] = {}  # the last one, and how many

    def begin(self, name: str, text: str, now: int, level: Level = Level.WARNING) -> None:
        """A state has begun; while it lasts already, only its text for later is replaced."""
        event = Event(level, name, True, text)
        if name in self._states:
            _, due, period = self._states[name]
            self._states[name] = event, due, period
            return
        self._states[name] = event, now + _FIRST_REPEAT, 2 * _FIRST_REPEAT
        self._tell(event)

    def end(self, name: str, text: str) -> None:
        """A state has ended; nothing where it had not begun."""
        if self._states.pop(name, None) is not None:
            self._tell(Event(Level.INFO, name, False, text))

    def lasts(self, name: str) -> bool:
        """Whether this state has begun and not ended."""
        return name in self._states

    def moment(self, name: str, text: str, now: int, level: Level = Level.WARNING) -> None:
        """Something has happened."""
        event = Event(level, name, False, text)
        if now - self._told.get(name, -_MOMENTS_APART) < _MOMENTS_APART:
            self._held_back[name] = event, self._held_back.get(name, (event, 0))[1] + 1
            return
        self._told[name] = now
        self._tell(event)

    def remind(self, now: int) -> None:
        """Tell again which states last, and what was held back; to be called now and then."""
        for name, (event, due, period) in self._states.items():
            if now >= due:
                self._states[name] = event, now + period, min(2 * period, _LAST_REPEAT)
                self._tell(Event(event.level, name, True, f"still: {event.text}", again=True))
        for name, (event, count) in list(self._held_back.items()):
            if now - self._told[name] >= _MOMENTS_APART:
                del self._held_back[name]
                self._told[name] = now
                text = event.text if count == 1 else f"{event.text} (and {count - 1} more like it)"
                self._tell(Event(event.level, name, False, text))
