"""What a guard knows of its robot and the world: readings, how fresh they are, the observation."""

from __future__ import annotations

from typing import Any

import numpy as np

from dynsyn_controller.messages.conversions import NEVER, SensorReader
from dynsyn_controller.messages.layout import FloatArray
from dynsyn_controller.node.freshness import Freshness
from dynsyn_controller.node.parameter_table import ParameterError
from dynsyn_controller.robot.observation import Channel, Observer
from dynsyn_controller.robot.robot import Robot

REWARD = "reward"
"""The source of rewards from a topic."""
_COMMAND = "command"  # the source of an operator's wishes


class Senses:
    """The latest readings, by source.

    Attributes:
        reader: the readings.
        freshness: of each source that must come.
        sources: whose messages are taken: names of sensors, and `REWARD` where it comes by topic.
        clocking: in lockstep, the source that is answered.
        all_stamped: every sensor that must come sends stamps.
        observation: the last one that was asked for, (channels,).

    Args:
        robot: the robot file.
        computed: the reward is computed from the readings.
    """

    def __init__(self, robot: Robot, computed: bool) -> None:
        blocks = robot.reward_blocks if computed else ()
        channels: tuple[Channel, ...] = (*robot.observation, *robot.safety_channels)
        self.reader = SensorReader(robot.layout, channels, blocks)
        places: dict[str, dict[int, str]] = {source: {} for source in self.reader.sources}
        for channel in channels:
            if channel.default is None:
                places[channel.source].setdefault(robot.layout.locate(channel)[0], channel.name)
        for block in blocks:
            where = robot.layout.blocks[block]
            places[block.split(".")[0]] |= dict.fromkeys(range(where.start, where.stop), block)
        optional = dict.fromkeys(c.source for c in channels if c.source not in places)
        self.sources = (*self.reader.sources, *optional)
        if not computed:
            places[REWARD] = {}
            self.sources += (REWARD,)
        self.clocking = next(iter(self.reader.stamps), "") if computed else REWARD
        stamps = self.reader.stamps
        self._unstamped = [source for source in self.reader.sources if source not in stamps]
        self.all_stamped = not self._unstamped and self.clocking != ""
        self.freshness = Freshness(places, self.reader.arrivals, robot.safety.stale_after)
        self._arrived = self.freshness.arrived
        self._all_came = False
        self.observation = np.zeros(len(robot.observation))
        observer = Observer(robot.observation, robot.layout)
        self._observe = observer.bound(self.reader.sensors, self.observation)
        self._commands = [
            (robot.layout.locate(channel)[0], channel.default)
            for channel in robot.observation
            if channel.source == _COMMAND
            and channel.default is not None
            and not robot.reward.knows_command
        ]

    def check_stamped(self) -> None:
        """Check that lockstep can match all that must come by its stamp.

        Raises:
            ParameterError: a sensor bears none.
        """
        if self._unstamped:
            raise ParameterError(
                f"lockstep: messages of sensor {self._unstamped[0]} bear no stamp to match them "
                "by; expected false, or a default for its channels"
            )

    def topic(self, source: str) -> str:
        """Topic of a source, as the node calls it."""
        return REWARD if source == REWARD else self.reader.layout.sensors[source].topic

    def read(self, source: str, message: Any, now: int) -> None:
        """Take a sensor message that came at `now` (ns); see `SensorReader.read`."""
        self.reader.read(source, message, now)
        if source in self._arrived:
            self.freshness.heard(source, now)

    def missing(self) -> list[str]:
        """Names of what has not come yet: channels of the observation, and "reward"."""
        missing = self.reader.missing()
        if self._arrived.get(REWARD) == NEVER:
            missing.append(REWARD)
        return missing

    def waiting(self) -> bool:
        """Whether something has not come yet; quicker than `missing`."""
        if not self._all_came:  # what has come once stays
            reward_came = self._arrived.get(REWARD) != NEVER
            self._all_came = reward_came and self.reader.oldest() != NEVER
        return not self._all_came

    def whole(self, source: str, reward_stamp: int) -> int | None:
        """Stamp (ns) of the observation that the message from `source` just taken makes whole.

        All of it bears the stamp of the newest message of `clocking`. None: there is none.

        Args:
            source: as in `sources`.
            reward_stamp: of the last reward message, ns.
        """
        reader = self.reader
        stamp = reward_stamp if self.clocking == REWARD else reader.stamps[self.clocking]
        if reader.stamps.get(source, stamp) != stamp:  # most times, and quick
            return None
        return stamp if reader.complete(stamp) else None

    def observe(self) -> FloatArray:
        """The observation of the readings of now, (channels,); written over by the next."""
        self._observe()
        return self.observation

    def commanded(self) -> bool:
        """Whether an operator wants something that the reward does not know of."""
        sensors = self.reader.sensors
        return any(sensors[place] != default for place, default in self._commands)
