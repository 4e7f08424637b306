"""What the controller node publishes: commands, and at their own pace the reports."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.duration import Duration
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSProfile
from rclpy.serialization import serialize_message
from std_msgs.msg import Float64MultiArray

from dynsyn_controller.lifetime.writer import CheckpointWriter
from dynsyn_controller.messages.commands import CommandWriter
from dynsyn_controller.messages.conversions import set_stamp
from dynsyn_controller.messages.layout import FloatArray
from dynsyn_controller.messages.wire import sending_form
from dynsyn_controller.node.events import Event
from dynsyn_controller.node.guard import Guard
from dynsyn_controller.node.link import Link
from dynsyn_controller.node.local_socket import LocalSocket
from dynsyn_controller.node.qos import LATCHED, QOS, latched
from dynsyn_controller.node.recording import Recording
from dynsyn_controller.node.reports import (
    Diagnostics,
    activity_message,
    fill_activity,
    fill_scalars,
    fill_status,
    fill_weights,
    status_message,
    weights_message,
)
from dynsyn_controller.node.settings import Settings
from dynsyn_controller.node.timing import LoopTiming, Pace
from dynsyn_controller.robot.robot import Robot
from dynsyn_msgs.msg import Activity, JointCommand, Scalars, Status, Weights
from dynsyn_msgs.msg import Event as EventMessage

COMMAND = "joint_command"
"""The topic of what the robot is to do."""
_EVENTS = 50  # that those who come later hear
STATUS_RATE = 10.0  # Hz
DIAGNOSTICS_RATE = 1.0  # Hz
_ACKNOWLEDGING = Duration(seconds=0.02)


class Outputs:
    """The publishers of a configured node.

    Until it is active they are silent, but for dynsyn/status and diagnostics.

    Attributes:
        timing: of the control loop.
        overruns: ticks skipped since the start.
        refused: messages that could not be used, since the start.
        rolled_back: times that the lifetime went back to a copy on disk, since the start.

    Args:
        node: to publish from.
        robot: the robot file.
        guard: acts for it.
        writer: of its checkpoint.
        settings: of the node.
        recording: gets what is sent.
        link: to a robot in this process, which gets the commands by it; their topic is published
            for who else listens. None: there is none.
        local: commands go by it where an observation came by it; None: by their topic alone.
    """

    def __init__(
        self,
        node: LifecycleNode,
        robot: Robot,
        guard: Guard,
        writer: CheckpointWriter,
        settings: Settings,
        recording: Recording,
        link: Link | None,
        local: LocalSocket | None,
    ) -> None:
        self._recording, self._link, self._local = recording, link, local
        self.timing = LoopTiming()
        self.overruns = self.refused = self.rolled_back = 0
        self._node, self._robot, self._guard, self._checkpoints = node, robot, guard, writer
        self._publishers: list[Any] = []
        self._always: list[Any] = []
        self._writer = CommandWriter(robot.joint_names, robot.command.field, robot.gains)
        command = JointCommand()
        self._writer.write_command(command, guard.effort, 0)
        self._command = sending_form(command)
        self._send_command: Callable | None = None
        if not settings.dry_run:
            self._send_command = self._open(JointCommand, COMMAND, QOS)
        self._array = Float64MultiArray()
        self._send_array: Callable | None = None
        if settings.effort_topic and not settings.dry_run:
            self._send_array = self._open(Float64MultiArray, settings.effort_topic, QOS)
        self._commands = tuple(self._publishers)
        self._send_event = self._open(EventMessage, "dynsyn/events", latched(_EVENTS))
        self._untold: list[EventMessage] = []
        self._send_weights = self._open(Weights, "dynsyn/weights", LATCHED)
        self._send_status = self._open(Status, "dynsyn/status", QOS, always=True)
        self._send_scalars = self._open(Scalars, "dynsyn/scalars", QOS)
        self._scalars = Scalars()
        self._send_activity = self._open(Activity, "dynsyn/activity", QOS)
        self._send_diagnostics = self._open(DiagnosticArray, "diagnostics", QOS, always=True)
        self._diagnostics = Diagnostics(node.get_fully_qualified_name(), robot)
        self._paces = {
            self.publish_status: Pace(STATUS_RATE),
            self.publish_scalars: Pace(STATUS_RATE),
            self.publish_diagnostics: Pace(DIAGNOSTICS_RATE),
            self.publish_weights: Pace(settings.weights_rate),
            self.publish_activity: Pace(settings.activity_rate),
        }
        always = self.publish_status, self.publish_diagnostics
        self._paces_always = {publish: self._paces[publish] for publish in always}
        self.prepare(settings)

    def prepare(self, settings: Settings) -> None:
        """Make the messages for the guard's controller anew, and take over the rates."""
        controller = self._guard.lifetime.controller
        rate = self._robot.control_rate
        if not settings.lockstep:
            rate *= settings.realtime_factor
        self._status = status_message(self._robot, controller, rate)
        self._weights = weights_message(self._robot, controller)
        self._activity = activity_message(controller)
        self._paces[self.publish_weights].set_rate(settings.weights_rate)
        self._paces[self.publish_activity].set_rate(settings.activity_rate)

    def send(self, effort: FloatArray, stamp: int) -> None:
        """Publish efforts or targets, (joints,), that answer the observation of `stamp` (ns)."""
        if self._send_command is None or not self._guard.chain.ready:  # a dry run; nothing known
            return
        self._writer.write_command(self._command.record, effort, stamp)
        if self._hand_over():
            self._send_command(self._command.pack())
        if self._send_array is not None:
            self._writer.write_array(self._array, effort)
            self._send_array(self._array)

    def _hand_over(self) -> bool:
        """Hand a command over by a shorter way, if there is one; False: nobody else listens."""
        publisher = self._commands[0]
        if not publisher.is_activated:
            return True
        if self._link is not None:
            self._link.command(self._command.record)
            reached = 0
        elif self._local is not None and self._local.send(self._command.pack()):
            reached = 1  # who listens to the topic, too
        else:
            return True
        return self._recording.path is not None or publisher.get_subscription_count() > reached

    def send_surely(self, effort: FloatArray, stamp: int, seconds: float) -> bool:
        """Publish efforts again and again until every reader has acknowledged them.

        Repeated, because a reader is asked for its acknowledgement only now and then: every 3 s by
        Fast DDS, or together with one of the next messages.

        Returns:
            False: not acknowledged within `seconds`.
        """
        end = time.monotonic() + seconds
        self.send(effort, stamp)
        while not all(each.wait_for_all_acked(_ACKNOWLEDGING) for each in self._commands):
            if time.monotonic() > end:
                return False
            self.send(effort, stamp)
        return True

    def tell(self, event: Event) -> None:
        """Publish an event; what happens before the node is active is told when it is."""
        message = EventMessage(
            level=int(event.level), name=event.name, active=event.active, text=event.text
        )
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._untold.append(message)
        if self._publishers[-1].is_activated:
            for each in self._untold:
                self._send_event(each)
            self._untold.clear()

    def report(self, now: int, active: bool = True) -> bool:
        """Publish one report that is due at `now` (ns, steady clock); False: none is.

        One only, so that the caller can see whether there is time for another.
        """
        for publish, pace in (self._paces if active else self._paces_always).items():
            if pace.due(now):
                publish(now)
                return True
        return False

    def publish_status(self, now: int) -> None:
        """Publish dynsyn/status."""
        self._fill_status(now)
        self._send_status(self._status)

    def publish_scalars(self, now: int) -> None:
        """Publish dynsyn/scalars."""
        self._fill_status(now)
        fill_scalars(self._scalars, self._status, self._robot, self._guard.lifetime.controller)
        self._send_scalars(self._scalars)

    def publish_diagnostics(self, now: int) -> None:
        """Publish diagnostics."""
        self._fill_status(now)
        late = self._guard.freshness.late(now)
        self._diagnostics.fill(self._status, late, self._checkpoints, now)
        self._diagnostics.message.header.stamp = self._status.header.stamp
        self._send_diagnostics(self._diagnostics.message)

    def publish_weights(self, now: int) -> None:
        """Publish dynsyn/weights."""
        fill_weights(self._weights, self._guard.lifetime.controller)
        set_stamp(self._weights.header.stamp, self._guard.stamp)
        self._send_weights(self._weights)

    def record_weights(self) -> None:
        """Put the weights of this moment into the recording, without publishing them."""
        fill_weights(self._weights, self._guard.lifetime.controller)
        set_stamp(self._weights.header.stamp, self._guard.stamp)
        self._recording.write("dynsyn/weights", Weights, serialize_message(self._weights))

    def publish_activity(self, now: int) -> None:
        """Publish dynsyn/activity."""
        fill_activity(self._activity, self._guard.lifetime.controller)
        set_stamp(self._activity.header.stamp, self._guard.stamp)
        self._send_activity(self._activity)

    def close(self) -> None:
        """Take the publishers away."""
        for publisher in self._publishers:
            self._node.destroy_lifecycle_publisher(publisher)
        for publisher in self._always:
            self._node.destroy_publisher(publisher)

    def _fill_status(self, now: int) -> None:
        self._status.header.stamp = self._node.get_clock().now().to_msg()
        status = self._status
        fill_status(status, self._robot, self._guard, self.timing, self.overruns, now)
        status.messages_refused = self.refused
        status.rollbacks = self._guard.lifetime.vitals.went_back + self.rolled_back

    def _open(
        self, kind: type, topic: str, qos: QoSProfile, always: bool = False
    ) -> Callable[[Any], None]:
        """What publishes a message, or its bytes; `always`: also while the node is not active."""
        publisher: Any
        if always:
            publisher = self._node.create_publisher(kind, topic, qos)
            self._always.append(publisher)
        else:
            publisher = self._node.create_lifecycle_publisher(kind, topic, qos)
            self._publishers.append(publisher)
        recording = self._recording

        def publish(message: Any) -> None:
            if recording.path is not None and (always or publisher.is_activated):
                message = message if isinstance(message, bytes) else serialize_message(message)
                recording.write(topic, kind, message)
            publisher.publish(message)

        return publish
