"""Messages that cannot be: what is refused, and what is not, with the real message types."""

from __future__ import annotations

import math

import pytest
from nav_msgs.msg import Odometry
from sensed import FORWARD, HIP, PITCH, RAY, TOE, TURNING, channel, joint_state, reader, value
from sensor_msgs.msg import Imu, JointState, LaserScan

from dynsyn_controller.messages.conversions import MessageError
from dynsyn_controller.robot.observation import Channel
from dynsyn_msgs.msg import Contacts


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
