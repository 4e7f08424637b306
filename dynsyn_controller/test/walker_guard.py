"""A guard that acts for a walker, and messages for it: objects with the fields of the real ones."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np

from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.node.guard import Guard
from dynsyn_controller.node.guard_options import GuardOptions
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot_file import load_robot

MS = 1_000_000
STALE = 60 * MS
ABSENT = 500 * MS
ROBOT = load_robot(config_path("robots/walker.yaml"))


def header(stamp: int) -> SimpleNamespace:
    seconds, nanoseconds = divmod(stamp, 1000 * MS)
    return SimpleNamespace(stamp=SimpleNamespace(sec=seconds, nanosec=nanoseconds))


def vector(**axes: float) -> SimpleNamespace:
    return SimpleNamespace(**{"x": 0.0, "y": 0.0, "z": 0.0, **axes})


def sensor_messages(stamp: int, hip: float = 0.1, pitch: float = 0.0, x: float = 0.0) -> dict:
    orientation = SimpleNamespace(x=0.0, y=math.sin(pitch / 2), z=0.0, w=math.cos(pitch / 2))
    known = [0.0] * 9
    messages = {
        "joint_states": SimpleNamespace(
            name=["knee_2", "hip_2", "knee_1", "hip_1"],
            position=[0.1, 0.2, 0.3, hip],
            velocity=[0.0] * 4,
            effort=[],
        ),
        "imu": SimpleNamespace(
            orientation=orientation,
            orientation_covariance=known,
            angular_velocity=vector(),
            angular_velocity_covariance=known,
            linear_acceleration=vector(),
            linear_acceleration_covariance=known,
        ),
        "odom": SimpleNamespace(
            pose=SimpleNamespace(
                pose=SimpleNamespace(position=vector(x=x), orientation=orientation)
            ),
            twist=SimpleNamespace(twist=SimpleNamespace(linear=vector(), angular=vector())),
        ),
        "scan": SimpleNamespace(ranges=[1.0] * 10, range_min=0.0, range_max=5.0),
        "contacts": SimpleNamespace(name=["foot_1", "foot_2"], in_contact=[True, False]),
    }
    for message in messages.values():
        message.header = header(stamp)
    return messages


def without(name: str, stamp: int) -> SimpleNamespace:
    """Joint states that leave out one joint."""
    message = sensor_messages(stamp)["joint_states"]
    at = message.name.index(name)
    for values in (message.name, message.position, message.velocity):
        del values[at]
    return message


def reward(stamp: int, value: float = 0.0, terminal: bool = False) -> SimpleNamespace:
    return SimpleNamespace(header=header(stamp), value=value, terminal=terminal)


def sense(guard: Guard, now: int, value: float = 0.0, terminal: bool = False, **body) -> None:
    for source, message in sensor_messages(now, **body).items():
        guard.read(source, message, now)
    guard.read_reward(reward(now, value, terminal), now)


def new_guard(**options) -> Guard:
    return Guard(ROBOT, new_controller(ROBOT, seed=1), GuardOptions(**options))


def tick(guard: Guard, now: int) -> np.ndarray:
    return guard.tick(now, STALE, ABSENT)
