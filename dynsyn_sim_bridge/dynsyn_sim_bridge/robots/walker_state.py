"""The bipedal walker's state, which gymnasium gives, as readings of a robot in SI units.

Frames follow REP-103: x forward, y left, z up. The hull's angle and angular velocity count the
other way round about y, so both change sign; joints keep the environment's sign.

======================  ===============================================  =======================
reading                 from the environment's state (index)             unit, range
======================  ===============================================  =======================
imu.orientation         rotation about y by -state[0]                    unit quaternion
imu.angular_velocity.y  -state[1] / 0.04                                 rad/s
odom.linear.x, z        state[2] / 0.12, state[3] / 0.08                 m/s, gravity-aligned
odom.position.x, z      hull's position                                  m
joint_states.position   state[4], state[6] - 1, state[9], state[11] - 1  rad, hips -0.8..1.1,
                                                                         knees -1.6..-0.1
joint_states.velocity   state[5] 4, state[7] 6, state[10] 4, state[12] 6 rad/s
joint_states.effort     what `step` applied, within the limit            N m, -80..80
contacts                state[8], state[13]                              0 or 1
scan                    state[14..23] 160 / 30, rounded to float32       m, 0..5.3333335
======================  ===============================================  =======================
"""

from __future__ import annotations

import math

import numpy as np

from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.messages.contacts import ContactSensor
from dynsyn_controller.messages.imu import ImuSensor
from dynsyn_controller.messages.joint_state import JointStateSensor
from dynsyn_controller.messages.laser_scan import LaserScanSensor
from dynsyn_controller.messages.layout import SensorLayout
from dynsyn_controller.messages.odometry import OdometrySensor

EFFORT_LIMIT = 80.0
"""N m of every joint; an action of 1."""
RANGE_MAX = float(np.float32(160.0 / 30.0))
"""m; a ray that meets nothing."""
CONTROL_PERIOD = 0.02
"""s"""
LAYOUT = SensorLayout(
    (
        JointStateSensor(joints=("hip_1", "knee_1", "hip_2", "knee_2")),
        ImuSensor(),
        OdometrySensor(),
        # The lidar does not turn with the hull: x forward, y up; from straight down to 1.35 rad
        # above.
        LaserScanSensor(
            rays=10,
            range_max=RANGE_MAX,
            angle_min=-math.pi / 2.0,
            angle_increment=0.15,
            scan_time=CONTROL_PERIOD,
        ),
        ContactSensor(contacts=("foot_1", "foot_2")),
    ),
    without=("imu.linear_acceleration",),
)
STATES = 24
"""Length of the environment's state."""

_POSITION, _VELOCITY, _EFFORT, _SCAN, _CONTACTS = (
    LAYOUT.blocks[name].start
    for name in (
        "joint_states.position",
        "joint_states.velocity",
        "joint_states.effort",
        "scan",
        "contacts",
    )
)
_ORIENTATIONS = (LAYOUT.blocks["imu.orientation"].start, LAYOUT.blocks["odom.orientation"].start)
_TURNS = (LAYOUT.blocks["imu.angular_velocity"].start, LAYOUT.blocks["odom.angular"].start)
_PLACE, _LINEAR = LAYOUT.blocks["odom.position"].start, LAYOUT.blocks["odom.linear"].start


@njit(cache=True)
def decode(state, place, effort, sensors):
    """Fill a sensor vector from an environment's state; see the table at the top.

    Args:
        state: (24,) float32, as the environment gives it.
        place: (2,) hull's x and height in m.
        effort: (4,) N m, applied in the last step.
        sensors: (LAYOUT.size,) filled in place; what the walker does not sense becomes 0.
    """
    sensors[:] = 0.0
    half = -0.5 * float(state[0])
    for start in _ORIENTATIONS:
        sensors[start + 1] = math.sin(half)
        sensors[start + 3] = math.cos(half)
    for start in _TURNS:
        sensors[start + 1] = -float(state[1]) / 0.04
    sensors[_PLACE], sensors[_PLACE + 2] = place[0], place[1]
    sensors[_LINEAR] = float(state[2]) / 0.12
    sensors[_LINEAR + 2] = float(state[3]) / 0.08
    for leg in range(2):
        first = 4 + 5 * leg
        hip, knee = 2 * leg, 2 * leg + 1
        sensors[_POSITION + hip] = state[first]
        sensors[_VELOCITY + hip] = float(state[first + 1]) * 4.0
        sensors[_POSITION + knee] = float(state[first + 2]) - 1.0
        sensors[_VELOCITY + knee] = float(state[first + 3]) * 6.0
        sensors[_CONTACTS + leg] = state[first + 4]
    for joint in range(4):
        sensors[_EFFORT + joint] = effort[joint]
    for ray in range(10):
        sensors[_SCAN + ray] = np.float32(float(state[14 + ray]) * (160.0 / 30.0))


@njit(cache=True)
def decode_all(state, effort, sensors):
    """`decode` for every row; the place of the body is not known and becomes 0.

    Args:
        state: (bodies, STATES) float32.
        effort: (bodies, 4) N m.
        sensors: (bodies, LAYOUT.size), in place.
    """
    place = np.zeros(2)
    for row in range(state.shape[0]):
        decode(state[row], place, effort[row], sensors[row])
