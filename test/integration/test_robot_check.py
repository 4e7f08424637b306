"""`dynsyn robot check` against a simulated robot over DDS: ten faults, one at a time, and none."""

from __future__ import annotations

import math
import threading
import time
from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.signals import SignalHandlerOptions
from ros_environment import enter, free_domain
from sensor_msgs.msg import Imu, JointState
from std_msgs.msg import String

from dynsyn_controller.robot.robot_file import load_robot
from dynsyn_lab.hardware.check import Finding, check
from dynsyn_lab.hardware.heard import Listener
from dynsyn_lab.hardware.wiggle import Wiggle
from dynsyn_lab.interrupts import Interrupts
from dynsyn_lab.live.client import ControllerClient
from dynsyn_msgs.msg import JointCommand

RATE = 100.0
LIMITS = {"hip": (-0.6, 0.9, 40.0), "knee": (-1.6, 0.1, 20.0)}
URDF = (
    '<robot name="leg"><link name="base_link"/><link name="imu_link"/>'
    + "".join(
        f'<joint name="{name}" type="revolute"><limit lower="{low}" upper="{high}" '
        f'velocity="10" effort="{effort}"/></joint>'
        for name, (low, high, effort) in LIMITS.items()
    )
    + "</robot>"
)
FILE = """
version: 2
name: leg
description: a leg
control_rate: 100.0
time_scale: 1.0
joints:
  - {name: hip, effort_limit: 20.0, position_minimum: -0.6, position_maximum: 0.9}
  - {name: knee, effort_limit: 10.0, position_minimum: -1.6, position_maximum: 0.1}
observation:
  - {name: pitch, source: imu, field: orientation.pitch, unit: rad}
  - {name: hip_position, source: joint_states, joint: hip, field: position, unit: rad}
  - {name: hip_speed, source: joint_states, joint: hip, field: velocity, unit: rad/s, scale: 0.1}
  - {name: knee_position, source: joint_states, joint: knee, field: position, unit: rad}
  - {name: knee_speed, source: joint_states, joint: knee, field: velocity, unit: rad/s, scale: 0.1}
network: {type: mlp, hidden: [4]}
"""


class Leg(threading.Thread):
    """Two joints that turn with their efforts, and an inertial sensor; with faults."""

    def __init__(self, domain: int) -> None:
        super().__init__(daemon=True)
        self.delay = 0.0
        self.frame, self.stuck, self.tilt, self.unit = "imu_link", "", 0.0, 1.0
        self.sign = {"hip": 1.0, "knee": 1.0}
        self.stop = False
        self._context = rclpy.Context()
        options = SignalHandlerOptions.NO
        rclpy.init(context=self._context, domain_id=domain, signal_handler_options=options)
        self._node = rclpy.create_node("leg", context=self._context)
        self._joints = self._node.create_publisher(JointState, "joint_states", 5)
        self._imu = self._node.create_publisher(Imu, "imu", 5)
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._urdf = self._node.create_publisher(String, "robot_description", latched)
        self._urdf.publish(String(data=URDF))
        self._node.create_subscription(JointCommand, "joint_command", self._take, 5)
        self._moved = time.monotonic()
        self._effort = {"hip": 0.0, "knee": 0.0}
        self._angle = {"hip": 0.2, "knee": -0.5}
        self._speed = {"hip": 0.0, "knee": 0.0}

    def run(self) -> None:
        executor = SingleThreadedExecutor(context=self._context)
        executor.add_node(self._node)
        due = time.monotonic()
        while not self.stop:
            executor.spin_once(timeout_sec=max(0.0, due - time.monotonic()))
            if time.monotonic() >= due:
                due = max(due, time.monotonic() - 1.0 / RATE) + 1.0 / RATE  # none made up for
                self._step()
        executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()

    def _take(self, command: JointCommand) -> None:
        self._effort = dict(zip(command.name, command.effort, strict=True))

    def _step(self) -> None:
        now = time.monotonic()
        elapsed, self._moved = now - self._moved, now  # on a busy machine steps come late
        for name, effort in self._effort.items():
            self._speed[name] = 0.1 * self.sign[name] * effort
            self._angle[name] += self._speed[name] * elapsed
        stamp = self._node.get_clock().now().nanoseconds - round(1e9 * self.delay)
        noise = 1e-4 * math.sin(1e3 * time.monotonic())
        names = ["knee", "wheel", "hip"]
        joints, imu = JointState(name=names), Imu()
        for message in (joints, imu):
            message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp, 10**9)
        turned = {**self._angle, "wheel": 0.0}
        speed = {**self._speed, "wheel": 0.0}
        place = [self.unit * (turned[n] + noise * (n != self.stuck)) for n in names]
        joints.position = array("d", place)
        joints.velocity = array("d", [speed[n] + noise for n in names])
        joints.effort = array("d", [math.nan] * 3)
        imu.header.frame_id = self.frame
        half = 0.5 * (self.tilt + noise)
        imu.orientation.x, imu.orientation.w = math.sin(half), math.cos(half)
        imu.linear_acceleration.z = 9.8
        self._joints.publish(joints)
        self._imu.publish(imu)


@pytest.fixture(scope="module")
def leg() -> Iterator[Leg]:
    with free_domain() as domain, pytest.MonkeyPatch.context() as patch:
        enter(domain, patch)
        robot = Leg(domain)
        robot.start()
        yield robot
        robot.stop = True
        robot.join()


@pytest.fixture
def client(leg: Leg) -> Iterator[ControllerClient]:
    with ControllerClient("/") as client:
        yield client


def listener(client: ControllerClient, folder: Path, *changes: tuple[str, str]) -> Listener:
    text = FILE
    for found, put in changes:
        assert found in text
        text = text.replace(found, put)
    path = folder / "leg.yaml"
    path.write_text(text)
    return Listener(client, load_robot(path))


def wrong(client: ControllerClient, folder: Path, *changes: tuple[str, str]) -> list[str]:
    """What is found wrong, within a short time of listening that does."""
    ear = listener(client, folder, *changes)
    heard = ear.heard
    # without it nothing is known of the joints' limits; on a busy machine it may come late
    assert client.wait_for(lambda: heard.description != "", 30.0), "no robot_description"
    client.wait_for(lambda: all(len(s.came) > 40 for s in heard.sources.values()), 3.0)
    found: list[Finding] = check(ear.listen(0.1))
    ear.close()
    return [str(each) for each in found if each.wrong]


SWAP = [
    ("name: hip, e", "name: x, e"),
    ("name: knee, e", "name: hip, e"),
    ("name: x,", "name: knee,"),
]
OTHER_TOPIC = [
    ("source: imu", "source: base"),
    ("observation:", "sensors: [{name: base, type: imu}]\nobservation:"),
]
ANGLE = "field: position, unit: rad}"


@pytest.mark.parametrize(
    ("changes", "robot", "complaint"),
    [
        ([], {}, ""),
        (SWAP, {}, "two joints swapped"),
        ([(ANGLE, ANGLE[:-1] + ", scale: -1}")], {}, "turns the sign"),
        ([("-0.6, position_maximum: 0.9", "-34.4, position_maximum: 51.6")], {}, "degrees"),
        ([(ANGLE, ANGLE[:-1] + ", scale: 57}")], {}, "scale?"),
        ([("control_rate: 100.0", "control_rate: 200.0")], {}, "but the quickest sensor"),
        ([], {"delay": 0.05}, "ms old, expected at most 30 ms"),
        (OTHER_TOPIC, {}, "sensor_msgs/msg/Imu comes on /imu"),
        ([], {"stuck": "knee"}, "knee: position stands still"),
        ([("effort_limit: 20.0", "effort_limit: 400.0")], {}, "400, beyond the URDF's 40"),
        ([], {"tilt": 1.57}, "tilted by 1.57 rad at rest: frame"),
        ([], {"frame": "camera"}, "frame 'camera' is no link of the URDF"),
        ([], {"unit": 57.3}, "degrees instead of rad"),
    ],
)
def test_each_fault_is_found_and_none_where_there_is_none(
    leg: Leg, client: ControllerClient, tmp_path: Path, changes: list, robot: dict, complaint: str
):
    before = {name: getattr(leg, name) for name in robot}
    for name, value in robot.items():
        setattr(leg, name, value)
    try:
        found = wrong(client, tmp_path, *changes)
    finally:
        for name, value in before.items():
            setattr(leg, name, value)
    assert bool(found) == bool(complaint), found
    assert complaint in " ".join(found)


def wiggled(client: ControllerClient, folder: Path) -> list[str]:
    ear = listener(client, folder)
    ear.listen(0.5)
    with Interrupts() as interrupts:
        return [str(each) for each in Wiggle(client, ear, 0.1, "").run(interrupts)]


@pytest.mark.realtime
def test_pushes_show_sign_and_delay(leg: Leg, client: ControllerClient, tmp_path: Path):
    leg.sign["knee"] = -1.0
    try:
        hip, knee = wiggled(client, tmp_path)
    finally:
        leg.sign["knee"] = 1.0
    assert hip.split()[:2] == ["note", "hip:"]
    assert "with the sign of its effort" in hip
    assert knee.split()[1] == "knee:"
    assert "the sign is turned" in knee
