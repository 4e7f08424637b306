"""A time-out for robots whose drivers hold the last command for ever.
`ros2 run dynsyn_controller effort_relay`

Stands between the controller and the driver: passes joint_command on as an array in the robot
file's joint order, within the robot file's limits, and sends the neutral efforts while the
controller is silent, whatever has become of it. Of velocities these are 0, of position targets the
last ones.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import rclpy
from rclpy.exceptions import InvalidParameterException
from rclpy.executors import Executor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import remove_ros_args
from std_msgs.msg import Float64MultiArray

from dynsyn_controller.messages.commands import CommandReader, CommandWriter
from dynsyn_controller.messages.conversions import MessageError
from dynsyn_controller.messages.layout import FloatArray
from dynsyn_controller.node.parameter_table import (
    Parameter,
    ParameterError,
    declare,
    overrides_of,
    resolve,
)
from dynsyn_controller.node.qos import QOS
from dynsyn_controller.node.ros_process import create_executor, end
from dynsyn_controller.node.settings import read_robot
from dynsyn_controller.node.stop_request import StopRequest
from dynsyn_controller.node.timing import SECOND
from dynsyn_controller.robot.robot import Robot, RobotFileError
from dynsyn_msgs.msg import JointCommand

NAME = "effort_relay"
_USAGE = (ParameterError, RobotFileError, InvalidParameterException)
_REPEATS = 10.0  # Hz, of the neutral efforts while there is silence
_LONGEST_WAIT = 0.05  # s; a signal is noticed between two waits
_REFUSALS_APART = 5.0  # s between two logs
TABLE = (
    Parameter(
        "robot_file",
        "",
        "Path of the robot file (YAML), or the name of a shipped one. Required.",
    ),
    Parameter("modules", 0, "As of the controller.", minimum=0, maximum=1000),
    Parameter(
        "effort_topic",
        "",
        "Topic (std_msgs/Float64MultiArray) of the driver, such as "
        "forward_effort_controller/commands. Required.",
    ),
    Parameter(
        "timeout",
        0.1,
        "s without a command after which the neutral efforts are sent.",
        minimum=0.001,
        maximum=10.0,
    ),
)


class EffortRelay(Node):
    """The relay on ROS topics.

    Attributes:
        silent: neutral efforts are being sent.

    Raises:
        ParameterError, RobotFileError: parameters or a robot file that cannot be.
    """

    def __init__(self) -> None:
        super().__init__(NAME, automatically_declare_parameters_from_overrides=True)
        values = resolve(TABLE, overrides_of(self))
        declare(self, TABLE, values)
        if not values["effort_topic"]:
            raise ParameterError("effort_topic: missing, expected the topic of the driver")
        robot: Robot = read_robot(str(values["robot_file"]), int(values["modules"]))
        self._reader = CommandReader(robot.joint_names, robot.command.field)
        self._range, self._holds = robot.command_range, robot.command.holds
        self._neutral = None if self._holds else self._range.neutral
        self._timeout = round(float(values["timeout"]) * SECOND)
        self._message = Float64MultiArray()
        self._publisher = self.create_publisher(Float64MultiArray, str(values["effort_topic"]), QOS)
        self.create_subscription(JointCommand, "joint_command", self._on_command, QOS)
        self.silent = True
        self._heard = self._repeated = 0

    def _on_command(self, message: JointCommand) -> None:
        try:
            effort = self._reader.read_command(message)
        except MessageError as error:  # counts as silence
            self.get_logger().error(f"refused: {error}", throttle_duration_sec=_REFUSALS_APART)
            return
        self._heard = time.monotonic_ns()
        if self.silent:
            self.silent = False
            self.get_logger().info("the controller is heard: its efforts are passed on")
        safe = np.clip(effort, self._range.low, self._range.high)
        if self._holds:
            self._neutral = safe
        self.send(safe)

    def send(self, effort: FloatArray) -> None:
        """Publish efforts or targets, (joints,)."""
        CommandWriter.write_array(self._message, effort)
        self._publisher.publish(self._message)

    def send_neutral(self) -> None:
        """Publish the neutral efforts; position targets: the last ones, if any have come."""
        if self._neutral is not None:
            self.send(self._neutral)

    def run_once(self, executor: Executor) -> None:
        """Wait for a command, not beyond its time, and see whether there is silence."""
        now = time.monotonic_ns()
        wait = _LONGEST_WAIT
        if not self.silent:
            wait = min(wait, max(0.0, (self._heard + self._timeout - now) / SECOND))
        executor.spin_once(timeout_sec=wait)
        now = time.monotonic_ns()
        if not self.silent and now - self._heard > self._timeout:
            self.silent = True
            self._repeated = 0
            self.get_logger().warning(
                f"no command for {self._timeout / SECOND:g} s: neutral efforts"
            )
        if self.silent and now - self._repeated >= SECOND / _REPEATS:
            self._repeated = now
            self.send_neutral()


def run(arguments: list[str], stop: StopRequest) -> int:
    """Run the relay until it is asked to stop; returns the exit code (2: wrong parameters)."""
    try:
        rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
        unknown = remove_ros_args(arguments)[1:]
        if unknown:
            raise ParameterError(f"argument {unknown[0]!r}: expected --ros-args and what follows")
        relay = EffortRelay()
    except (*_USAGE, RuntimeError) as error:
        return end(NAME, error, 2)
    executor = create_executor()
    executor.add_node(relay)
    while not stop.asked:
        relay.run_once(executor)
    for _ in range(3):  # the last thing that the driver hears
        relay.send_neutral()
        executor.spin_once(timeout_sec=0.01)
    executor.shutdown()
    relay.destroy_node()
    rclpy.try_shutdown()
    StopRequest.ignore()
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv, StopRequest()))
