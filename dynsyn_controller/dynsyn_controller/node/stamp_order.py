"""Messages whose stamp does not follow that of their source's last one: a replay, or a stranger.

No ROS. Stamps are nanoseconds of the senders' clock, arrivals of the caller's steady clock.
"""

from __future__ import annotations

from typing import Any

from dynsyn_controller.messages.conversions import stamp_nanoseconds
from dynsyn_controller.messages.layout import SensorLayout
from dynsyn_controller.node.freshness import Freshness


class StampOrder:
    """Says which messages of a source, in real time, belong to another time than the rest.

    The limit is the time after which the source is stale. One whose stamp lies before the last
    one's by more would be stale if it were alone; one that is ahead of it by more than the time
    since it came, and the limit, is of another clock. Both are refused while messages that follow
    each other still come. Once none has come for the limit, the next is taken whatever its stamp:
    the sender's clock has been set.

    Of messages that have waited because this process was held up, it is not known when they came,
    and some may be lost: all are taken, and the last one counts.

    Messages that bring only part of their source's names are all taken: several computers may send
    them.

    Args:
        layout: of the sensors.
        freshness: of the sources.
    """

    def __init__(self, layout: SensorLayout, freshness: Freshness) -> None:
        self._freshness = freshness
        self._last: dict[str, tuple[int, int]] = {}  # source -> stamp and arrival
        self._names = {
            name: max(len(block.elements) for block in sensor.blocks())
            for name, sensor in layout.sensors.items()
        }

    def refusal(
        self, source: str, message: Any, now: int, factor: float, waited: bool = False
    ) -> str:
        """Why a message must not be used; empty: it may, and the next is held against it.

        Args:
            source: whose messages have a header.
            message: it; a stamp of zero says nothing.
            now: when it came, ns.
            factor: s of the stamps in a second of the steady clock.
            waited: it may have waited here.
        """
        stamp = stamp_nanoseconds(message.header.stamp)
        names = getattr(message, "name", None)
        if stamp == 0 or (names is not None and len(names) < self._names[source]):
            return ""
        last, limit = self._last.get(source), self._freshness.limit(source)
        if last is not None and limit > 0 and not waited:  # known from the first control step on
            passed = now - last[1]
            if passed <= limit:
                step = stamp - last[0]
                if step < -limit * factor:
                    return f"stamp {-step / 1e9:.3g} s older than that of the message before"
                if step > (passed + limit) * factor:
                    return f"stamp {step / 1e9:.3g} s ahead of that of the message before"
        self._last[source] = stamp, now
        return ""
