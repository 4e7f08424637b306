"""What the controller node hears from people: a deadman switch, and efforts of their own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from std_msgs.msg import Bool

from dynsyn_controller.messages.conversions import MessageError
from dynsyn_controller.node.operator_input import Operator
from dynsyn_controller.node.qos import QOS
from dynsyn_controller.node.settings import Settings
from dynsyn_msgs.msg import JointCommand


class People:
    """Subscriptions for an operator, where the parameters name their topics.

    Args:
        node: to subscribe from.
        operator: told what is heard.
        settings: of the node.
        refused: called for each message that cannot be used, with its topic, why, and when it came.
    """

    def __init__(
        self,
        node: Node,
        operator: Operator,
        settings: Settings,
        refused: Callable[[str, MessageError, int], None],
    ) -> None:
        self._node, self._operator, self._refused = node, operator, refused
        self._override_topic = settings.override_topic
        self._subscriptions = []
        for kind, topic, handle in (
            (Bool, settings.deadman_topic, self._on_deadman),
            (JointCommand, settings.override_topic, self._on_override),
        ):
            if topic:
                self._subscriptions.append(node.create_subscription(kind, topic, handle, QOS))

    def close(self) -> None:
        """Take the subscriptions away."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)

    def _on_deadman(self, message: Any) -> None:
        self._operator.hear_deadman(message.data, time.monotonic_ns())

    def _on_override(self, message: Any) -> None:
        now = time.monotonic_ns()
        try:
            self._operator.hear_override(message, now)
        except MessageError as error:
            self._refused(self._override_topic, error, now)
