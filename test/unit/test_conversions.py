"""Messages <-> sensor vectors and efforts, with the real message types."""

from __future__ import annotations

import math

import numpy as np
import pytest
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from quaternions import planar_quaternion
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import Imu, JointState, LaserScan
from std_msgs.msg import Float64MultiArray

from dynsyn_controller.messages.commands import CommandReader, CommandWriter
from dynsyn_controller.messages.contacts import ContactSensor
from dynsyn_controller.messages.conversions import MessageError, SensorReader, SensorWriter
from dynsyn_controller.messages.imu import ImuSensor
from dynsyn_controller.messages.joint_state import JointStateSensor
from dynsyn_controller.messages.laser_scan import LaserScanSensor
from dynsyn_controller.messages.layout import SensorLayout
from dynsyn_controller.messages.odometry import OdometrySensor
from dynsyn_controller.messages.twist import TwistSensor
from dynsyn_controller.robot.observation import Channel
from dynsyn_msgs.msg import Contacts, JointCommand
from dynsyn_sim_bridge.robots.registry import entry

LAYOUT = SensorLayout(
    (
        JointStateSensor(joints=("hip", "knee")),
        ImuSensor(),
        OdometrySensor(),
        TwistSensor(),
        LaserScanSensor(rays=3, range_max=4.0),
        ContactSensor(contacts=("toe", "heel")),
    )
)
PERIOD = 20_000_000
KINDS = {
    "joint_states": JointState,
    "imu": Imu,
    "odom": Odometry,
    "scan": LaserScan,
    "contacts": Contacts,
}


def channel(source: str, field: str = "", **more) -> Channel:
    name = "_".join([source, *field.split("."), *map(str, more.values())])
    return Channel(name=name, source=source, field=field, **more)


HIP = channel("joint_states", "position", element="hip")
KNEE_SPEED = channel("joint_states", "velocity", element="knee")
PITCH = channel("imu", "orientation.pitch")
TURNING = channel("imu", "angular_velocity.y")
FORWARD = channel("odom", "twist.linear.x")
RAY = channel("scan", element="1")
TOE = channel("contacts", element="toe")
SPEED = channel("command", "linear.x", default=0.5)


def reader(*channels: Channel, blocks=()) -> SensorReader:
    return SensorReader(LAYOUT, channels, blocks)


def value(of: SensorReader, channel: Channel) -> float:
    return of.sensors[LAYOUT.locate(channel)[0]]


def joint_state(**more) -> JointState:
    return JointState(**{"name": ["knee", "tail", "hip"], "position": [1.0, 2.0, 3.0], **more})


def over_the_wire(message):
    return deserialize_message(serialize_message(message), type(message))


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


def test_nan_that_nobody_needs_refuses_nothing():
    read = reader(HIP, TURNING)
    read.read("joint_states", joint_state(effort=[math.nan] * 3, velocity=[math.nan] * 3), 1)
    imu = Imu()
    imu.angular_velocity.x = imu.linear_acceleration.z = math.nan
    imu.angular_velocity.y = 0.5
    read.read("imu", imu, 1)
    assert (value(read, HIP), value(read, TURNING)) == (3.0, 0.5)


def nan_imu() -> Imu:
    imu = Imu()
    imu.angular_velocity.y = math.nan
    return imu


def long_imu() -> Imu:
    imu = Imu()
    imu.orientation.w = 2.0
    return imu


def nan_odom() -> Odometry:
    odom = Odometry()
    odom.twist.twist.linear.x = math.inf
    return odom


def fast_odom() -> Odometry:
    odom = Odometry()
    odom.twist.twist.linear.x = -5000.0
    return odom


@pytest.mark.parametrize(
    ("source", "message", "error"),
    [
        ("joint_states", joint_state(position=[1.0, 2.0]), "position: 2 values for 3 names"),
        ("joint_states", joint_state(name=["hip", "hip", "knee"]), "a name appears twice"),
        (
            "joint_states",
            joint_state(position=[1.0, 2.0, math.nan]),
            "position of hip: found nan, expected a finite number",
        ),
        ("imu", nan_imu(), "angular_velocity.y: found nan"),
        ("imu", long_imu(), "orientation of length 2, expected a unit quaternion"),
        ("odom", nan_odom(), "twist.linear.x: found inf, expected a finite number"),
        ("scan", LaserScan(ranges=[1.0, 2.0]), "2 rays, expected 3"),
        (
            "joint_states",
            joint_state(position=[1.0, 2.0, 2e253]),
            r"position of hip: found 2e\+253, expected -100000 to 100000 rad",
        ),
        ("odom", fast_odom(), "twist.linear.x: found -5000, expected -1000 to 1000 m/s"),
        ("contacts", Contacts(name=["toe"], in_contact=[]), None),
        ("contacts", Contacts(name=["toe", "x"], in_contact=[True]), "1 values for 2 names"),
    ],
)
def test_bad_messages_are_refused_whole(source, message, error):
    read = reader(HIP, PITCH, TURNING, FORWARD, RAY, TOE)
    before = read.sensors.copy()
    message.header.stamp.sec = 5
    if error is None:  # nothing was measured: no error, and nothing came
        read.read(source, message, 3)
    else:
        with pytest.raises(MessageError, match=rf"\A{source}: .*{error}"):
            read.read(source, message, 3)
        assert read.stamps[source] == 0
    assert read.sensors.tobytes() == before.tobytes()
    assert (read.arrivals == -1).all()


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


def test_finite_readings_whose_sum_is_not_are_refused_by_name():
    huge = joint_state(position=[1.7e308, 0.0, 1.7e308])
    with pytest.raises(MessageError, match=r"position of hip: found 1\.7e\+308, expected"):
        reader(HIP).read("joint_states", huge, 1)
    wide = channel("joint_states", "position", element="hip", plausible=(-1.7e308, 1.7e308))
    knee = channel("joint_states", "position", element="knee", plausible=(-1.7e308, 1.7e308))
    read = reader(wide, knee)
    read.read("joint_states", huge, 1)
    assert value(read, knee) == 1.7e308


def test_what_is_plausible_is_the_channels_or_its_units():
    narrow = channel("joint_states", "position", element="hip", plausible=(-0.5, 0.5))
    slide = channel("joint_states", "position", element="knee", unit="m")
    read = reader(narrow, slide, FORWARD)
    for hip, knee, error in (
        (0.6, 0.0, r"position of hip: found 0\.6, expected -0\.5 to 0\.5 rad"),
        (-0.6, 0.0, r"position of hip: found -0\.6, expected -0\.5 to 0\.5 rad"),
        (0.0, 1e6, ""),
        (0.5, 2e7, r"position of knee: found 2e\+07, expected -1e\+07 to 1e\+07"),
    ):
        message = JointState(name=["hip", "knee"], position=[hip, knee])
        if error:
            with pytest.raises(MessageError, match=error):
                read.read("joint_states", message, 1)
        else:
            read.read("joint_states", message, 1)
            assert (value(read, narrow), value(read, slide)) == (hip, knee)


def test_two_channels_of_one_reading_both_hold():
    wide = Channel("wide", "imu", "angular_velocity.y", plausible=(-10.0, 5.0))
    other = Channel("other", "imu", "angular_velocity.y", plausible=(-5.0, 10.0))
    read = reader(wide, other)
    for rate, fine in ((4.0, True), (-4.0, True), (6.0, False), (-6.0, False)):
        message = Imu()
        message.angular_velocity.y = rate
        if fine:
            read.read("imu", message, 1)
        else:
            with pytest.raises(MessageError, match=f"found {rate:g}, expected -5 to 5 rad/s"):
                read.read("imu", message, 1)


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


def test_commands_are_read_by_name():
    efforts = CommandReader(("hip", "knee"))
    found = efforts.read_command(JointCommand(name=["knee", "hip"], effort=[1.0, 2.0]))
    assert found.tolist() == [2.0, 1.0]
    found = efforts.read_command(JointCommand(name=["hip", "knee"], effort=[1.0, 2.0]))
    assert found.tolist() == [1.0, 2.0]
    assert efforts.read_array(Float64MultiArray(data=[3.0, 4.0])).tolist() == [3.0, 4.0]


@pytest.mark.parametrize(
    ("name", "effort", "error"),
    [
        (["hip"], [1.0], "found joints hip, expected hip, knee"),
        ([], [], "found joints none"),
        (["hip", "knee", "tail"], [1.0, 2.0, 3.0], "found joints hip, knee, tail"),
        (["hip", "hip"], [1.0, 2.0], "each once"),
        (["hip", "knee"], [1.0], "1 efforts for 2 joints"),
        (["hip", "knee"], [1.0, math.nan], "expected finite numbers"),
    ],
)
def test_bad_commands_are_refused(name, effort, error):
    with pytest.raises(MessageError, match=error):
        CommandReader(("hip", "knee")).read_command(JointCommand(name=name, effort=effort))


def test_targets_are_read_from_their_own_field_and_written_with_their_gains():
    joints, target = ("hip", "knee"), np.array([0.1, -0.2])
    command = JointCommand()
    writer = CommandWriter(joints, "position", {"kp": (20.0, 30.0), "kd": (0.5, 0.0)})
    writer.write_command(command, target, 1)
    command = over_the_wire(command)
    assert CommandReader(joints, "position").read_command(command).tolist() == [0.1, -0.2]
    assert (list(command.kp), list(command.kd)) == ([20.0, 30.0], [0.5, 0.0])
    assert (len(command.effort), len(command.velocity)) == (0, 0)
    with pytest.raises(MessageError, match="0 velocities for 2 joints"):
        CommandReader(joints, "velocity").read_command(command)


@pytest.mark.parametrize(
    ("data", "error"), [([1.0], "1 efforts, expected 2"), ([1.0, -math.inf], "finite")]
)
def test_bad_arrays_are_refused(data, error):
    with pytest.raises(MessageError, match=error):
        CommandReader(("hip", "knee")).read_array(Float64MultiArray(data=data))


def test_commands_survive_the_wire_bit_for_bit():
    joints, effort = ("hip", "knee"), np.array([0.1 + 0.2, -1e-300])
    writer, command, values = CommandWriter(joints), JointCommand(), Float64MultiArray()
    writer.write_command(command, effort, 3 * 10**9 + 7)
    writer.write_array(values, effort)
    command, values = over_the_wire(command), over_the_wire(values)
    assert (command.header.stamp.sec, command.header.stamp.nanosec) == (3, 7)
    read = CommandReader(joints)
    assert read.read_command(command).tobytes() == effort.tobytes()
    assert read.read_array(values).tobytes() == effort.tobytes()
