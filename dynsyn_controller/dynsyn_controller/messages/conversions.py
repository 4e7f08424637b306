"""Sensor messages <-> sensor vectors, by name, in both directions.

The controller reads sensors, the bridge writes them (commands: see `commands`). No message type is
imported here: the reader takes any object with the message's fields, the writer fills the messages
that it is given, once made and then reused, because that is what keeps a step short. Joints and
contacts are matched by name; the permutation is worked out when the names change.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable
from typing import Any

import numpy as np

from dynsyn_controller.messages.readings import MessageError, takers
from dynsyn_controller.robot.sensors import JOINT_FIELDS, FloatArray, SensorLayout

__all__ = ["MessageError", "SensorReader", "SensorWriter", "set_stamp", "stamp_nanoseconds"]

STAMPED = ("joint_states", "imu", "odom", "scan", "contacts")
"""Sources whose messages carry a header; `command` (geometry_msgs/Twist) has none."""
NEVER = -1
"""Arrival of a reading that has not come yet."""
_NANO = 1_000_000_000


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
        sources: topics that must come, in the order of `STAMPED`.
        stamps: each of these -> stamp of its last message, ns; 0 before the first.

    Args:
        layout: of the robot file (`Robot.layout`).
        channels: the robot file's observation (`robot.Channel`).
        blocks: blocks of the layout that are needed beside it, for example for the reward.

    Raises:
        ValueError: a channel reads something that the layout does not have.
    """

    def __init__(
        self, layout: SensorLayout, channels: Iterable[Any], blocks: Iterable[str] = ()
    ) -> None:
        self.layout = layout
        channels = tuple(channels)
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
        wanted = {element for elements in self._elements.values() for element in elements}
        required = wanted - self._defaults.keys()
        self._required = np.array(sorted(required), dtype=np.int64)
        self._all_came = False
        self._takers = takers(layout, wanted)
        self.sources = tuple(
            source
            for source in STAMPED
            if source in self._takers and not required.isdisjoint(self._takers[source].places)
        )
        self.stamps = dict.fromkeys(self.sources, 0)

    def read(self, source: str, message: Any, arrival: int) -> None:
        """Take the readings of one message.

        Args:
            source: topic as in the robot file: joint_states, imu, odom, scan, contacts or command.
            message: sensor_msgs/JointState, Imu, LaserScan, nav_msgs/Odometry, dynsyn_msgs/Contacts
                or geometry_msgs/Twist.
            arrival: when it came, ns >= 0, in any clock of the caller's.

        Raises:
            MessageError: lengths that do not match, a needed reading that is not finite, or an
                orientation that is none; nothing of the message has been taken.
        """
        taker = self._takers.get(source)
        if taker is None:
            return
        try:
            values, places = taker.take(message)
        except MessageError as error:
            raise MessageError(f"{source}: {error}") from None
        if not math.isfinite(sum(values)):
            raise MessageError(f"{source}: {self._blame(values, places)}")
        sensors, arrivals = self.sensors, self.arrivals
        for place, value in zip(places, values, strict=True):  # quicker than indexing by a list
            sensors[place] = value
            arrivals[place] = arrival
        if source in self.stamps:
            self.stamps[source] = stamp_nanoseconds(message.header.stamp)

    def missing(self) -> list[str]:
        """Names of the channels (and blocks) that must come and have not all come yet."""
        return [
            name
            for name, elements in self._elements.items()
            if elements[0] not in self._defaults and (self.arrivals[elements] == NEVER).any()
        ]

    def oldest(self) -> int:
        """Arrival of the oldest of the readings that must come; `NEVER` while one is missing."""
        return int(self.arrivals[self._required].min(initial=np.iinfo(np.int64).max))

    def complete(self, stamp: int) -> bool:
        """Whether all that must come is there and bears this stamp (ns)."""
        if any(there != stamp for there in self.stamps.values()):
            return False
        self._all_came = self._all_came or self.oldest() != NEVER
        return self._all_came

    def expire(self, before: int) -> None:
        """Put readings that may be absent back to their defaults if they came earlier than this."""
        for element, value in self._defaults.items():
            if self.arrivals[element] < before:
                self.sensors[element] = value

    def _blame(self, values: list[float], places: list[int]) -> str:
        found = next((v, p) for v, p in zip(values, places, strict=True) if not math.isfinite(v))
        return f"{_name(self.layout, found[1])}: found {found[0]}, expected a finite number"


def _elements(layout: SensorLayout, channel: Any) -> list[int]:
    first, operation = layout.locate(channel)
    if operation == 0:
        return [first]
    if channel.default is not None:
        raise ValueError(f"channel {channel.name}: an orientation has no default")
    return list(range(first, first + 4))


def _name(layout: SensorLayout, place: int) -> str:
    """What an element of the sensor vector is called in an error."""
    block, where = next((b, s) for b, s in layout.blocks.items() if s.start <= place < s.stop)
    index = place - where.start
    if block.startswith("joint."):
        return f"{block.removeprefix('joint.')} of {layout.joints[index]}"
    if block == "contacts":
        return layout.contacts[index]
    return f"ray {index}" if block == "scan" else f"{block.split('.')[1]}.{'xyzw'[index]}"


class SensorWriter:
    """Fills messages from a sensor vector; what a `SensorReader` makes of them is that vector.

    Attributes:
        messages: source -> the message that is filled, over and over.

    Args:
        layout: of the sensor vectors to come.
        messages: an empty message for each source to be written; frame ids and other fields that
            never change are set here once and left alone.
        period: s between scans.
        range_max: m; a ray at or beyond it is written as +inf (REP-117).
        scan_angles: rad; of the first ray, and between rays.
    """

    def __init__(
        self,
        layout: SensorLayout,
        messages: dict[str, Any],
        period: float = 0.0,
        range_max: float = 0.0,
        scan_angles: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        self.messages = messages
        self._places = layout.blocks
        self._fill = [
            (getattr(self, f"_write_{source}"), message) for source, message in messages.items()
        ]
        self._stamps = [message.header.stamp for message in messages.values()]
        if "joint_states" in messages:
            messages["joint_states"].name = list(layout.joints)
        if "imu" in messages:
            messages["imu"].linear_acceleration_covariance[0] = -1.0  # simulations give none
        if "contacts" in messages:
            messages["contacts"].name = list(layout.contacts)
        if "scan" in messages:
            scan = messages["scan"]
            first, between = scan_angles
            scan.angle_min, scan.angle_increment = first, between
            scan.angle_max = first + (layout.rays - 1) * between
            scan.scan_time, scan.range_min, scan.range_max = period, 0.0, range_max
            self._range_max = range_max

    def write(self, sensors: FloatArray, nanoseconds: int) -> None:
        """Fill all messages from `sensors` (layout.size,), with this stamp."""
        seconds, rest = divmod(nanoseconds, _NANO)
        for stamp in self._stamps:
            stamp.sec, stamp.nanosec = seconds, rest
        readings = sensors.tolist()  # one conversion to Python numbers, then only picking
        for fill, message in self._fill:
            fill(message, readings)

    def _write_joint_states(self, message: Any, readings: list[float]) -> None:
        for field in JOINT_FIELDS:
            setattr(message, field, array("d", readings[self._places[f"joint.{field}"]]))

    def _write_imu(self, message: Any, readings: list[float]) -> None:
        self._orient(message.orientation, readings[self._places["imu.orientation"]])
        self._point(message.angular_velocity, readings[self._places["imu.angular_velocity"]])

    def _write_odom(self, message: Any, readings: list[float]) -> None:
        pose, twist = message.pose.pose, message.twist.twist
        self._point(pose.position, readings[self._places["odom.position"]])
        self._orient(pose.orientation, readings[self._places["odom.orientation"]])
        self._point(twist.linear, readings[self._places["odom.linear"]])
        self._point(twist.angular, readings[self._places["odom.angular"]])

    def _write_scan(self, message: Any, readings: list[float]) -> None:
        limit, rays = self._range_max, readings[self._places["scan"]]
        message.ranges = array("f", [math.inf if ray >= limit else ray for ray in rays])

    def _write_contacts(self, message: Any, readings: list[float]) -> None:
        message.in_contact = [value > 0.5 for value in readings[self._places["contacts"]]]

    @staticmethod
    def _point(field: Any, values: list[float]) -> None:
        field.x, field.y, field.z = values

    @staticmethod
    def _orient(field: Any, values: list[float]) -> None:
        field.x, field.y, field.z, field.w = values
