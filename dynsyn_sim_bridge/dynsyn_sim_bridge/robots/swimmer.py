"""The swimmer: N joints in a plane of thick water, on MuJoCo (NCAP paper, ICLR 2022 submission).

The body is the DeepMind Control Suite's swimmer, built link by link to its published constants. It
never falls and its course never ends, unless a course length is asked for.

Frames (REP-103): the world is MuJoCo's, z up. The base frame is the head's: x towards the nose, y
to the left. A positive joint angle turns the links behind the joint to the left (about z), as seen
from the link before it.
"""

from __future__ import annotations

import math
from typing import Any

import mujoco
import numpy as np

from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.messages.imu import ImuSensor
from dynsyn_controller.messages.joint_state import JointStateSensor
from dynsyn_controller.messages.layout import FloatArray, SensorLayout
from dynsyn_controller.messages.odometry import OdometrySensor
from dynsyn_controller.node.parameter_table import Parameter
from dynsyn_sim_bridge.robots import motors
from dynsyn_sim_bridge.robots.base import Outcome
from dynsyn_sim_bridge.robots.body_model import BodyModel
from dynsyn_sim_bridge.robots.entry import Entry
from dynsyn_sim_bridge.robots.swimmer_model import swimmer_model
from dynsyn_sim_bridge.robots.swimmer_physics import (
    EFFORT_LIMIT,
    HEIGHT,
    LINK_HALF_SIZE,
    LINK_LENGTH,
    PHYSICS_STEP,
    SUBSTEPS,
    WATER_DENSITY,
    build_model,
    joint_range,
)
from dynsyn_sim_bridge.robots.swimmer_view import SwimmerView
from dynsyn_sim_bridge.robots.task import Task

JOINTS_MINIMUM, JOINTS_MAXIMUM = 2, 20

TRACK_STEPS = 4000
"""Control steps of the head's track that pictures show: two minutes."""

_ROOT = 3  # position x, position y, heading


class Swimmer:
    """See `base.SimulatedRobot` and the module.

    Effort acts on joint_1 (behind the head) to joint_N (before the tail). The sensor vector has the
    joints' position, velocity and effort, and under odom and imu the head's pose, twist and turning
    rate; its linear acceleration is not measured.

    Args:
        joints: N, 2 to 20.
        desired_speed: m/s, > 0; reward = clip(forward speed of the head / desired_speed, 0, 1).
        course_steps: control steps of a course (the paper's: 1000), 0: never-ending.
        density: of the water, kg/m^3, > 0.
        torque, delay: see `motors.Motors`.
        noise: standard deviation of Gaussian noise on the joints' positions (rad) and velocities
            (rad/s), drawn anew in every step.
        dead_joint: number of a joint whose motor gives nothing, 0: none.
        stiff_joint: number of a joint with a spring that holds it straight, 0: none.

    Raises:
        ValueError: an argument out of its range.
    """

    control_period = SUBSTEPS * PHYSICS_STEP

    def __init__(
        self,
        joints: int = 5,
        desired_speed: float = 0.1,
        course_steps: int = 0,
        density: float = WATER_DENSITY,
        torque: float = 1.0,
        delay: int = 0,
        noise: float = 0.0,
        dead_joint: int = 0,
        stiff_joint: int = 0,
    ) -> None:
        _check(joints, desired_speed, course_steps, density)
        _check_is_joint(joints, dead_joint=dead_joint, stiff_joint=stiff_joint)
        names = tuple(f"joint_{i}" for i in range(1, joints + 1))
        self.layout = SensorLayout(
            (JointStateSensor(joints=names), ImuSensor(), OdometrySensor()),
            without=("imu.linear_acceleration",),
        )
        self._desired_speed = desired_speed
        self._course_steps = course_steps
        self._motors = motors.Motors(joints, torque, delay)
        self._noise, self._dead_joint = noise, dead_joint
        self._model = build_model(joints, density, stiff_joint)
        self._data = mujoco.MjData(self._model)
        # Views of MuJoCo's own memory: fetching them anew costs more than reading them.
        self._position, self._velocity = self._data.qpos, self._data.qvel
        self._effort = self._data.ctrl
        self._sensors = self.layout.zeros()
        blocks = self.layout.blocks
        heads = ["imu.orientation", "imu.angular_velocity", "odom.position", "odom.orientation"]
        heads += ["odom.linear", "odom.angular"]
        self._starts = np.array([blocks[name].start for name in heads])
        self._track = np.zeros((TRACK_STEPS, 2))
        self._view = SwimmerView(joints + 1, LINK_LENGTH)
        self.reset(seed=0)

    def reset(self, seed: int | None = None) -> None:
        """Put the body at the origin, at rest, with random heading and joint angles."""
        if seed is not None:
            self._generator = np.random.default_rng(seed)
        joints = len(self.layout.joints)
        reach = joint_range(joints)
        mujoco.mj_resetData(self._model, self._data)
        self._position[2] = self._generator.uniform(-math.pi, math.pi)
        self._position[_ROOT:] = self._generator.uniform(-reach, reach, joints)
        self._steps = 0
        self._motors.reset()
        self._read()

    @property
    def generator(self) -> np.random.Generator:
        """See `base.SimulatedRobot`: of headings and joint angles at the start of a course."""
        return self._generator

    @property
    def model(self) -> mujoco.MjModel:
        """MuJoCo's description of this body."""
        return self._model

    @property
    def data(self) -> mujoco.MjData:
        """MuJoCo's state of this body."""
        return self._data

    def sense(self, sensors: FloatArray) -> None:
        """Fill `sensors` (layout.size,) with the readings of this moment, in place."""
        sensors[:] = self._sensors

    def step(self, effort: FloatArray) -> Outcome:
        """Apply `effort` (N m, (joints,), clamped to the limit) for 0.03 s.

        Raises:
            ValueError: an effort that is not finite, or not one for each joint; nothing has moved.
        """
        if not _apply(effort, self._effort):
            raise ValueError(f"effort {effort.tolist()}: expected {self._effort.size} finite")
        self._motors.pass_on(self._effort)
        if self._dead_joint:
            self._effort[self._dead_joint - 1] = 0.0
        mujoco.mj_step(self._model, self._data, SUBSTEPS)
        self._steps += 1
        speed = self._read()
        reward = min(max(speed / self._desired_speed, 0.0), 1.0)
        return Outcome(reward, self._steps == self._course_steps, False)

    def _read(self) -> float:
        """Sense the state of this moment; return the forward speed in m/s."""
        speed = _read_sensors(
            self._position,
            self._velocity,
            self._effort,
            self._starts,
            self._sensors,
            self._track,
            self._steps,
        )
        if self._noise:
            felt = self._sensors[: 2 * self._effort.size]
            felt += self._generator.normal(0.0, self._noise, felt.size)
        return speed

    def frame(self) -> np.ndarray:
        """The body from above and its head's track since the last reset, uint8 (480, 480, 3)."""
        position = self._sensors[self.layout.blocks["odom.position"]]
        headings = self._position[2] + np.cumsum(np.r_[0.0, self._position[_ROOT:]])
        return self._view.draw(position[:2], headings, self._track[: self._steps + 1])

    def close(self) -> None:
        """Nothing to release: MuJoCo's memory goes with this object."""


def _check(joints: Any, desired_speed: float, course_steps: Any, density: float) -> None:
    if not isinstance(joints, int) or not JOINTS_MINIMUM <= joints <= JOINTS_MAXIMUM:
        raise ValueError(
            f"swimmer: joints: found {joints!r}, expected a whole number from "
            f"{JOINTS_MINIMUM} to {JOINTS_MAXIMUM}"
        )
    for name, value in (("desired_speed", desired_speed), ("density", density)):
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"swimmer: {name}: found {value}, expected a number above 0")
    if not isinstance(course_steps, int) or course_steps < 0:
        raise ValueError(
            f"swimmer: course_steps: found {course_steps!r}, expected a whole number, 0 or more"
        )


def _check_is_joint(joints: int, **numbers: int) -> None:
    for name, number in numbers.items():
        if not 0 <= number <= joints:
            raise ValueError(
                f"swimmer: {name}: found {number}, expected the number of a joint, 1 to {joints}, "
                "or 0: none"
            )


@njit(cache=True)
def _apply(effort, control):
    """Clamp `effort` into MuJoCo's controls, in place; False, and nothing changed, if it cannot."""
    if effort.size != control.size:
        return False
    for i in range(effort.size):
        if not math.isfinite(effort[i]):
            return False
    for i in range(effort.size):
        control[i] = min(max(effort[i], -EFFORT_LIMIT), EFFORT_LIMIT)
    return True


@njit(cache=True)
def _read_sensors(position, velocity, effort, starts, sensors, track, steps):
    """Fill the sensor vector from MuJoCo's state, in place; return the forward speed in m/s.

    The head's place after so many `steps` goes into `track`, over the oldest one where it is full.

    MuJoCo's head points along its -y and turns about the end of it that is at the nose, so the base
    frame is a quarter turn behind, and its centre swings around that hinge.
    """
    joints = effort.size
    for i in range(joints):
        sensors[i] = position[_ROOT + i]
        sensors[joints + i] = velocity[_ROOT + i]
        sensors[2 * joints + i] = effort[i]
    heading, turning = position[2] - 0.5 * math.pi, velocity[2]
    ahead_x, ahead_y = math.cos(heading), math.sin(heading)
    # From the nose hinge to the head's centre: half a link backwards.
    arm_x, arm_y = -0.5 * LINK_LENGTH * ahead_x, -0.5 * LINK_LENGTH * ahead_y
    speed_x, speed_y = velocity[0] - turning * arm_y, velocity[1] + turning * arm_x
    forward = speed_x * ahead_x + speed_y * ahead_y
    for start in (starts[0], starts[3]):
        sensors[start + 2] = math.sin(0.5 * heading)
        sensors[start + 3] = math.cos(0.5 * heading)
    sensors[starts[1] + 2] = turning
    sensors[starts[2]] = position[0] + arm_x
    sensors[starts[2] + 1] = position[1] - 0.5 * LINK_LENGTH + arm_y
    sensors[starts[2] + 2] = HEIGHT
    track[steps % len(track), 0] = sensors[starts[2]]
    track[steps % len(track), 1] = sensors[starts[2] + 1]
    sensors[starts[4]] = forward
    sensors[starts[4] + 1] = speed_y * ahead_x - speed_x * ahead_y
    sensors[starts[5] + 2] = turning
    return forward


def _model(options: dict[str, Any]) -> BodyModel:
    joints = options["joints"]
    return swimmer_model(joints, LINK_HALF_SIZE, joint_range(joints), EFFORT_LIMIT)


SWIMMER = Entry(
    description="Swimmer of the DeepMind Control Suite (MuJoCo): a chain in thick water",
    factory=Swimmer,
    robot_file="robots/swimmer.yaml",
    options=(
        Parameter("joints", 5, "number of joints", JOINTS_MINIMUM, JOINTS_MAXIMUM),
        Parameter("desired_speed", 0.1, "speed of the full reward, m/s", 0.001, 10.0),
        Parameter("course_steps", 0, "control steps of a course, 0: never-ending", 0),
        Parameter("density", WATER_DENSITY, "of the water, kg/m^3", 1.0, 1e5),
        *motors.OPTIONS,
        Parameter("noise", 0.0, "standard deviation on the joints, rad and rad/s", 0.0, 10.0),
        Parameter("dead_joint", 0, "joint whose motor gives nothing, 0: none", 0, JOINTS_MAXIMUM),
        Parameter(
            "stiff_joint", 0, "joint that a spring holds straight, 0: none", 0, JOINTS_MAXIMUM
        ),
    ),
    modules="joints",
    # The paper's episodes have 1000 steps, worth 1 at most each; it names no return that is enough.
    task=Task(episode_steps=1000),
    course_option="course_steps",
    model=_model,
)
