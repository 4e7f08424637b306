"""The ROS side of the dashboard: listens to one controller and calls its services."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import rclpy
from rclpy.client import Client
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from std_srvs.srv import SetBool, Trigger

from dynsyn_lab.live.telemetry import Telemetry
from dynsyn_msgs.msg import Status, Weights

LATCHED = QoSProfile(
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)


class Watcher:
    """Follows the controller of one namespace; use it as a context.

    Args:
        namespace: of the controller, "/" for none.
        on_status: called with each Status and the steady clock's time, s.
        on_weights: called with each Weights; None: they are not subscribed to.
    """

    def __init__(
        self,
        namespace: str,
        on_status: Callable[[Any, float], None] = lambda *_: None,
        on_weights: Callable[[Any], None] | None = None,
    ) -> None:
        self.telemetry = Telemetry()
        self.answer = ""
        self._on_status = on_status
        self._context = rclpy.Context()
        # The command has its own handlers: rclpy's would end the context at a Ctrl-C, before the
        # last reports of the nodes have come in.
        rclpy.init(context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self._node = Node(
            f"dynsyn_{os.getpid()}",
            namespace=namespace,
            context=self._context,
            use_global_arguments=False,
            enable_rosout=False,
            start_parameter_services=False,
        )
        self._node.create_subscription(Status, "dynsyn/status", self._receive, 5)
        if on_weights is not None:
            self._node.create_subscription(Weights, "dynsyn/weights", on_weights, LATCHED)
        self._set_learning: Client = self._node.create_client(SetBool, "dynsyn/set_learning")
        self._stop: Client = self._node.create_client(Trigger, "dynsyn/emergency_stop")
        self._rearm: Client = self._node.create_client(Trigger, "dynsyn/rearm")
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)

    def __enter__(self) -> Watcher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def poll(self, seconds: float) -> None:
        """Handle what comes in for `seconds`."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=left)

    def obey(self, keys: str) -> None:
        """Do what these keys stand for; others are not minded."""
        actions = {"l": self.toggle_learning, " ": self.emergency_stop, "r": self.rearm}
        for key in keys:
            if key in actions:
                actions[key]()

    def toggle_learning(self) -> None:
        """Ask the controller to freeze, or to learn again."""
        learning = self.telemetry.status is not None and self.telemetry.status.learning
        self._call(self._set_learning, SetBool.Request(data=not learning), "set_learning")

    def emergency_stop(self) -> None:
        """Ask the controller for neutral efforts until it is re-armed."""
        self._call(self._stop, Trigger.Request(), "emergency_stop")

    def rearm(self) -> None:
        """End an emergency stop."""
        self._call(self._rearm, Trigger.Request(), "rearm")

    def close(self) -> None:
        """Leave the ROS graph."""
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()

    def _receive(self, status: Any) -> None:
        now = time.monotonic()
        self.telemetry.update(status, now)
        self._on_status(status, now)

    def _call(self, client: Any, request: Any, name: str) -> None:
        if not client.service_is_ready():
            self.answer = f"{name}: the controller does not answer"
            return
        client.call_async(request).add_done_callback(lambda done: self._note(name, done))

    def _note(self, name: str, done: Any) -> None:
        response = done.result()
        self.answer = f"{name}: {response.message or ('done' if response.success else 'refused')}"
