"""What people look at a robot by: its URDF, and where its links are (tf).

These are the topics of robot_state_publisher, and the localisation's odom -> base_link.
"""

from __future__ import annotations

import time
from typing import Any

from geometry_msgs.msg import TransformStamped
from rclpy.node import Node
from std_msgs.msg import String

from dynsyn_controller.messages.conversions import set_stamp
from dynsyn_controller.messages.layout import FloatArray, SensorLayout
from dynsyn_controller.node.parameter_table import ParameterError
from dynsyn_controller.node.qos import LATCHED
from dynsyn_sim_bridge.robots.body_model import STANDING, Transform, placed
from dynsyn_sim_bridge.robots.spec import RobotSpec

SPACING = 10_000_000
"""ns of the steady clock between two messages on /tf, at least: lockstep is faster than any eye."""


class Appearance:
    """Publishes a body's URDF (robot_description, latched) and, if asked for, /tf and /tf_static.

    Args:
        node: its publishers are this node's.
        spec: the robot.
        layout: of the sensor vectors that `publish` gets.
        frames: whether to publish where its links are.

    Raises:
        ParameterError: frames of a body that has no model, or without package tf2_msgs.
    """

    def __init__(self, node: Node, spec: RobotSpec, layout: SensorLayout, frames: bool) -> None:
        make = spec.entry.model
        self._model = make(spec.options) if make is not None else None
        self._publisher: Any = None
        self._kept = []  # what is latched lives as long as its publisher
        if self._model is not None:
            description = node.create_publisher(String, "robot_description", LATCHED)
            description.publish(String(data=self._model.urdf()))
            self._kept.append(description)
        if frames:
            self._open_frames(node, spec, layout)

    def _open_frames(self, node: Node, spec: RobotSpec, layout: SensorLayout) -> None:
        if self._model is None:
            raise ParameterError(f"publish_tf: nobody says which links {spec.reference} has")
        try:
            from tf2_msgs.msg import TFMessage
        except ImportError:
            raise ParameterError(
                "publish_tf: package tf2_msgs is not installed: it comes with a ROS distribution "
                "(ros-DISTRO-tf2-msgs), not as a wheel; dynsyn view needs no tf"
            ) from None
        joints: Any = layout.sensors["joint_states"]
        self._names = (*joints.joints, *joints.passive)
        blocks = layout.blocks
        self._joints, self._place = blocks["joint_states.position"], None
        if "odom.position" in blocks:
            self._place = blocks["odom.position"], blocks["odom.orientation"]
        self._message, self._due = TFMessage, 0
        self._publisher = node.create_publisher(TFMessage, "/tf", 100)
        fixed = node.create_publisher(TFMessage, "/tf_static", LATCHED)
        still = [STANDING] if self._place is None else []
        still += self._model.fixed()
        fixed.publish(TFMessage(transforms=[_message(each, 0) for each in still]))
        self._kept.append(fixed)

    def publish(self, sensors: FloatArray, stamp: int) -> None:
        """Publish where the links are, if that is asked for; at most once in SPACING.

        Args:
            sensors: (layout.size,) of this moment.
            stamp: ns.
        """
        now = time.monotonic_ns()
        if self._publisher is None or self._model is None or now < self._due:
            return
        self._due = now + SPACING
        positions = dict(zip(self._names, sensors[self._joints].tolist(), strict=True))
        transforms = self._model.moved(positions)
        if self._place is not None:
            position, orientation = (tuple(sensors[part].tolist()) for part in self._place)
            transforms = placed(position, orientation) + transforms
        message = self._message(transforms=[_message(each, stamp) for each in transforms])
        self._publisher.publish(message)


def _message(transform: Transform, stamp: int) -> Any:
    message = TransformStamped()
    set_stamp(message.header.stamp, stamp)
    message.header.frame_id, message.child_frame_id = transform.parent, transform.child
    place, turn = message.transform.translation, message.transform.rotation
    place.x, place.y, place.z = transform.translation
    turn.x, turn.y, turn.z, turn.w = transform.rotation
    return message
