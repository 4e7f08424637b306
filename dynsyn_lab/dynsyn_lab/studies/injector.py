"""A node that breaks what a robot says: bad numbers, odd stamps, second senders.

It listens to the topics of a running robot, keeps the last good message of each, and sends broken
copies of them on the same topics, as a faulty driver or a second sender would.
"""

from __future__ import annotations

import copy
import importlib
import math
import random
import time
from array import array
from collections.abc import Callable, Iterator
from typing import Any

import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile, ReliabilityPolicy

from dynsyn_msgs.msg import JointCommand

INPUTS = ("joint_states", "imu", "odom", "scan", "contacts", "reward")
_QOS = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)
_HOUR = 3600


class Injector:
    """Hears a robot and its controller, and sends what should not be sent.

    Attributes:
        commands: joint commands heard.
        not_finite: efforts among them that were no finite numbers.
        largest: the largest |effort| / limit among them.
        last_command: when the last one came, s of the steady clock.
        last_acting: when the last one came that was not neutral (all zero).
        rewards: the robot's own rewards since the last course began, summed up.
        returns: of the courses that ended, in order.

    Args:
        domain: ROS domain.
        limits: joint -> largest effort allowed, N m.
        generator: of all random choices.
    """

    def __init__(self, domain: int, limits: dict[str, float], generator: random.Random) -> None:
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain)
        self._node = rclpy.create_node("fault_injector", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._limits, self._random = limits, generator
        self._last: dict[str, Any] = {}
        self._publishers: dict[str, Any] = {}
        self.commands = self.not_finite = 0
        self.largest = 0.0
        self.last_command = self.last_acting = 0.0
        self._node.create_subscription(JointCommand, "joint_command", self._on_command, _QOS)

    def close(self) -> None:
        """Leave the domain."""
        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)

    def listen(self) -> None:
        """Subscribe to those inputs of the robot that are there by now."""
        kinds = dict(self._node.get_topic_names_and_types())
        for topic in INPUTS:
            if f"/{topic}" in kinds and topic not in self._publishers:
                kind = _message_class(kinds[f"/{topic}"][0])
                self._node.create_subscription(kind, topic, self._keeper_of(topic), _QOS)
                self._publishers[topic] = self._node.create_publisher(kind, topic, _QOS)

    def spin(self, seconds: float) -> None:
        """Handle messages for so long."""
        end = time.monotonic() + seconds
        while (remaining := end - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=remaining)

    def send(self, topic: str, count: int, spoil: Callable[[Any], None]) -> str:
        """Send `count` spoilt copies of a topic's last good message; what was sent, for people."""
        if topic not in self._last:
            return f"{topic}: nothing heard yet"
        for _ in range(count):
            message = copy.deepcopy(self._last[topic])
            spoil(message)
            self._publishers[topic].publish(message)
            self.spin(0.02)
        return f"{topic}: {count} messages"

    def any_topic(self) -> str:
        """One of the inputs that have been heard."""
        return self._random.choice(sorted(self._last) or ["joint_states"])

    def spoil_number(self, value: float) -> Callable[[Any], None]:
        """A function that puts `value` in place of one of a message's numbers."""

        def spoil(message: Any) -> None:
            places = list(_numbers(message))
            if not places:
                return
            owner, name, index = self._random.choice(places)
            number = value
            if owner.get_fields_and_field_types()[name].find("float") == 0 or "float[" in name:
                number = math.copysign(min(abs(value), 3e38), value)
            if index is None:
                setattr(owner, name, number)
                return
            numbers = list(getattr(owner, name))
            kind = owner.get_fields_and_field_types()[name]
            code = "d" if "double" in kind else "f"
            numbers[index] = number if code == "d" else math.copysign(min(abs(value), 3e38), value)
            setattr(owner, name, array(code, numbers))

        return spoil

    def shift_stamp(self, message: Any) -> None:
        """Move a message's stamp by an hour, to the past or to the future."""
        stamp = message.header.stamp
        stamp.sec = max(0, stamp.sec + self._random.choice((-_HOUR, _HOUR)))

    def _keeper_of(self, topic: str) -> Callable[[Any], None]:
        def keep(message: Any) -> None:
            # What this node sends comes back to it; only the first of a kind is the robot's own.
            if topic not in self._last:
                self._last[topic] = message

        return keep

    def _on_command(self, message: Any) -> None:
        self.commands += 1
        self.last_command = time.monotonic()
        for name, effort in zip(message.name, message.effort, strict=True):
            if not math.isfinite(effort):
                self.not_finite += 1
                continue
            self.largest = max(self.largest, abs(effort) / self._limits[name])
            if effort != 0.0:
                self.last_acting = self.last_command


def _message_class(name: str) -> type:
    package, _, kind = name.split("/")
    return getattr(importlib.import_module(f"{package}.msg"), kind)


def _numbers(message: Any) -> Iterator[tuple[Any, str, int | None]]:
    """Every floating-point number of a message: its owner, field, and index where it is a list."""
    for name, kind in message.get_fields_and_field_types().items():
        value = getattr(message, name)
        if kind in ("double", "float"):
            yield message, name, None
        elif kind.startswith(("sequence<double", "sequence<float")):
            yield from ((message, name, index) for index in range(len(value)))
        elif hasattr(value, "get_fields_and_field_types"):
            yield from _numbers(value)
