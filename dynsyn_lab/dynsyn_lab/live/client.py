"""The ROS side of the commands: listens to one controller and calls its services."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from dynsyn_controller.node.qos import LATCHED
from dynsyn_lab.live.calls import (
    ARM,
    DISARM,
    EMERGENCY_STOP,
    FREEZE,
    LEARN,
    REARM,
    Call,
    told,
)
from dynsyn_lab.live.telemetry import Telemetry
from dynsyn_msgs.msg import Activity, Status, Weights

ANSWER_LIMIT = 3.0
"""s to wait for the answer of a service."""
_SHORT = 0.05  # s between two looks at whether it has come


class ControllerClient:
    """Follows the controller of one namespace; use it as a context.

    Attributes:
        node: its node.
        telemetry: what the controller has reported.

    Args:
        namespace: of the controller, "/" for none.
    """

    def __init__(self, namespace: str) -> None:
        self.telemetry = Telemetry()
        self._answer = ""
        self._owed: Call | None = None
        self._on_status: Callable[[Any, float], None] = lambda *_: None
        self._context = rclpy.Context()
        # The command has its own handlers: rclpy's would end the context at a Ctrl-C, before the
        # last reports of the nodes have come in.
        rclpy.init(context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self.node = Node(
            f"dynsyn_{os.getpid()}",
            namespace=namespace,
            context=self._context,
            use_global_arguments=False,
            enable_rosout=False,
            start_parameter_services=False,
        )
        self.node.create_subscription(Status, "dynsyn/status", self._receive, 5)
        self._clients: dict[str, Any] = {}
        for call in (
            EMERGENCY_STOP,
            REARM,
            ARM,
            DISARM,
            LEARN,
        ):  # found by the time that a key asks for them
            self._client(call)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)

    def __enter__(self) -> ControllerClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def domain(self) -> int:
        """ROS domain id."""
        return int(self._context.get_domain_id())

    def follow(
        self, on_status: Callable[[Any, float], None], on_weights: Callable[[Any], None]
    ) -> None:
        """Pass reports on.

        Args:
            on_status: called with each Status and the steady clock's time, s.
            on_weights: called with each Weights.
        """
        self._on_status = on_status
        self.node.create_subscription(Weights, "dynsyn/weights", on_weights, LATCHED)

    def see_activity(self) -> None:
        """Follow what hidden units do, too; a dashboard shows it."""
        seen = self.telemetry.update_activity
        self.node.create_subscription(Activity, "dynsyn/activity", seen, 5)

    def poll(self, seconds: float) -> None:
        """Handle what comes in for `seconds`."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=left)

    def wait_for(self, true: Callable[[], bool], seconds: float) -> bool:
        """Handle what comes in until `true()`, for `seconds` at most; whether it became so."""
        deadline = time.monotonic() + seconds
        while not true():
            if time.monotonic() >= deadline:
                return False
            self._executor.spin_once(timeout_sec=_SHORT)
        return True

    def take_answer(self) -> str:
        """What has been answered to a key since the last call, for people; empty: nothing."""
        answer, self._answer = self._answer, ""
        return answer

    def senders(self, *topics: str) -> tuple[list[str], bool]:
        """Full names of the nodes that publish one of these topics of the namespace, sorted.

        Returns:
            The names, and whether there are others whose names are not known yet.
        """
        found = [
            (info.node_namespace, info.node_name)
            for topic in topics
            for info in self.node.get_publishers_info_by_topic(topic)
        ]
        names = {f"{place.rstrip('/')}/{name}" for place, name in found if place.startswith("/")}
        return sorted(names), any(not place.startswith("/") for place, _ in found)

    def offers(self, call: Call, seconds: float = ANSWER_LIMIT) -> bool:
        """Whether the service is offered by somebody, after `seconds` at the latest."""
        return self.wait_for(self._client(call).service_is_ready, seconds)

    def ask(self, call: Call, seconds: float = ANSWER_LIMIT) -> Any:
        """Call a service and wait for its answer, `seconds` at most; None: it has not come."""
        deadline = time.monotonic() + seconds
        if not self.offers(call, seconds):
            return None
        answer = self._client(call).call_async(call.kind.Request(**call.fields))
        if not self.wait_for(answer.done, max(0.0, deadline - time.monotonic())):
            return None
        return answer.result()

    def obey(self, keys: str) -> None:
        """Do what these keys stand for; others are not minded. `take_answer` tells what came.

        To be called often: an emergency stop that the controller could not hear yet is sent as soon
        as it can.
        """
        if self._owed is not None and self._client(self._owed).service_is_ready():
            owed, self._owed = self._owed, None
            self._send(owed)
        status = self.telemetry.status
        learning = status is not None and status.learning
        armed = status is not None and status.armed
        calls = {
            "l": FREEZE if learning else LEARN,
            "a": DISARM if armed else ARM,
            " ": EMERGENCY_STOP,
            "r": REARM,
        }
        for key in keys:
            if key in calls:
                self._send(calls[key])

    def close(self) -> None:
        """Leave the ROS graph."""
        self._executor.shutdown()
        self.node.destroy_node()
        self._context.try_shutdown()

    def _client(self, call: Call) -> Any:
        if call.name not in self._clients:
            self._clients[call.name] = self.node.create_client(call.kind, call.name)
        return self._clients[call.name]

    def _receive(self, status: Any) -> None:
        now = time.monotonic()
        self.telemetry.update(status, now)
        self._on_status(status, now)

    def _send(self, call: Call) -> None:
        client = self._client(call)
        if not client.service_is_ready():
            self._owed = call if call is EMERGENCY_STOP else self._owed
            self._answer = f"{call.short}: the controller does not answer"
            if call is self._owed:
                self._answer += " yet; it is told when it does"
            return
        asked = client.call_async(call.kind.Request(**call.fields))
        asked.add_done_callback(lambda done: self._note(call, done))

    def _note(self, call: Call, done: Any) -> None:
        self._answer = f"{call.short}: {told(done.result())}"
