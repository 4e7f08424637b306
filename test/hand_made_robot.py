"""A walker without a body: its messages are written and sent by a test."""

from __future__ import annotations

import time

from builtin_interfaces.msg import Time
from nav_msgs.msg import Odometry
from rclpy.duration import Duration
from ros_environment import Peer
from sensor_msgs.msg import Imu, JointState, LaserScan

from dynsyn_msgs.msg import Contacts, Reward


class HandMadeRobot:
    """Publishes all that the walker's observation needs, said by hand.

    Attributes:
        messages: topic -> message; what is changed in them is sent next time.
        silent: topics that `publish` leaves out.
        stamp_offset: s that stamps are off; None: no stamps.
        sent_at: topic -> when it was last sent, s of the steady clock.
    """

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self.silent: set[str] = set()
        self.stamp_offset: float | None = 0.0
        self.sent_at: dict[str, float] = {}
        names = ["knee_2", "hip_2", "knee_1", "hip_1"]
        self.messages = {
            "joint_states": JointState(name=names, position=[0.1] * 4, velocity=[0.2] * 4),
            "imu": Imu(),
            "odom": Odometry(),
            "scan": LaserScan(ranges=[1.0] * 10, range_max=5.0),
            "contacts": Contacts(name=["foot_1", "foot_2"], in_contact=[True, False]),
            "reward": Reward(value=0.1),
        }
        self.messages["imu"].orientation.w = 1.0
        self._publishers = {
            topic: peer.publisher(type(message), topic) for topic, message in self.messages.items()
        }

    def publish(self, *topics: str) -> None:
        """Send the messages of these topics, or of all that are not silent."""
        for topic in topics or self.messages:
            if topic in self.silent:
                continue
            message = self.messages[topic]
            message.header.stamp = self._stamp()
            self._publishers[topic].publish(message)
            self.sent_at[topic] = time.monotonic()

    def _stamp(self) -> Time:
        if self.stamp_offset is None:
            return Time()
        now = self._peer.node.get_clock().now()
        return (now + Duration(nanoseconds=round(self.stamp_offset * 1e9))).to_msg()
