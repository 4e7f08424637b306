"""What the page shows, gathered from a robot's and its controller's topics.

The body's topics are looked at once for each picture, with room for one message each and best
effort: however fast the robot publishes, it waits for nobody here.
"""

from __future__ import annotations

import json
import math
import time
from collections import deque
from typing import Any

import numpy as np
from nav_msgs.msg import Odometry
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState
from std_msgs.msg import String

from dynsyn_controller.node.qos import LATCHED
from dynsyn_lab.live.client import ControllerClient
from dynsyn_lab.live.telemetry import duration, state
from dynsyn_lab.view.link_tree import LinkTree, pose
from dynsyn_msgs.msg import Activity

NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
EPISODES = 500
"""Returns that are kept for the chart."""
_FIGURES = (
    "steps",
    "episodes",
    "falls",
    "reward",
    "reward_average",
    "return_last",
    "return_average",
    "return_best",
    "rate_achieved",
    "rate_target",
    "overruns",
    "latency_us_median",
)


class Scene:
    """Use it as a context, within that of its client.

    Attributes:
        weights: the last weights as JSON text; empty before the first.
        weights_count: how many have come.

    Args:
        client: of the controller; nobody else may follow it.
    """

    def __init__(self, client: ControllerClient) -> None:
        self._client = client
        self.weights, self.weights_count = "", 0
        self._tree: LinkTree | None = None
        self._trouble = "no robot_description: who brings up the robot publishes it"
        self._joints: Any = None
        self._odometry: Any = None
        self._activity: Any = None
        self._returns: deque[tuple[int, float]] = deque(maxlen=EPISODES)
        client.follow(self._on_status, self._on_weights)
        self._node = Node(
            f"{client.node.get_name()}_view",
            namespace=client.node.get_namespace(),
            context=client.node.context,
            use_global_arguments=False,
            enable_rosout=False,
            start_parameter_services=False,
        )
        for kind, topic, take, qos in (
            (JointState, "joint_states", self._on_joints, NEWEST),
            (Odometry, "odom", self._on_odometry, NEWEST),
            (Activity, "dynsyn/activity", self._on_activity, NEWEST),
            (String, "robot_description", self._on_description, LATCHED),
        ):
            self._node.create_subscription(kind, topic, take, qos)
        self._executor = SingleThreadedExecutor(context=client.node.context)
        self._executor.add_node(self._node)
        self._topics = len(list(self._node.subscriptions))

    def __enter__(self) -> Scene:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown()
        self._node.destroy_node()

    def picture(self) -> str:
        """All that has come, as JSON text; NaN becomes null."""
        for _ in range(self._topics):
            self._executor.spin_once(timeout_sec=0)
        telemetry, now = self._client.telemetry, time.monotonic()
        status = telemetry.status
        shown: dict[str, Any] = {"kind": "picture", "body": self._body()}
        if status is not None:
            figures = {name: _plain(getattr(status, name)) for name in _FIGURES}
            shown |= figures | {
                "evaluation_average": _plain(telemetry.evaluation_average),
                "robot": status.robot,
                "learner": f"{status.learner}, preset {status.preset}",
                "state": "no report" if telemetry.silent(now) else state(status),
                "lived": duration(status.hours_lived),
                "effort": _named(status.effort_name, status.effort),
                "effort_scale": telemetry.effort_scale,
                "chart": [(step, _plain(mean)) for step, mean in telemetry.chart],
                "returns": list(self._returns),
            }
        if self._activity is not None:
            shown["activity"] = _named(self._activity.name, self._activity.value)
        return json.dumps(shown, allow_nan=False)

    def _body(self) -> dict[str, Any]:
        if self._tree is None:
            return {"trouble": self._trouble}
        joints, base = self._joints, np.eye(4)
        if joints is None:
            return {"trouble": "no joint_states yet"}
        if self._odometry is not None:
            at = self._odometry.pose.pose
            base = pose(at.position, at.orientation)
        positions = {
            name: value
            for name, value in zip(joints.name, joints.position, strict=False)
            if math.isfinite(value)
        }
        poses = self._tree.place(positions, base)
        stamp = joints.header.stamp
        return {
            "view": self._tree.view,
            "outlines": self._tree.outlines(poses),
            "base": base[:3, 3].round(4).tolist(),
            "time": stamp.sec + stamp.nanosec * 1e-9,
        }

    def _on_status(self, status: Any, _: float) -> None:
        known = self._returns[-1][0] if self._returns else -1
        if status.episodes < known:
            self._returns.clear()  # another lifetime, or an earlier copy of this one
        if status.episodes != known and math.isfinite(status.return_last):
            self._returns.append((int(status.episodes), float(status.return_last)))

    def _on_weights(self, message: Any) -> None:
        layers = [
            {
                "name": layer.name,
                "rows": int(layer.rows),
                "columns": int(layer.columns),
                "outputs": list(layer.output_names),
                "inputs": list(layer.input_names),
                "weight": np.asarray(layer.weight).round(4).tolist(),
            }
            for layer in message.layers
        ]
        shown = {"kind": "weights", "steps": int(message.steps), "layers": layers}
        self.weights = json.dumps(shown, allow_nan=False)
        self.weights_count += 1

    def _on_joints(self, message: Any) -> None:
        self._joints = message

    def _on_odometry(self, message: Any) -> None:
        self._odometry = message

    def _on_activity(self, message: Any) -> None:
        self._activity = message

    def _on_description(self, message: Any) -> None:
        try:
            self._tree = LinkTree.parse(message.data)
        except ValueError as error:
            self._tree, self._trouble = None, str(error)


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _named(names: Any, values: Any) -> list[tuple[str, float | None]]:
    return [(name, _plain(float(value))) for name, value in zip(names, values, strict=True)]
