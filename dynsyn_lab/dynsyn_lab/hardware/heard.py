"""Listens to a robot's topics for a while, before anything moves, for `dynsyn robot check`."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rclpy.qos import QoSProfile, ReliabilityPolicy
from std_msgs.msg import String

from dynsyn_controller.messages.base import MessageError
from dynsyn_controller.messages.conversions import stamp_nanoseconds
from dynsyn_controller.messages.wire import Decoder
from dynsyn_controller.node.qos import LATCHED
from dynsyn_controller.node.senses import Senses
from dynsyn_controller.robot.robot import Robot
from dynsyn_lab.live.client import ControllerClient

_ANY = QoSProfile(depth=100, reliability=ReliabilityPolicy.BEST_EFFORT)
"""Hears every sender, whatever its reliability."""


@dataclass
class Source:
    """What was heard of one sensor.

    Attributes:
        topic: full name.
        kind: its message type, such as sensor_msgs/Imu.
        stamped: its messages have a header.
        came: s of the steady clock, of each message.
        ages: s, of each stamp when its message came.
        stamps: ns.
        values: readings after each message, (elements,).
        names: of the joints or the like that the messages hold, in their order.
        frame: frame id of the last message.
        inertia: orientation (x, y, z, w) and linear acceleration of the last message that has them.
        refused: why messages could not be used.
    """

    topic: str
    kind: str
    stamped: bool
    came: list[float] = field(default_factory=list)
    ages: list[float] = field(default_factory=list)
    stamps: list[int] = field(default_factory=list)
    values: list[NDArray[np.float64]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    frame: str = ""
    inertia: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    refused: set[str] = field(default_factory=set)

    @property
    def rate(self) -> float:
        """Hz, of the messages heard; 0 where there are fewer than two."""
        if len(self.came) < 2:
            return 0.0
        return (len(self.came) - 1) / (self.came[-1] - self.came[0])


@dataclass
class Heard:
    """What was heard of a robot.

    Attributes:
        robot: its robot file.
        senses: its readings at the end.
        sources: by name.
        topics: full name of each topic that somebody publishes -> its types.
        description: the URDF on robot_description; empty: none is published.
        seconds: listened for.
    """

    robot: Robot
    senses: Senses
    sources: dict[str, Source]
    topics: dict[str, list[str]] = field(default_factory=dict)
    description: str = ""
    seconds: float = 0.0


class Listener:
    """Subscribes to what a robot file reads.

    Args:
        client: node and namespace to listen from.
        robot: the robot file.
    """

    def __init__(self, client: ControllerClient, robot: Robot) -> None:
        self._client = client
        senses = Senses(robot, computed=True)
        node = client.node
        self.heard = Heard(robot, senses, {})
        self._places: dict[str, list[int]] = {}
        self._subscriptions = []
        for name in senses.sources:
            sensor = robot.layout.sensors[name]
            topic = node.resolve_topic_name(sensor.topic)
            self.heard.sources[name] = Source(topic, sensor.message, sensor.stamped)
            parts = robot.layout.part(name).values()
            self._places[name] = [at for part in parts for at in range(part.start, part.stop)]
            self._listen(name, sensor.message_type(), topic)
        self._subscriptions.append(
            node.create_subscription(String, "robot_description", self._describe, LATCHED)
        )

    def listen(self, seconds: float) -> Heard:
        """Listen for so long; returns all that was heard so far."""
        self._client.poll(seconds)
        self.heard.seconds += seconds
        self.heard.topics = dict(self._client.node.get_topic_names_and_types())
        return self.heard

    def close(self) -> None:
        """Take the subscriptions away."""
        for subscription in self._subscriptions:
            self._client.node.destroy_subscription(subscription)

    def _listen(self, name: str, kind: type, topic: str) -> None:
        decoder = Decoder(kind)

        def take(data: bytes) -> None:
            self._take(name, decoder, data)

        self._subscriptions.append(
            self._client.node.create_subscription(kind, topic, take, _ANY, raw=True)
        )

    def _take(self, name: str, decoder: Decoder, data: bytes) -> None:
        source, now = self.heard.sources[name], time.monotonic()
        source.came.append(now)
        try:
            message: Any = decoder.decode(data)
            if source.stamped:
                stamp = stamp_nanoseconds(message.header.stamp)
                source.stamps.append(stamp)
                source.ages.append(time.time() - stamp / 1e9)
                source.frame = message.header.frame_id
            if hasattr(message, "linear_acceleration"):
                q, a = message.orientation, message.linear_acceleration
                source.inertia = (q.x, q.y, q.z, q.w), (a.x, a.y, a.z)
            names = getattr(message, "name", [])
            source.names = list(names) if isinstance(names, list) else []
            self.heard.senses.read(name, message, round(now * 1e9))
        except MessageError as error:
            source.refused.add(str(error))
        else:
            source.values.append(self.heard.senses.reader.sensors[self._places[name]])

    def _describe(self, message: String) -> None:
        self.heard.description = message.data
