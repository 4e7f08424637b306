"""The sensor vector, Euler angles, and the observation made of them."""

from __future__ import annotations

import math

import mujoco
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from quaternions import planar_quaternion

from dynsyn_controller.messages.contacts import ContactSensor
from dynsyn_controller.messages.imu import ImuSensor
from dynsyn_controller.messages.joint_state import JointStateSensor
from dynsyn_controller.messages.laser_scan import LaserScanSensor
from dynsyn_controller.messages.layout import SensorLayout
from dynsyn_controller.messages.odometry import OdometrySensor
from dynsyn_controller.messages.twist import TwistSensor
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.observation import Channel, Observer, orientation_angle, tilt_angle
from dynsyn_controller.robot.robot_file import load_robot

SENSORS = (
    JointStateSensor(joints=("a", "b", "c")),
    ImuSensor(),
    OdometrySensor(),
    TwistSensor(),
    LaserScanSensor(rays=4),
    ContactSensor(contacts=("left", "right")),
)
LAYOUT = SensorLayout(SENSORS)
angles = st.floats(-3.1, 3.1)


@given(angles, st.floats(-1.55, 1.55), angles)
def test_orientation_angles_are_those_of_mujoco(roll, pitch, yaw):
    """MuJoCo's quaternion of a turn about fixed x, then y, then z: REP-103's roll, pitch, yaw."""
    quaternion = np.zeros(4)
    mujoco.mju_euler2Quat(quaternion, np.array([roll, pitch, yaw]), "XYZ")
    w, x, y, z = quaternion
    found = [orientation_angle(which, x, y, z, w) for which in (1, 2, 3)]
    assert np.allclose(found, [roll, pitch, yaw], rtol=0, atol=1e-7)


@pytest.mark.parametrize("axis", range(3))
@given(st.floats(-1.57, 1.57))
def test_planar_quaternions_are_read_back(axis, angle):
    found = [orientation_angle(which, *planar_quaternion(axis, angle)) for which in (1, 2, 3)]
    expected = [0.0, 0.0, 0.0]
    expected[axis] = angle
    assert np.allclose(found, expected, rtol=0, atol=1e-7)


@given(st.integers(0, 2), st.floats(-3.14, 3.14))
def test_rotations_about_one_axis_are_read_back_beyond_a_right_angle(axis, angle):
    quaternion = planar_quaternion(axis, angle)
    found = [orientation_angle(which, *quaternion) for which in (4, 5, 6)]
    expected = [0.0, 0.0, 0.0]
    expected[axis] = angle
    assert np.allclose(found, expected, rtol=0, atol=1e-12)
    opposite = [orientation_angle(which, *(-part for part in quaternion)) for which in (4, 5, 6)]
    assert np.allclose(opposite, expected, rtol=0, atol=1e-12)
    assert math.isclose(tilt_angle(*quaternion), 0.0 if axis == 2 else abs(angle), abs_tol=1e-12)


def test_a_quaternion_rounded_beyond_one_gives_a_right_angle():
    half = math.sqrt(0.5) * (1 + 1e-12)
    assert orientation_angle(2, 0.0, half, 0.0, half) == math.pi / 2
    assert orientation_angle(2, 0.0, -half, 0.0, half) == -math.pi / 2


def test_blocks_fill_the_vector_without_gap_or_overlap():
    owner = np.zeros(LAYOUT.size, int)
    for part in LAYOUT.blocks.values():
        owner[part] += 1
    assert np.all(owner == 1)
    assert LAYOUT.size == 3 * 3 + 10 + 13 + 6 + 4 + 2
    vector = LAYOUT.zeros()
    LAYOUT.view(vector, "joint_states.velocity")[1] = 7.0
    assert vector[LAYOUT.blocks["joint_states.velocity"].start + 1] == 7.0
    assert LAYOUT.view(vector, "imu.orientation").tolist() == [0, 0, 0, 1]
    assert LAYOUT.view(vector, "odom.orientation").tolist() == [0, 0, 0, 1]
    assert np.count_nonzero(vector) == 3


CHANNELS = (
    Channel("speed", "joint_states", field="velocity", element="c", offset=0.5, scale=-2.0),
    Channel("pitch", "imu", field="orientation.pitch", scale=-1.0),
    Channel("yaw", "odom", field="pose.orientation.yaw", offset=1.0),
    Channel("rate", "imu", field="angular_velocity.y", scale=0.04),
    Channel("acceleration", "imu", field="linear_acceleration.z", offset=-9.81),
    Channel("height", "odom", field="pose.position.z"),
    Channel("ahead", "odom", field="twist.linear.x", scale=0.12),
    Channel("turning", "odom", field="twist.angular.z"),
    Channel("asked", "command", field="angular.z", scale=3.0),
    Channel("torque", "joint_states", field="effort", element="a"),
    Channel("angle", "joint_states", field="position", element="b", offset=1.0),
    Channel("foot", "contacts", element="right"),
    Channel("ray", "scan", element="3", scale=0.1875, kind="range"),
)


def plain_observation(readings: dict) -> list[float]:
    """The same channels in plain NumPy, from readings by name."""

    def angle(quaternion, which):
        x, y, z, w = quaternion
        if which == "pitch":
            return np.arcsin(2 * (w * y - z * x))
        return np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))

    return [
        -2.0 * (readings["joint_states.velocity"][2] + 0.5),
        -angle(readings["imu.orientation"], "pitch"),
        angle(readings["odom.orientation"], "yaw") + 1.0,
        0.04 * readings["imu.angular_velocity"][1],
        readings["imu.linear_acceleration"][2] - 9.81,
        readings["odom.position"][2],
        0.12 * readings["odom.linear"][0],
        readings["odom.angular"][2],
        3.0 * readings["command.angular"][2],
        readings["joint_states.effort"][0],
        readings["joint_states.position"][1] + 1.0,
        readings["contacts"][1],
        0.1875 * readings["scan"][3],
    ]


def random_sensors(random: np.random.Generator) -> tuple[np.ndarray, dict]:
    readings = {name: random.normal(size=part.stop - part.start) for name, part in BLOCKS}
    for name in ("imu.orientation", "odom.orientation"):
        readings[name] /= np.linalg.norm(readings[name])
    vector = LAYOUT.zeros()
    for name, part in BLOCKS:
        vector[part] = readings[name]
    return vector, readings


BLOCKS = list(LAYOUT.blocks.items())


def test_observation_equals_the_plain_one():
    observer, random = Observer(CHANNELS, LAYOUT), np.random.default_rng(1)
    rows = [random_sensors(random) for _ in range(50)]
    for vector, readings in rows:
        observation = np.full(len(CHANNELS), np.nan)
        observer.observe(vector, observation)
        assert np.allclose(observation, plain_observation(readings), rtol=0, atol=1e-12)
    many = np.full((50, len(CHANNELS)), np.nan)
    observer.observe(np.array([vector for vector, _ in rows]), many)
    expected = [plain_observation(readings) for _, readings in rows]
    assert np.allclose(many, expected, rtol=0, atol=1e-12)


def test_bound_to_two_arrays_it_observes_the_same():
    observer, random = Observer(CHANNELS, LAYOUT), np.random.default_rng(1)
    sensors, observation = LAYOUT.zeros(), np.full(len(CHANNELS), np.nan)
    observe = observer.bound(sensors, observation)
    for _ in range(5):
        sensors[:], _ = random_sensors(random)
        observe()
        expected = np.full(len(CHANNELS), np.nan)
        observer.observe(sensors, expected)
        assert observation.tobytes() == expected.tobytes()


def test_joints_are_found_by_name_whatever_their_order():
    robot = load_robot(config_path("robots/walker.yaml"))
    turned = SensorLayout(
        (
            LaserScanSensor(rays=10),
            ContactSensor(contacts=("foot_2", "foot_1")),
            ImuSensor(),
            JointStateSensor(joints=robot.joint_names[::-1]),
            OdometrySensor(),
        )
    )
    random = np.random.default_rng(2)
    vector = random.uniform(0.1, 0.5, robot.layout.size)
    other = np.zeros(turned.size)
    for block, part in robot.layout.blocks.items():
        backwards = block.startswith("joint_states.") or block == "contacts"
        other[turned.blocks[block]] = vector[part][:: -1 if backwards else 1]
    observations = np.zeros((2, 24))
    Observer(robot.observation, robot.layout).observe(vector, observations[0])
    Observer(robot.observation, turned).observe(other, observations[1])
    assert np.array_equal(observations[0], observations[1])


@pytest.mark.parametrize(
    ("channel", "message"),
    [
        (
            Channel("x", "joint_states", field="position", element="d"),
            "channel x: joint: found 'd', expected one of a, b, c",
        ),
        (
            Channel("x", "contacts", element="tail"),
            "channel x: contact: found 'tail', expected one of left",
        ),
        (Channel("x", "scan", element="4"), "channel x: ray: found 4, expected 0 to 3"),
        (Channel("x", "wrench", field="force.x"), "no sensor named 'wrench'; there are joint_st"),
        (Channel("x", "imu", field="torque.x"), "field: found 'torque.x', expected one of orien"),
    ],
)
def test_channels_that_the_layout_lacks_are_refused(channel, message):
    with pytest.raises(ValueError, match="channel x") as refused:
        Observer((channel,), LAYOUT)
    assert message in str(refused.value)


def test_a_block_that_is_left_out_is_not_sensed():
    layout = SensorLayout((ImuSensor(),), without=("imu.orientation",))
    assert layout.blocks == {
        "imu.angular_velocity": slice(0, 3),
        "imu.linear_acceleration": slice(3, 6),
    }
    with pytest.raises(ValueError, match=r"channel x: imu\.orientation is not sensed"):
        Observer((Channel("x", "imu", field="orientation.yaw"),), layout)


def test_a_channel_that_may_be_absent_reads_its_default_of_a_body_without_it():
    channels = (
        Channel("rate", "imu", field="angular_velocity.y", default=3.0),
        Channel("asked", "command", field="linear.x", default=0.25, offset=0.5, scale=4.0),
    )
    observer = Observer(channels, SensorLayout((ImuSensor(),)))
    observation = np.zeros(2)
    sensors = np.zeros(10)
    sensors[5] = 7.0
    observer.observe(sensors, observation)
    assert observation.tolist() == [7.0, 3.0]


def test_joints_without_an_actuator_are_read_too():
    joints = JointStateSensor(joints=("cart",), passive=("pole",))
    layout = SensorLayout((joints,))
    assert layout.joints == ("cart",)
    channel = Channel("tilt", "joint_states", field="position", element="pole")
    assert layout.locate(channel) == (1, 0)
