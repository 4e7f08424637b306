"""A bare node that answers as the controller node does, but computes nothing: the limit of a loop.

It hears the same topics and answers each reward, the last message of an observation, at once.
"""

from __future__ import annotations

import sys
from array import array
from typing import Any

import rclpy
from rclpy.signals import SignalHandlerOptions

from dynsyn_controller.node.qos import QOS
from dynsyn_controller.node.ros_process import create_executor
from dynsyn_controller.node.senses import REWARD
from dynsyn_controller.node.stop_request import StopRequest
from dynsyn_controller.robot.robot_file import load_robot
from dynsyn_msgs.msg import JointCommand, Reward


def main() -> None:
    """Relay until asked to stop; arguments: a robot file, then those of ROS."""
    stop = StopRequest()
    rclpy.init(args=sys.argv, signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node("relay")
    robot = load_robot(rclpy.utilities.remove_ros_args(sys.argv)[1])
    names = list(robot.joint_names)
    command = JointCommand(name=names, effort=array("d", bytes(8 * len(names))))
    publish = node.create_publisher(JointCommand, "joint_command", QOS).publish

    def answer(reward: Any) -> None:
        command.header.stamp = reward.header.stamp
        publish(command)

    for sensor in robot.layout.sensors.values():
        node.create_subscription(sensor.message_type(), sensor.topic, _ignore, QOS)
    node.create_subscription(Reward, REWARD, answer, QOS)
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
