"""The types of sensors by name. A new one is one file and one line, or a file of a user's own."""

from __future__ import annotations

from dynsyn_controller.core.registry import Registry
from dynsyn_controller.messages.base import Sensor

_HERE = "dynsyn_controller.messages"

SENSORS = Registry(
    "sensor",
    Sensor,
    {
        "joint_states": f"{_HERE}.joint_state:JointStateSensor",
        "imu": f"{_HERE}.imu:ImuSensor",
        "odom": f"{_HERE}.odometry:OdometrySensor",
        "scan": f"{_HERE}.laser_scan:LaserScanSensor",
        "contacts": f"{_HERE}.contacts:ContactSensor",
        "command": f"{_HERE}.twist:TwistSensor",
        "command_stamped": f"{_HERE}.twist:TwistStampedSensor",
        "range": f"{_HERE}.range:RangeSensor",
        "wrench": f"{_HERE}.wrench:WrenchSensor",
        "readings": f"{_HERE}.readings:ReadingsSensor",
        "float64_multi_array": f"{_HERE}.float64_multi_array:Float64MultiArraySensor",
    },
)
