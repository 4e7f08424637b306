"""What the controller node subscribes to."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rclpy.qos import QoSPolicyKind
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import Imu, JointState, LaserScan

from dynsyn_controller.messages.conversions import MessageError
from dynsyn_controller.messages.wire import Decoder
from dynsyn_controller.node.guard import REWARD, Guard
from dynsyn_controller.node.parameter_table import ParameterError
from dynsyn_controller.node.publishers import QOS
from dynsyn_msgs.msg import Contacts, Reward

MESSAGES: dict[str, type] = {
    "joint_states": JointState,
    "imu": Imu,
    "odom": Odometry,
    "scan": LaserScan,
    "contacts": Contacts,
    "command": Twist,
    REWARD: Reward,
}
_OVERRIDABLE = (QoSPolicyKind.RELIABILITY, QoSPolicyKind.DEPTH)
_OVERRIDES = "qos_overrides"
_OWN_OVERRIDES = ("/clock.", "/parameter_events.", "/rosout.")


class Inputs:
    """Subscriptions that hand messages to a guard; one that cannot be used is refused.

    Reliability and depth can be overridden by ROS's own parameters, such as
    `qos_overrides./imu.subscription.reliability: best_effort` for a driver that publishes so.

    Args:
        node: to subscribe from.
        guard: reads the messages.
        add_rewards: see `Guard.read_reward`.
        then: called after each message that was read, with its topic and when it came (ns,
            steady clock).
        refused: called for each message that cannot be used, with its topic, why, and when it came.

    Attributes:
        heard: messages that came, whether they could be used or not.

    Raises:
        ParameterError: an override of a topic that is not subscribed to.
    """

    def __init__(
        self,
        node: Node,
        guard: Guard,
        add_rewards: bool,
        then: Callable[[str, int], None],
        refused: Callable[[str, MessageError, int], None],
    ) -> None:
        self.heard = 0
        self._refused = refused
        self._node, self._guard, self._then = node, guard, then
        self._add_rewards = add_rewards
        self._joint_orders: list[list[str]] = []
        self._subscriptions = []
        for topic in guard.topics:
            handle = partial(self._on_bytes, topic, Decoder(MESSAGES[topic]))
            options = QoSOverridingOptions(_OVERRIDABLE)
            self._subscriptions.append(
                node.create_subscription(
                    MESSAGES[topic], topic, handle, QOS, qos_overriding_options=options, raw=True
                )
            )
        try:
            self._check_overrides()
        except ParameterError:
            self.close()
            raise

    def close(self) -> None:
        """Take the subscriptions away."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)

    def _check_overrides(self) -> None:
        topics = {subscription.topic_name for subscription in self._subscriptions}
        kinds = {kind.name.lower() for kind in _OVERRIDABLE}
        known = {f"{topic}.subscription.{kind}" for topic in topics for kind in kinds}
        for name in self._node.get_parameters_by_prefix(_OVERRIDES):
            if name not in known and not name.startswith(_OWN_OVERRIDES):
                raise ParameterError(
                    f"{_OVERRIDES}.{name}: unknown parameter, expected one of "
                    f"{', '.join(sorted(known))}"
                )

    def _on_bytes(self, topic: str, decoder: Decoder, buffer: bytes) -> None:
        now = time.monotonic_ns()
        self.heard += 1
        try:
            message = decoder.decode(buffer)
            if topic == REWARD:
                self._guard.read_reward(message, now, self._add_rewards)
            else:
                if topic == "joint_states" and message.name not in self._joint_orders:
                    self._log_order(message.name)
                self._guard.read(topic, message, now)
        except MessageError as error:
            self._refused(topic, error, now)
        else:
            self._then(topic, now)

    def _log_order(self, joints: list[str]) -> None:
        self._joint_orders.append(list(joints))
        names = ", ".join(f"{index} {name}" for index, name in enumerate(joints))
        self._node.get_logger().info(f"joint_states: order of its sender: {names}")
