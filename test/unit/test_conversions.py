"""Messages <-> sensor vectors, with the real message types."""

from __future__ import annotations

import math

import numpy as np
import pytest
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from quaternions import planar_quaternion
from sensed import (
    HIP,
    KNEE_SPEED,
    LAYOUT,
    PITCH,
    RAY,
    SPEED,
    TOE,
    TURNING,
    joint_state,
    over_the_wire,
    reader,
    value,
)
from sensor_msgs.msg import Imu, JointState, LaserScan

from dynsyn_controller.messages.conversions import SensorReader, SensorWriter
from dynsyn_msgs.msg import Contacts
from dynsyn_sim_bridge.robots.registry import entry

PERIOD = 20_000_000
KINDS = {
    "joint_states": JointState,
    "imu": Imu,
    "odom": Odometry,
    "scan": LaserScan,
    "contacts": Contacts,
}


@pytest.mark.parametrize("name", ["walker", "walker_hardcore"])
def test_messages_carry_sensor_vectors_bit_for_bit(name: str):
    robot = entry(name).create()
    robot.reset(seed=3)
    writer = SensorWriter(
        robot.layout, {name: each.new_message() for name, each in robot.layout.sensors.items()}
    )
    read = SensorReader(robot.layout, (), robot.layout.blocks)
    assert read.sources == tuple(KINDS)
    assert {name: type(message) for name, message in writer.messages.items()} == KINDS
    will, sensors = np.random.default_rng(0), robot.layout.zeros()
    for step in range(1, 400):
        if robot.step(will.uniform(-80.0, 80.0, 4)).terminal:
            robot.reset()
        robot.sense(sensors)
        writer.write(sensors, step * PERIOD)
        assert not read.complete(step * PERIOD)
        for source, message in writer.messages.items():
            read.read(source, over_the_wire(message), arrival=step)
        assert read.complete(step * PERIOD)
        assert read.sensors.tobytes() == sensors.tobytes()
    scan = writer.messages["scan"]
    assert scan.angle_max == pytest.approx(-math.pi / 2 + 1.35)
    assert scan.scan_time == pytest.approx(0.02)


def test_rays_that_meet_nothing_are_infinite_on_the_wire():
    writer = SensorWriter(LAYOUT, {"scan": LaserScan()})
    sensors = LAYOUT.zeros()
    LAYOUT.view(sensors, "scan")[:] = (0.5, 4.0, 3.5)
    writer.write(sensors, 0)
    assert list(writer.messages["scan"].ranges) == [0.5, math.inf, 3.5]
    read = reader(RAY)
    read.read("scan", writer.messages["scan"], 0)
    assert value(read, RAY) == 4.0


def test_joints_are_read_by_name_whatever_their_order_and_company():
    read = reader(HIP, KNEE_SPEED)
    read.read("joint_states", joint_state(velocity=[4.0, 5.0, 6.0]), 10)
    assert (value(read, HIP), value(read, KNEE_SPEED)) == (3.0, 4.0)
    other = JointState(name=["hip", "knee"], position=[7.0, 8.0], velocity=[9.0, 10.0])
    read.read("joint_states", other, 11)
    assert (value(read, HIP), value(read, KNEE_SPEED)) == (7.0, 10.0)


def test_joints_may_come_in_several_messages():
    read = reader(HIP, KNEE_SPEED)
    read.read("joint_states", JointState(name=["hip"], position=[1.0]), 5)
    assert read.missing() == [KNEE_SPEED.name]
    assert read.oldest() == -1
    read.read("joint_states", JointState(name=["knee"], velocity=[2.0]), 7)
    assert read.missing() == []
    assert read.oldest() == 5


def test_what_is_not_measured_is_missing_not_zero():
    read = reader(HIP, KNEE_SPEED)
    read.read("joint_states", joint_state(), 1)
    assert read.missing() == [KNEE_SPEED.name]
    assert not read.complete(0)


def test_an_imu_without_orientation_leaves_the_pitch_missing():
    for unknown in (Imu(), Imu(orientation_covariance=[-1.0] + [0.0] * 8)):
        if unknown.orientation_covariance[0] != -1.0:
            unknown.orientation.w = 0.0
        read = reader(PITCH, TURNING)
        read.read("imu", unknown, 1)
        assert read.missing() == [PITCH.name]


def test_complete_means_all_of_one_stamp():
    read = reader(HIP, TOE)
    joints = JointState(name=["hip"], position=[1.0])
    contacts = Contacts(name=["toe"], in_contact=[True])
    joints.header.stamp.nanosec = PERIOD
    read.read("joint_states", joints, 1)
    assert not read.complete(PERIOD)
    contacts.header.stamp.nanosec = PERIOD
    read.read("contacts", contacts, 2)
    assert read.complete(PERIOD)
    assert not read.complete(2 * PERIOD)
    contacts.header.stamp.nanosec = 2 * PERIOD
    read.read("contacts", contacts, 3)
    assert not read.complete(2 * PERIOD)


def test_complete_means_all_of_a_source_whatever_its_number_of_messages():
    """A joint that vanishes from its message leaves the observation incomplete."""
    read = reader(HIP, KNEE_SPEED)

    def hear(stamp: int, **fields) -> bool:
        message = JointState(**fields)
        message.header.stamp.nanosec = stamp
        read.read("joint_states", message, stamp)
        return read.complete(stamp)

    both = {"name": ["hip", "knee"], "position": [1.0, 1.0], "velocity": [2.0, 2.0]}
    assert hear(1, **both)
    assert not hear(2, name=["hip"], position=[3.0])
    assert hear(2, name=["knee"], velocity=[4.0])
    assert not hear(3, name=["hip"], position=[3.0], velocity=[1.0])
    assert hear(4, **both)


def test_each_order_of_names_is_remembered_once():
    read = reader(HIP, KNEE_SPEED)
    for turn in range(100):
        read.read("joint_states", JointState(name=["hip"], position=[1.0]), turn)
        read.read("joint_states", JointState(name=["tail", "knee"], velocity=[1.0, 2.0]), turn)
    assert list(read.orders["joint_states"]) == [("hip",), ("tail", "knee")]
    for turn in range(100):
        names = [f"extra_{turn}", "hip"]
        read.read("joint_states", JointState(name=names, position=[1.0, float(turn)]), turn)
        assert value(read, HIP) == turn
    assert len(read.orders["joint_states"]) == 32


def test_an_operators_command_may_be_absent_and_expires():
    read = reader(HIP, SPEED)
    assert read.sources == ("joint_states",)
    assert value(read, SPEED) == 0.5
    twist = Twist()
    twist.linear.x = 0.8
    read.read("command", twist, 100)
    assert value(read, SPEED) == 0.8
    read.expire(before=100)
    assert value(read, SPEED) == 0.8
    read.expire(before=101)
    assert value(read, SPEED) == 0.5
    assert read.missing() == [HIP.name]


def test_blocks_beside_the_observation_are_needed_too():
    read = reader(HIP, blocks=("odom.position",))
    assert read.sources == ("joint_states", "odom")
    assert read.missing() == [HIP.name, "odom.position"]


def test_orientation_is_read_whole():
    read = reader(PITCH)
    imu = Imu()
    o = imu.orientation
    o.x, o.y, o.z, o.w = planar_quaternion(1, 0.7)
    read.read("imu", imu, 1)
    assert tuple(LAYOUT.view(read.sensors, "imu.orientation")) == planar_quaternion(1, 0.7)
