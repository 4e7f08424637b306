"""What the bridge publishes: what the body senses, the reward, simulated time, and how it looks."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from rclpy.node import Node
from rosgraph_msgs.msg import Clock

from dynsyn_controller.messages.base import Sensor
from dynsyn_controller.messages.bundle import BundleWriter
from dynsyn_controller.messages.conversions import SensorWriter, set_stamp
from dynsyn_controller.messages.layout import SensorLayout
from dynsyn_controller.messages.wire import sending_form
from dynsyn_controller.node.link import Link, Parts
from dynsyn_controller.node.local_socket import LocalSocket
from dynsyn_controller.node.parameter_table import ParameterError
from dynsyn_controller.node.qos import QOS
from dynsyn_controller.node.senses import REWARD
from dynsyn_controller.node.subscriptions import BUNDLE
from dynsyn_msgs.msg import Bundle, Reward
from dynsyn_sim_bridge.frames import Appearance
from dynsyn_sim_bridge.parameters import Settings
from dynsyn_sim_bridge.simulation import Simulation

ALWAYS = ("joint_states", "odom")
"""Sensors that are published whether the robot file reads them or not, for people."""
_LOOK = 5_000_000  # ns between two looks at who listens


class Outputs:
    """The publishers of a bridge: one for each sensor that is of use; the reward goes out last.

    Attributes:
        stamp: of the observation published last, ns.

    Args:
        node: to publish from.
        settings: its parameters.
        simulation: the robot in it.
        link: to a controller in this process, which is handed the observation; None: there is none.
        local: to one in another process of this machine; None: there is no such way.

    Raises:
        ParameterError: the robot file reads a sensor as messages of another type than the body's;
            or see `Appearance`.
    """

    def __init__(
        self,
        node: Node,
        settings: Settings,
        simulation: Simulation,
        link: Link | None,
        local: LocalSocket | None,
    ) -> None:
        self.stamp = 0
        self._simulation, self._link, self._local = simulation, link, local
        self._look_at = 0  # ns of the steady clock
        self._open(node, settings)
        layout = simulation.robot.layout
        self._appearance = Appearance(node, settings.robot, layout, settings.publish_tf)

    def publish(self, stamp: int) -> None:
        """Publish observation and reward of this moment under `stamp` (ns)."""
        self.stamp = stamp
        self._writer.write(self._simulation.sensors, stamp)
        set_stamp(self._reward.header.stamp, stamp)
        self._reward.value = float(self._simulation.reward)
        self._reward.terminal = bool(self._simulation.terminal)
        self.publish_again()
        self._appearance.publish(self._simulation.sensors, stamp)

    def publish_again(self) -> None:
        """Publish the last observation once more, under its own stamp, for who listens to what."""
        self._look_for_listeners()
        for publish, form in self._heard:
            publish(form.pack())
        if self._bundles_heard:
            bundle = self._bundle.pack([form.pack() for _, form in self._forms])
            # one of those who listen to the topic hears it by the shorter way
            reached = 1 if self._local is not None and self._local.send(bundle) else 0
            if self._bundles_heard > reached:
                self._bundle_publisher.publish(bundle)
        if self._link is not None and self._link.hear is not None:
            self._link.hear(self._forms)

    def publish_clock(self, stamp: int) -> None:
        """Publish simulated time (ns) if anybody listens."""
        self._look_for_listeners()
        if self._clock_publisher is not None and self._clock_heard:
            set_stamp(self._clock_message.clock, stamp)
            self._clock_publisher.publish(self._clock_message)

    def _open(self, node: Node, settings: Settings) -> None:
        layout, read = self._simulation.robot.layout, settings.robot.robot.sensors
        _check_messages(read, layout)
        topics = {sensor.name: sensor.topic for sensor in read}
        sensors = [each for name, each in layout.sensors.items() if name in (*topics, *ALWAYS)]
        messages = {sensor.name: sensor.new_message() for sensor in sensors}
        # Real messages once, for their lengths; from then on only numbers in their bytes change.
        SensorWriter(layout, messages).write(self._simulation.sensors, 0)
        forms = {name: sending_form(message) for name, message in messages.items()}
        reward = sending_form(Reward())
        topics = {sensor.name: sensor.topic for sensor in sensors} | topics
        self._forms: Parts = [*forms.items(), (REWARD, reward)]
        published = [(type(messages[name]), topics[name]) for name in forms]
        self._sensor_publishers = [
            node.create_publisher(kind, topic, QOS)
            for kind, topic in [*published, (Reward, REWARD)]
        ]
        self._bundle = BundleWriter({name: form.size for name, form in self._forms})
        self._bundle_publisher = node.create_publisher(Bundle, BUNDLE, QOS)
        self._reward: Any = reward.record
        records = {name: form.record for name, form in forms.items()}
        self._writer = SensorWriter(layout, records)
        self._clock_message = Clock()
        # where time is the node clock's, as on hardware, nobody is to wait for another
        self._clock_publisher = (
            node.create_publisher(Clock, "/clock", QOS) if settings.own_time else None
        )

    def _look_for_listeners(self) -> None:
        """Now and then, because asking costs as much as filling a message."""
        now = time.monotonic_ns()
        if now < self._look_at:
            return
        self._look_at = now + _LOOK
        self._heard = [
            (publisher.publish, form)
            for publisher, (_, form) in zip(self._sensor_publishers, self._forms, strict=True)
            if publisher.get_subscription_count() > 0
        ]
        self._bundles_heard = self._bundle_publisher.get_subscription_count()
        clock = self._clock_publisher
        self._clock_heard = clock is not None and clock.get_subscription_count() > 0


def _check_messages(read: Sequence[Sensor], layout: SensorLayout) -> None:
    """Check that a robot file reads the messages that the body sends."""
    for sensor in read:
        own = layout.sensors.get(sensor.name, sensor).message
        if own != sensor.message:
            raise ParameterError(
                f"robot: sensor {sensor.name}: found {sensor.message} in the robot file, "
                f"expected {own}"
            )
