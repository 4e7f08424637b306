"""Readings that come with names: sensor_msgs/JointState, dynsyn_msgs/Contacts and Readings.

A sender may list its names in any order, in several messages, and names that nobody needs. The
permutation is worked out once for each order.
"""

from __future__ import annotations

from typing import Any

from dynsyn_controller.messages.base import MessageError, Part

MOST_ORDERS = 32
"""Orders of names that are remembered; beyond it are senders that shuffle."""

_Picks = list[tuple[str, list[int], list[int]]]


class NamedExtractor:
    """See `base.Extractor`.

    Args:
        part: blocks of the sensor in the sensor vector.
        wanted: elements of the sensor vector.
        names: of the elements of every block; others in a message are passed over.
        fields: block -> field of the message.
    """

    def __init__(
        self, part: Part, wanted: set[int], names: tuple[str, ...], fields: dict[str, str]
    ) -> None:
        self._places: dict[str, dict[str, int]] = {}
        for block, where in part.items():
            pairs = zip(names, range(where.start, where.stop), strict=True)
            self._places[fields[block]] = {name: place for name, place in pairs if place in wanted}
        self.places = [place for places in self._places.values() for place in places.values()]
        self.orders: dict[tuple[str, ...], _Picks] = {}
        self._last: list[str] | None = None
        self._picks: _Picks = []

    def extract(self, message: Any) -> tuple[list[float], list[int]]:
        """See `base.Extractor`."""
        names = message.name
        if names != self._last:
            self._picks = self._match(tuple(names))
            self._last = list(names)
        values: list[float] = []
        places: list[int] = []
        for field, indices, targets in self._picks:
            readings = getattr(message, field)
            if len(readings) == len(names):
                values += [readings[index] for index in indices]
                places += targets
            elif len(readings) > 0:  # empty is the message's way to say: not measured
                raise MessageError(f"{field}: {len(readings)} values for {len(names)} names")
        return values, places

    def _match(self, names: tuple[str, ...]) -> _Picks:
        known = self.orders.get(names)
        if known is not None:
            return known
        if len(set(names)) != len(names):
            raise MessageError(f"a name appears twice in {', '.join(names)}")
        picks = []
        for field, places in self._places.items():
            indices = [index for index, name in enumerate(names) if name in places]
            if indices:
                picks.append((field, indices, [places[names[i]] for i in indices]))
        if len(self.orders) < MOST_ORDERS:
            self.orders[names] = picks
        return picks
