"""Sensor messages <-> sensor vectors, by name, in both directions.

The controller reads sensors, the bridge writes them (commands: see `commands`). What is special to
a type of messages is in its own file (`registry`). The reader takes any object with a message's
fields; the writer fills the messages that it is given, over and over, because that is what keeps a
step short.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from dynsyn_controller.messages.base import COPY, Extractor, MessageError
from dynsyn_controller.messages.layout import FloatArray, SensorLayout
from dynsyn_controller.messages.plausible import complaint, plausible

__all__ = ["MessageError", "SensorReader", "SensorWriter", "set_stamp", "stamp_nanoseconds"]

NEVER = -1
"""Arrival of a reading that has not come yet."""
_NANO = 1_000_000_000
_NONE: frozenset[int] = frozenset()


def stamp_nanoseconds(stamp: Any) -> int:
    """A builtin_interfaces/Time in nanoseconds."""
    return stamp.sec * _NANO + stamp.nanosec


def set_stamp(stamp: Any, nanoseconds: int) -> None:
    """Write nanoseconds (>= 0) into a builtin_interfaces/Time."""
    stamp.sec, stamp.nanosec = divmod(nanoseconds, _NANO)


class SensorReader:
    """Collects messages in one sensor vector and knows what has arrived when.

    Only what is asked for is read: a NaN in a field that nobody needs (ros2_control publishes them
    for what a joint does not measure) refuses no message.

    Attributes:
        layout: of the vector.
        sensors: (layout.size,) the readings; until a message comes the channel's default, otherwise
            0 and the identity orientation.
        arrivals: (layout.size,) when each reading came, ns in the caller's clock; `NEVER` before.
        sources: names of the sensors that must come.
        stamps: each of these whose messages have a header -> stamp of its last message, ns; 0
            before the first.
        orders: sensors whose readings come with names -> the orders of names seen so far.

    Args:
        layout: of the robot file (`Robot.layout`).
        channels: the robot file's observation (`robot.observation.Channel`).
        blocks: blocks of the layout that are needed beside it, for example for the reward.

    Raises:
        ValueError: a channel reads something that the layout does not have.
    """

    def __init__(
        self, layout: SensorLayout, channels: Iterable[Any], blocks: Iterable[str] = ()
    ) -> None:
        channels = tuple(channels)
        self.layout = layout
        self.sensors = layout.zeros()
        self.arrivals = np.full(layout.size, NEVER, dtype=np.int64)
        self._elements = {channel.name: _elements(layout, channel) for channel in channels}
        self._elements |= {name: list(range(layout.size))[layout.blocks[name]] for name in blocks}
        self._defaults = {
            self._elements[channel.name][0]: channel.default
            for channel in channels
            if channel.default is not None
        }
        self.expire(before=0)
        self._plausible = _limits(layout, channels)
        wanted = {element for elements in self._elements.values() for element in elements}
        required = wanted - self._defaults.keys()
        self._required = np.array(sorted(required), dtype=np.int64)
        self._extractors = _extractors(layout, wanted)
        self._needed: dict[str, frozenset[int]] = {}
        for source, extractor in self._extractors.items():
            needed = required.intersection(extractor.places)
            if needed:
                self._needed[source] = frozenset(needed)
        self.sources = tuple(self._needed)
        stamped = (source for source in self.sources if layout.sensors[source].stamped)
        self.stamps = dict.fromkeys(stamped, 0)
        # What has not come yet of the observation with the last stamp.
        self._remaining = {source: self._needed[source] for source in self.stamps}
        self.orders: Mapping[str, Mapping[tuple[str, ...], Any]] = {
            source: extractor.orders for source, extractor in self._extractors.items()
        }

    def read(self, source: str, message: Any, arrival: int) -> None:
        """Take the readings of one message.

        Args:
            source: name of a sensor of the layout; one that nothing is read of is passed over.
            message: of that sensor's type.
            arrival: when it came, ns >= 0, in any clock of the caller's.

        Raises:
            MessageError: lengths that do not match, a needed reading that is not plausible, or an
                orientation that is none; nothing of the message has been taken.
        """
        extractor = self._extractors.get(source)
        if extractor is None:
            return
        try:
            values, places = extractor.extract(message)
        except MessageError as error:
            raise MessageError(f"{source}: {error}") from None
        limits = self._plausible
        for place, value in zip(places, values, strict=True):
            low, high = limits[place]
            if not low <= value <= high:  # nor is NaN
                raise MessageError(f"{source}: {self._blame(place, value)}")
        sensors, arrivals = self.sensors, self.arrivals
        for place, value in zip(places, values, strict=True):  # quicker than indexing by a list
            sensors[place] = value
            arrivals[place] = arrival
        if source in self.stamps:
            self._note(source, stamp_nanoseconds(message.header.stamp), places)

    def missing(self) -> list[str]:
        """Names of the channels (and blocks) that must come and have not all come yet."""
        return self._older(NEVER + 1)

    def late(self, before: int, but: Iterable[str] = ()) -> dict[str, int]:
        """Channels (and blocks) that came earlier than this, with when that was.

        Those that never came are not among them.

        Args:
            before: ns.
            but: names of sensors whose channels are left out.
        """
        out = set().union(*(self._extractors[source].places for source in but))
        return {
            name: int(self.arrivals[self._elements[name]].min())
            for name in self._older(before)
            if out.isdisjoint(self._elements[name])
            and (self.arrivals[self._elements[name]] != NEVER).all()
        }

    def oldest(self) -> int:
        """Arrival of the oldest of the readings that must come; `NEVER` while one is missing."""
        return int(self.arrivals[self._required].min(initial=np.iinfo(np.int64).max))

    def complete(self, stamp: int) -> bool:
        """Whether all that must come is there and bears this stamp (ns)."""
        for source, there in self.stamps.items():
            if there != stamp or self._remaining[source]:
                return False
        return True

    def expire(self, before: int) -> None:
        """Put readings that may be absent back to their defaults if they came earlier than this."""
        for element, value in self._defaults.items():
            if self.arrivals[element] < before:
                self.sensors[element] = value

    def _older(self, before: int) -> list[str]:
        return [
            name
            for name, elements in self._elements.items()
            if elements[0] not in self._defaults and (self.arrivals[elements] < before).any()
        ]

    def _note(self, source: str, stamp: int, places: list[int]) -> None:
        """A message with this stamp brought readings to these places."""
        if stamp != self.stamps[source]:
            self.stamps[source] = stamp
            self._remaining[source] = self._needed[source]
        if self._remaining[source]:
            if len(places) == len(self._extractors[source].places):  # all there is, and quicker
                self._remaining[source] = _NONE
            else:
                self._remaining[source] = self._remaining[source].difference(places)

    def _blame(self, place: int, value: float) -> str:
        name, unit = self.layout.element(place)
        return complaint(name, value, self._plausible[place], unit)


def _elements(layout: SensorLayout, channel: Any) -> list[int]:
    first, operation = layout.locate(channel)
    return [first] if operation == COPY else list(range(first, first + 4))


def _limits(layout: SensorLayout, channels: Iterable[Any]) -> list[tuple[float, float]]:
    """Least and greatest plausible reading of every element of the vector."""
    units = [layout.element(place)[1] for place in range(layout.size)]
    limits: dict[int, tuple[float, float]] = {}
    for channel in channels:
        place, operation = layout.locate(channel)
        if operation == COPY:
            low, high = channel.plausible or plausible(channel.unit, units[place])
            least, most = limits.get(place, (low, high))
            limits[place] = max(least, low), min(most, high)
    return [limits.get(place) or plausible(unit) for place, unit in enumerate(units)]


def _extractors(layout: SensorLayout, wanted: set[int]) -> dict[str, Extractor]:
    """Sensor -> what reads its messages, for the sensors from which any of `wanted` comes."""
    found = {
        name: sensor.extractor(layout.part(name), wanted) for name, sensor in layout.sensors.items()
    }
    return {name: extractor for name, extractor in found.items() if extractor.places}


class SensorWriter:
    """Fills messages from a sensor vector; what a `SensorReader` makes of them is that vector.

    Attributes:
        messages: sensor -> the message that is filled, over and over.

    Args:
        layout: of the sensor vectors to come.
        messages: an empty message for each sensor to be written; fields that never change are set
            here once and left alone.
    """

    def __init__(self, layout: SensorLayout, messages: dict[str, Any]) -> None:
        self.messages = messages
        self._fill = [
            layout.sensors[name].writer(layout.part(name), message)
            for name, message in messages.items()
        ]
        self._stamps = [
            message.header.stamp
            for name, message in messages.items()
            if layout.sensors[name].stamped
        ]

    def write(self, sensors: FloatArray, nanoseconds: int) -> None:
        """Fill all messages from `sensors` (layout.size,), with this stamp."""
        seconds, rest = divmod(nanoseconds, _NANO)
        for stamp in self._stamps:
            stamp.sec, stamp.nanosec = seconds, rest
        readings = sensors.tolist()  # one conversion to Python numbers, then only picking
        for fill in self._fill:
            fill(readings)
