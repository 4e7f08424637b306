"""A node that breaks what a robot says: bad numbers, odd stamps, second senders.

It listens to the topics of a running robot, keeps the first message of each, and sends broken
copies of it on the same topics, as a faulty driver or a second sender would.
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

import numpy as np
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile, ReliabilityPolicy

from dynsyn_msgs.msg import JointCommand, Weights

INPUTS = ("joint_states", "imu", "odom", "scan", "contacts", "reward")
_QOS = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)
_HOUR = 3600  # s
_LARGEST_SINGLE = 3e38
_DEAF = 20.0  # s after which an input that is not heard is subscribed to once more
_GAP = 0.02  # s between messages of a kind


class Injector:
    """Hears a robot and its controller, and sends what should not be sent.

    Attributes:
        commands: joint commands heard.
        not_finite: numbers of commands and of weights heard that were not finite.
        largest: the largest |effort| / limit heard.
        last_acting: when the last command came that was not neutral (all zero), s of the steady
            clock.

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
        self._first: dict[str, Any] = {}
        self._publishers: dict[str, Any] = {}
        self.commands = self.not_finite = 0
        self.largest = self.last_acting = 0.0
        self._node.create_subscription(JointCommand, "joint_command", self._on_command, _QOS)
        self._node.create_subscription(Weights, "dynsyn/weights", self._on_weights, _QOS)

    def close(self) -> None:
        """Leave the domain."""
        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)

    def spin(self, seconds: float) -> None:
        """Handle messages for so long."""
        end = time.monotonic() + seconds
        while (remaining := end - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=remaining)

    def learn_inputs(self, patience: float) -> None:
        """Hear a first message of each input that the robot sends.

        Raises:
            TimeoutError: one that is announced has not come within `patience` s.
        """
        end = time.monotonic() + patience
        renew_at = time.monotonic() + _DEAF
        while not self._first or len(self._first) < len(self._publishers):
            kinds = dict(self._node.get_topic_names_and_types())
            for topic in INPUTS:
                if f"/{topic}" in kinds and topic not in self._publishers:
                    kind = _message_class(kinds[f"/{topic}"][0])
                    self._listen(kind, topic)
                    self._publishers[topic] = self._node.create_publisher(kind, topic, _QOS)
            self.spin(0.5)
            if time.monotonic() > renew_at:  # discovery on a busy machine may have lost one
                renew_at = time.monotonic() + _DEAF
                for topic in set(self._publishers) - set(self._first):
                    self._listen(self._publishers[topic].msg_type, topic)
            if time.monotonic() > end:
                missing = sorted(set(self._publishers or INPUTS) - set(self._first))
                raise TimeoutError(f"nothing heard of {', '.join(missing)}")

    def any_input(self, numeric: bool = False) -> str:
        """Topic of one of the inputs; numeric: of one that holds floating-point numbers."""
        topics = sorted(self._first)
        if numeric:
            topics = [topic for topic in topics if any(numbers(self._first[topic]))]
        return self._random.choice(topics)

    def send(self, topic: str, count: int, spoil: Callable[[Any], str]) -> str:
        """Send `count` spoilt copies of a topic's first message; returns what, for people."""
        places = []
        for _ in range(count):
            message = copy.deepcopy(self._first[topic])
            places.append(spoil(message))
            self._publishers[topic].publish(message)
            self.spin(_GAP)
        named = ", ".join(dict.fromkeys(filter(None, places)))
        return f"{count} of {topic}" + (f": {named}" if named else "")

    def put(self, value: float) -> Callable[[Any], str]:
        """What puts `value` in place of one of a message's numbers, stamped as of now."""

        def spoil(message: Any) -> str:
            self.stamp_now(message)
            owner, name, index = self._random.choice(list(numbers(message)))
            single = "float" in owner.get_fields_and_field_types()[name]
            number = value
            if single and math.isfinite(value):
                number = math.copysign(min(abs(value), _LARGEST_SINGLE), value)
            if index is None:
                setattr(owner, name, number)
                return name
            values = list(getattr(owner, name))
            values[index] = number
            kept_as_array = isinstance(getattr(owner, name), array)
            kind = np.float32 if single else np.float64
            setattr(owner, name, values if kept_as_array else np.array(values, kind))
            return f"{name}[{index}]"

        return spoil

    def stamp_now(self, message: Any) -> str:
        """Give a message the stamp of this moment."""
        message.header.stamp = self._node.get_clock().now().to_msg()
        return "stamped now"

    def shift_stamp(self, message: Any) -> str:
        """Move a message's stamp by an hour, to the past or to the future."""
        stamp = message.header.stamp
        stamp.sec = max(0, stamp.sec + self._random.choice((-_HOUR, _HOUR)))
        return "stamp an hour off"

    def _listen(self, kind: type, topic: str) -> None:
        self._node.create_subscription(kind, topic, self._keeper_of(topic), _QOS)

    def _keeper_of(self, topic: str) -> Callable[[Any], None]:
        def keep(message: Any) -> None:
            self._first.setdefault(topic, message)  # later ones may be this node's own

        return keep

    def _on_command(self, message: Any) -> None:
        self.commands += 1
        for name, effort in zip(message.name, message.effort, strict=True):
            if not math.isfinite(effort):
                self.not_finite += 1
                continue
            self.largest = max(self.largest, abs(effort) / self._limits[name])
            if effort != 0.0:
                self.last_acting = time.monotonic()

    def _on_weights(self, message: Any) -> None:
        for layer in message.layers:
            values = [layer.weight, *(quantity.value for quantity in layer.quantities)]
            self.not_finite += sum(int((~np.isfinite(each)).sum()) for each in values)


def numbers(message: Any) -> Iterator[tuple[Any, str, int | None]]:
    """Every floating-point number of a message: its owner, field, and index where it is a list."""
    for name, kind in message.get_fields_and_field_types().items():
        value = getattr(message, name)
        if kind in ("double", "float"):
            yield message, name, None
        elif kind.startswith(("sequence<double", "sequence<float", "double[", "float[")):
            yield from ((message, name, index) for index in range(len(value)))
        elif hasattr(value, "get_fields_and_field_types"):
            yield from numbers(value)


def _message_class(name: str) -> type:
    package, _, kind = name.split("/")
    return getattr(importlib.import_module(f"{package}.msg"), kind)
