"""The robot's side of `dynsyn bench loop`: publishes observations, times the commands."""

from __future__ import annotations

import gc
import time
from typing import Any

import numpy as np
import rclpy

from dynsyn_controller.messages.conversions import SensorWriter, set_stamp, stamp_nanoseconds
from dynsyn_controller.node.publishers import QOS
from dynsyn_controller.node.ros_process import create_executor
from dynsyn_controller.node.senses import REWARD
from dynsyn_controller.node.timing import SECOND, Deadlines
from dynsyn_controller.robot.robot import Robot
from dynsyn_lab.errors import CommandError
from dynsyn_msgs.msg import JointCommand, Reward, Status

_MOVING = ("joint_states.position", "joint_states.velocity", "imu.angular_velocity", "scan")
START_UP = 120.0
"""s within which the first command must come; the controller may have to compile."""


class Peer:
    """Publishes all that a robot senses at the robot's control rate, and hears the commands.

    Attributes:
        sent: stamp (ns) of each observation -> when it was published, ns of the steady clock.
        heard: stamp of the observation answered and time of arrival, of each command.
        overruns: of the controller, by its last status.

    Args:
        robot: whose control rate is kept.
        namespace: of the topics.
    """

    def __init__(self, robot: Robot, namespace: str) -> None:
        self.sent: dict[int, int] = {}
        self.heard: list[tuple[int, int]] = []
        self.overruns = 0
        self._period = round(SECOND / robot.control_rate)
        self._node = rclpy.create_node("robot", namespace=namespace)
        self._executor = create_executor()
        self._executor.add_node(self._node)
        sensors = robot.layout.sensors
        messages = {name: sensor.new_message() for name, sensor in sensors.items()}
        self._sensors = self._moving(robot)
        self._writer = SensorWriter(robot.layout, messages)
        self._reward = Reward(value=0.1)
        everything = [(sensors[name].topic, message) for name, message in messages.items()]
        everything.append((REWARD, self._reward))  # the reward goes out last
        self._outputs = [
            (self._node.create_publisher(type(message), topic, QOS).publish, message)
            for topic, message in everything
        ]
        self._node.create_subscription(JointCommand, "joint_command", self._on_command, QOS)
        self._node.create_subscription(Status, "dynsyn/status", self._on_status, QOS)

    def wait_for_answer(self, alive: Any) -> None:
        """Publish until a command comes.

        Args:
            alive: called now and then; raises where the other process has ended.

        Raises:
            CommandError: none came in time.
        """
        end = time.monotonic() + START_UP
        while not self.heard:
            alive()
            if time.monotonic() > end:
                raise CommandError(f"no command within {START_UP:g} s")
            self.live(0.2)

    def live(self, seconds: float) -> None:
        """Publish at the robot's rate for that long; forgets what was before."""
        self.sent.clear()
        self.heard.clear()
        gc.collect()
        gc.disable()
        now = time.monotonic_ns()
        end, deadlines = now + round(seconds * SECOND), Deadlines(self._period, now)
        while now < end:
            remaining = deadlines.remaining(now)
            if remaining > 0:
                self._executor.spin_once(timeout_sec=remaining / SECOND)
            else:
                deadlines.advance(now)
                self._publish()
            now = time.monotonic_ns()
        gc.enable()

    def close(self) -> None:
        """Take the node away."""
        self._executor.shutdown()
        self._node.destroy_node()

    @staticmethod
    def _moving(robot: Robot) -> list[np.ndarray]:
        """Sensor vectors of a body that swings a little, gone through over and over."""
        random = np.random.default_rng(1)
        vectors = []
        for _ in range(100):
            vector = robot.layout.zeros()
            for block in _MOVING:
                part = robot.layout.view(vector, block)
                part[:] = random.uniform(0.1, 0.5, part.size)
            vectors.append(vector)
        return vectors

    def _publish(self) -> None:
        stamp = time.time_ns()
        self._writer.write(self._sensors[len(self.sent) % len(self._sensors)], stamp)
        set_stamp(self._reward.header.stamp, stamp)
        self.sent[stamp] = time.monotonic_ns()
        for publish, message in self._outputs:
            publish(message)

    def _on_command(self, command: Any) -> None:
        now = time.monotonic_ns()
        self.heard.append((stamp_nanoseconds(command.header.stamp), now))

    def _on_status(self, status: Any) -> None:
        self.overruns = status.overruns
