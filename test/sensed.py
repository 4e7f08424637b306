"""A layout of sensors, channels of it, and what reads messages into it."""

from __future__ import annotations

from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import JointState

from dynsyn_controller.messages.contacts import ContactSensor
from dynsyn_controller.messages.conversions import SensorReader
from dynsyn_controller.messages.imu import ImuSensor
from dynsyn_controller.messages.joint_state import JointStateSensor
from dynsyn_controller.messages.laser_scan import LaserScanSensor
from dynsyn_controller.messages.layout import SensorLayout
from dynsyn_controller.messages.odometry import OdometrySensor
from dynsyn_controller.messages.twist import TwistSensor
from dynsyn_controller.robot.observation import Channel

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
