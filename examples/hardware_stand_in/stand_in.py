"""A robot that is not ours: MuJoCo behind plain rclpy, with the conventions of ros2_control.

    python examples/hardware_stand_in/stand_in.py

It runs in real time at 200 Hz and does what drivers do: joint_state_broadcaster's message in an
order of its own, with a joint more than the robot file has and efforts that are NaN; an inertial
sensor as imu_sensor_broadcaster sends it; odometry at 50 Hz; the commands of
forward_command_controller, the last of which it holds for ever. Messages come 10 ms late, with
jitter, and one in a thousand is lost. Faults are asked for on the topic `stand_in/fault`.
"""

from __future__ import annotations

import argparse
import heapq
import math
import random
import signal
import sys
import time
from array import array
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from body import JOINTS, RATE, Body
from nav_msgs.msg import Odometry
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Imu, JointState
from std_msgs.msg import Float64MultiArray, String

ORDER = (*sorted(JOINTS), "head_pan")
"""As joint_state_broadcaster may have it: its own order, and a joint that nobody drives."""
COMMANDS = "forward_effort_controller/commands"
DELAY, JITTER = 0.010, 0.001  # s
LOST = 0.001  # part of the messages
ODOMETRY_EVERY = 4  # steps: 50 Hz
_MOST_LATE = 40  # steps that are made up for after a pause of the computer
CURVE_EVERY = round(10.0 * RATE)  # steps


class Faults:
    """What is wrong now: kind -> until when, s of the steady clock, and how much."""

    def __init__(self) -> None:
        self._until: dict[str, tuple[float, float]] = {}

    def begin(self, text: str) -> None:
        """`KIND SECONDS [AMOUNT]`: silence, nan, lost (part of the messages), delay (s)."""
        kind, seconds, *amount = text.split()
        self._until[kind] = time.monotonic() + float(seconds), float(amount[0]) if amount else 1.0

    def amount(self, kind: str, now: float) -> float:
        """How much of it there is; 0: none."""
        until, amount = self._until.get(kind, (0.0, 0.0))
        return amount if now < until else 0.0


class StandIn(Node):
    """The robot's drivers.

    Args:
        body: what they move.
        curve: file that gets a line every 10 s: unix time, s lived, x in m; None: none does.
    """

    def __init__(self, body: Body, curve: Path | None) -> None:
        super().__init__("stand_in")
        self.body, self._curve = body, curve
        self._command = np.zeros(len(JOINTS))
        self._faults = Faults()
        self._random = random.Random(1)
        self._queue: list[tuple[float, int, Any, bytes]] = []
        self._numbers = count()
        self._steps = 0
        self._joints = self.create_publisher(JointState, "joint_states", 5)
        self._imu = self.create_publisher(Imu, "imu_sensor_broadcaster/imu", 5)
        self._odom = self.create_publisher(Odometry, "odom", 5)
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._description = self.create_publisher(String, "robot_description", latched)
        self._description.publish(String(data=body.urdf()))
        self.create_subscription(Float64MultiArray, COMMANDS, self._take, 5)
        self.create_subscription(String, "stand_in/fault", self._begin_fault, 5)
        self._places = [ORDER.index(joint) for joint in JOINTS]
        self._joint_state = JointState(name=list(ORDER))
        self._joint_state.effort = array("d", [math.nan] * len(ORDER))
        self._inertia = Imu()
        self._inertia.header.frame_id = "imu_link"
        self._odometry = Odometry(child_frame_id="base_link")
        self._odometry.header.frame_id = "odom"

    def run(self, stop: list[bool]) -> None:
        """Live in real time until `stop` holds something."""
        executor = SingleThreadedExecutor()
        executor.add_node(self)
        due = time.monotonic()
        while not stop:
            now = time.monotonic()
            while self._queue and self._queue[0][0] <= now:
                _, _, publisher, data = heapq.heappop(self._queue)
                publisher.publish(data)
            if now >= due:
                late = min(int((now - due) * RATE) + 1, _MOST_LATE)
                for _ in range(late):
                    self._step()
                due = due + late / RATE if late < _MOST_LATE else now + 1.0 / RATE
                self._sense(now)
            wake = min(due, self._queue[0][0]) if self._queue else due
            executor.spin_once(timeout_sec=max(0.0, wake - time.monotonic()))
        executor.shutdown()

    def _step(self) -> None:
        self.body.step(self._command)
        self._steps += 1
        if self._curve is not None and self._steps % CURVE_EVERY == 0:
            with self._curve.open("a") as file:
                x, _, pitch = self.body.place
                file.write(f"{time.time():.1f},{self.body.time:.1f},{x:.4f},{pitch:.3f}\n")

    def _sense(self, now: float) -> None:
        if self._faults.amount("silence", now):
            return
        stamp = self.get_clock().now().to_msg()
        broken = math.nan if self._faults.amount("nan", now) else 0.0
        position, velocity = [0.0] * len(ORDER), [0.0] * len(ORDER)
        for place, angle, speed in zip(
            self._places, self.body.position.tolist(), self.body.velocity.tolist(), strict=True
        ):
            position[place], velocity[place] = angle + broken, speed
        message = self._joint_state
        message.header.stamp = stamp
        message.position, message.velocity = array("d", position), array("d", velocity)
        self._send(self._joints, message, now)
        speed_x, speed_z, turning = self.body.motion
        inertia, to = self._inertia, self._inertia.orientation
        inertia.header.stamp = stamp
        to.x, to.y, to.z, to.w = self.body.orientation
        inertia.angular_velocity.y = turning
        self._send(self._imu, inertia, now)
        if self._steps % ODOMETRY_EVERY == 0:
            odometry = self._odometry
            odometry.header.stamp = stamp
            place, motion = odometry.pose.pose.position, odometry.twist.twist
            place.x, place.z, _ = self.body.place
            motion.linear.x, motion.linear.z = speed_x, speed_z
            self._send(self._odom, odometry, now)

    def _send(self, publisher: Any, message: Any, now: float) -> None:
        if self._random.random() < LOST + self._faults.amount("lost", now):
            return
        late = DELAY + self._random.random() * JITTER + self._faults.amount("delay", now)
        entry = now + late, next(self._numbers), publisher, serialize_message(message)
        heapq.heappush(self._queue, entry)

    def _take(self, message: Float64MultiArray) -> None:
        if len(message.data) == len(JOINTS):
            self._command = np.array(message.data)

    def _begin_fault(self, message: String) -> None:
        self._faults.begin(message.data)


def main() -> int:
    """Run it until a signal comes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--urdf", action="store_true", help="print the robot's URDF and end")
    parser.add_argument("--curve", type=Path, help="file for x over time (CSV)")
    args = parser.parse_args()
    body = Body()
    if args.urdf:
        print(body.urdf(), end="")
        return 0
    stop: list[bool] = []
    rclpy.init(signal_handler_options=rclpy.signals.SignalHandlerOptions.NO)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.append(True))
    StandIn(body, args.curve).run(stop)
    rclpy.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
