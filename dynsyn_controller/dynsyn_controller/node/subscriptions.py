"""What the controller node subscribes to."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSPolicyKind
from rclpy.qos_overriding_options import QoSOverridingOptions

from dynsyn_controller.messages.bundle import BundleReader
from dynsyn_controller.messages.conversions import MessageError, stamp_nanoseconds
from dynsyn_controller.messages.wire import Decoder
from dynsyn_controller.node.guard import Guard
from dynsyn_controller.node.link import Link, Parts
from dynsyn_controller.node.local_socket import LocalSocket, wait_for
from dynsyn_controller.node.parameter_table import ParameterError
from dynsyn_controller.node.qos import QOS
from dynsyn_controller.node.senses import REWARD
from dynsyn_controller.node.settings import Settings
from dynsyn_controller.node.stamp_order import StampOrder
from dynsyn_controller.node.suspicion import wrong_stamp
from dynsyn_msgs.msg import Bundle, Reward

BUNDLE = "bundle"
"""The topic of what comes together."""
_OVERRIDABLE = (QoSPolicyKind.RELIABILITY, QoSPolicyKind.DEPTH)
_RELIABILITIES = ("reliable", "best_effort", "system_default")
_DEEPEST = 1_000_000
_MOST_QUEUED = 64  # messages
_OVERRIDES = "qos_overrides"
_OWN_OVERRIDES = ("/clock.", "/parameter_events.", "/rosout.")


class Inputs:
    """Subscriptions that hand messages to a guard; one that cannot be used is refused.

    Reliability and depth can be overridden by ROS's own parameters, such as
    `qos_overrides./imu.subscription.reliability: best_effort` for a driver that publishes so.

    Args:
        node: to subscribe from.
        guard: reads the messages.
        settings: of the node.
        link: hands over what must come, in place of subscriptions; None: there is none.
        local: bundles may come by it, too; None: by their topic alone.
        taken: called with each message that can be read, its topic, type, bytes (or
            what gives them) and when it came.
        then: called after each message that was read, with its source and when it came (ns,
            steady clock).
        refused: called for each message that cannot be used, with its source, why, and when it
            came.

    Attributes:
        topics: source -> full name of its topic, remapped or not.
        subscribed: source -> full name of the topic on which it is subscribed to; none for what
            is handed over by a link.
        heard: messages that came, whether they could be used or not.

    Raises:
        ParameterError: an override that cannot be, or of a topic that is not subscribed to; or a
            sensor whose message type is not installed.
    """

    def __init__(
        self,
        node: Node,
        guard: Guard,
        settings: Settings,
        link: Link | None,
        local: LocalSocket | None,
        taken: Callable[[str, type, bytes | Callable[[], bytes], int], None],
        then: Callable[[str, int], None],
        refused: Callable[[str, MessageError, int], None],
    ) -> None:
        self.heard, self._waited = 0, False
        self._refused, self._taken = refused, taken
        self._node, self._guard, self._settings, self._then = node, guard, settings, then
        self._stamped = {*guard.reader.stamps, REWARD}
        self._order = StampOrder(guard.reader.layout, guard.freshness)
        self._orders_told = dict.fromkeys(guard.reader.orders, 0)
        found = {source: self._topic(source) for source in guard.senses.sources}
        self.topics = {
            source: node.resolve_topic_name(topic) for source, (topic, _) in found.items()
        }
        decoders = {source: Decoder(kind) for source, (_, kind) in found.items()}
        # What must come; only what may be absent then has a topic of its own.
        bundled = settings.bundled or link is not None
        together = set(guard.freshness.arrived) if bundled else set()
        self._together = {source: decoders[source] for source in together}
        asked: list[tuple[str, type, Callable]] = [
            (*found[source], partial(self._on_bytes, source, decoders[source]))
            for source in found
            if source not in together
        ]
        self.subscribed = {s: topic for s, topic in self.topics.items() if s not in together}
        if link is None and together:
            self._bundles = BundleReader()
            asked.append((BUNDLE, Bundle, self._on_bundle_message))
            self.subscribed |= dict.fromkeys(together, node.resolve_topic_name(BUNDLE))
        self._check_overrides()
        self._subscriptions = [
            node.create_subscription(
                kind,
                topic,
                handle,
                QOS,
                qos_overriding_options=QoSOverridingOptions(_OVERRIDABLE),
                raw=True,
            )
            for topic, kind, handle in asked
        ]
        self._link, self._local = link, local
        if link is not None:
            link.hear = self._on_forms

    def wait(self, executor: Any, wait: int) -> None:
        """Wait at most `wait` (ns) for what comes, and take it."""
        bundle = wait_for(executor, self._local, wait)
        if bundle is not None:
            self._on_bundle(bundle)

    def hear_queued(self, executor: Any, waited: bool) -> None:
        """Take what has come already: a loop that was held up must not call its robot silent.

        Args:
            executor: the node's.
            waited: it may have waited here for a while.
        """
        self._waited = waited
        try:
            for _ in range(_MOST_QUEUED):
                heard = self.heard
                executor.spin_once(timeout_sec=0)
                if self.heard == heard:
                    return
        finally:
            self._waited = False

    def close(self) -> None:
        """Take the subscriptions away."""
        if self._link is not None:
            self._link.hear = None
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)

    def _check_overrides(self) -> None:
        topics = self.subscribed.values()
        kinds = {kind.name.lower() for kind in _OVERRIDABLE}
        known = {f"{topic}.subscription.{kind}": kind for topic in topics for kind in kinds}
        given: dict[str, Any] = self._node.get_parameters_by_prefix(_OVERRIDES)
        for name, parameter in given.items():
            if name in known:
                _check_override(f"{_OVERRIDES}.{name}", known[name], parameter.value)
            elif not name.startswith(_OWN_OVERRIDES):
                raise ParameterError(
                    f"{_OVERRIDES}.{name}: unknown parameter, expected one of "
                    f"{', '.join(sorted(known))}"
                )

    def _topic(self, source: str) -> tuple[str, type]:
        """Topic and message type of a source."""
        if source == REWARD:
            return REWARD, Reward
        sensor = self._guard.reader.layout.sensors[source]
        try:
            return sensor.topic, sensor.message_type()
        except (ImportError, AttributeError, ValueError):
            raise ParameterError(
                f"robot_file: sensor {source}: message type {sensor.message!r} is not installed"
            ) from None

    def _on_bundle_message(self, buffer: bytes) -> None:
        if self._local is None or not self._local.carries(time.monotonic_ns()):
            self._on_bundle(buffer)

    def _on_bundle(self, buffer: bytes) -> None:
        try:
            parts = self._bundles.split(buffer)
        except MessageError as error:
            self.heard += 1
            self._refused(BUNDLE, error, time.monotonic_ns())
            return
        for source, message in parts:
            if source in self._together:  # the controller has a use for it
                self._on_bytes(source, self._together[source], message)

    def _on_forms(self, parts: Parts) -> None:
        for source, form in parts:
            decoder = self._together.get(source)
            if decoder is None:
                continue
            if form.exact:
                self._take(source, decoder.kind, form.record, form.pack, time.monotonic_ns())
            else:
                self._on_bytes(source, decoder, form.pack())

    def _on_bytes(self, source: str, decoder: Decoder, buffer: bytes) -> None:
        now = time.monotonic_ns()
        try:
            message = decoder.decode(buffer)
        except MessageError as error:
            self.heard += 1
            self._refused(source, error, now)
        else:
            self._take(source, decoder.kind, message, buffer, now)

    def _take(
        self,
        source: str,
        kind: type,
        message: Any,
        serialised: bytes | Callable[[], bytes],
        now: int,
    ) -> None:
        self.heard += 1
        try:
            if source in self._stamped:
                self._check_stamp(source, message, now)
            self._taken(self.topics[source], kind, serialised, now)
            if source == REWARD:
                self._guard.read_reward(message, now, add=not self._settings.lockstep)
            else:
                self._guard.read(source, message, now)
        except MessageError as error:
            self._refused(source, error, now)
        else:
            self._then(source, now)
        if source in self._orders_told:
            self._tell_orders(source)

    def _check_stamp(self, source: str, message: Any, now: int) -> None:
        settings, wrong = self._settings, ""
        tolerance = settings.tolerated_stamps if settings.wrong_stamps == "refuse" else None
        if tolerance is not None:
            clock = self._node.get_clock().now().nanoseconds
            wrong = wrong_stamp(stamp_nanoseconds(message.header.stamp), clock, tolerance)
        if not wrong and not settings.lockstep:  # their order counts in real time alone
            factor = settings.realtime_factor
            wrong = self._order.refusal(source, message, now, factor, self._waited)
        if wrong:
            raise MessageError(f"{source}: {wrong}")

    def _tell_orders(self, source: str) -> None:
        """Log each order of names that a source's senders have, once."""
        orders = self._guard.reader.orders[source]
        told = self._orders_told[source]
        if len(orders) > told:
            self._orders_told[source] = len(orders)
            for order in list(orders)[told:]:
                names = ", ".join(f"{index} {name}" for index, name in enumerate(order))
                self._node.get_logger().info(f"{source}: order of its sender: {names}")


def _check_override(name: str, kind: str, value: Any) -> None:
    """Check what rclpy would answer with an error that does not name it."""
    if kind == "reliability":
        fits, expected = value in _RELIABILITIES, f"one of {', '.join(_RELIABILITIES)}"
    else:
        fits = type(value) is int and 1 <= value <= _DEEPEST
        expected = f"a whole number from 1 to {_DEEPEST}"
    if not fits:
        raise ParameterError(f"{name}: found {value!r}, expected {expected}")
