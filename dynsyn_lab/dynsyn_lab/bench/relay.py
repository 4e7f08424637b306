"""A bare node that answers as the controller node does, but computes nothing: the limit of a loop.

It hears the same topics and answers each reward, the last message of an observation, at once.
"""

from __future__ import annotations

import sys
from array import array
from typing import Any

import rclpy
from rclpy.signals import SignalHandlerOptions

from dynsyn_controller.launching.stop_request import StopRequest
from dynsyn_controller.node.guard import REWARD
from dynsyn_controller.node.publishers import QOS
from dynsyn_controller.node.ros_process import create_executor
from dynsyn_controller.node.subscriptions import MESSAGES
from dynsyn_msgs.msg import JointCommand


def main() -> None:
    """Relay until asked to stop; arguments: names of the joints, then those of ROS."""
    stop = StopRequest()
    rclpy.init(args=sys.argv, signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node("relay")
    names = rclpy.utilities.remove_ros_args(sys.argv)[1:]
    command = JointCommand(name=names, effort=array("d", bytes(8 * len(names))))
    publish = node.create_publisher(JointCommand, "joint_command", QOS).publish

    def answer(reward: Any) -> None:
        command.header.stamp = reward.header.stamp
        publish(command)

    for topic, kind in MESSAGES.items():
        callback = answer if topic == REWARD else _ignore
        node.create_subscription(kind, topic, callback, QOS)
    executor = create_executor()
    executor.add_node(node)
    while not stop.asked:
        executor.spin_once(timeout_sec=0.05)
    executor.shutdown()
    node.destroy_node()
    rclpy.try_shutdown()


def _ignore(message: Any) -> None:
    """What any node does with a message: it has been received and turned into Python."""


if __name__ == "__main__":
    main()
