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
from dynsyn_sim_bridge.robots.base import Outcome
from dynsyn_sim_bridge.robots.body_model import BodyModel
from dynsyn_sim_bridge.robots.entry import Entry
from dynsyn_sim_bridge.robots.swimmer_model import swimmer_model
from dynsyn_sim_bridge.robots.swimmer_view import SwimmerView
from dynsyn_sim_bridge.robots.task import Task

LINK_LENGTH = 0.1
"""m"""

EFFORT_LIMIT = 5e-4
"""N m at every joint."""

WATER_DENSITY = 3000.0
"""kg/m^3: three times water's."""

JOINTS_MINIMUM, JOINTS_MAXIMUM = 2, 20

TRACK_STEPS = 4000
"""Control steps of the head's track that pictures show: two minutes."""

SUBSTEPS = 15
"""MuJoCo's steps in one control step."""

_LINK_HALF_SIZE = (0.001, LINK_LENGTH / 2, 0.01)
_LINK_MASS = 0.01
_PHYSICS_STEP = 0.002
_HEIGHT = 0.05
_FRONT_HINGE = (0.0, -LINK_LENGTH / 2, 0.0)
_ROOT = 3  # position x, position y, heading


def joint_range(joints: int) -> float:
    """Largest |angle| of every joint in rad: at their limits the links close to a ring."""
    return 2.0 * math.pi / (joints + 1)


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

    Raises:
        ValueError: an argument out of its range.
    """

    control_period = SUBSTEPS * _PHYSICS_STEP

    def __init__(
        self,
        joints: int = 5,
        desired_speed: float = 0.1,
        course_steps: int = 0,
        density: float = WATER_DENSITY,
    ) -> None:
        _check(joints, desired_speed, course_steps, density)
        names = tuple(f"joint_{i}" for i in range(1, joints + 1))
        self.layout = SensorLayout(
            (JointStateSensor(joints=names), ImuSensor(), OdometrySensor()),
            without=("imu.linear_acceleration",),
        )
        self._desired_speed = desired_speed
        self._course_steps = course_steps
        self._model = build_model(joints, density)
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
        mujoco.mj_step(self._model, self._data, SUBSTEPS)
        self._steps += 1
        speed = self._read()
        reward = min(max(speed / self._desired_speed, 0.0), 1.0)
        return Outcome(reward, self._steps == self._course_steps, False)

    def _read(self) -> float:
        return _read_sensors(
            self._position,
            self._velocity,
            self._effort,
            self._starts,
            self._sensors,
            self._track,
            self._steps,
        )

    def frame(self) -> np.ndarray:
        """The body from above and its head's track since the last reset, uint8 (480, 480, 3)."""
        position = self._sensors[self.layout.blocks["odom.position"]]
        headings = self._position[2] + np.cumsum(np.r_[0.0, self._position[_ROOT:]])
        return self._view.draw(position[:2], headings, self._track[: self._steps + 1])

    def close(self) -> None:
        """Nothing to release: MuJoCo's memory goes with this object."""


def build_model(joints: int, density: float = WATER_DENSITY) -> Any:
    """The body as an mujoco.MjModel; its controls are efforts in N m, clamped to the limit."""
    spec = mujoco.MjSpec()
    spec.compiler.degree = False
    spec.option.timestep = _PHYSICS_STEP
    spec.option.density = density
    # One chain without contacts is one island: looking for more only costs time.
    disable = mujoco.mjtDisableBit
    spec.option.disableflags |= int(disable.mjDSBL_CONTACT | disable.mjDSBL_ISLAND)
    body = spec.worldbody.add_body(name="head", pos=[0.0, 0.0, _HEIGHT])
    slide, hinge = mujoco.mjtJoint.mjJNT_SLIDE, mujoco.mjtJoint.mjJNT_HINGE
    for name, kind, axis in (
        ("x", slide, [1, 0, 0]),
        ("y", slide, [0, 1, 0]),
        ("heading", hinge, [0, 0, 1]),
    ):
        body.add_joint(name=name, type=kind, axis=axis, pos=_FRONT_HINGE)
    _add_link(body)
    reach = joint_range(joints)
    for i in range(1, joints + 1):
        body = body.add_body(name=f"link_{i}", pos=[0.0, LINK_LENGTH, 0.0])
        body.add_joint(
            name=f"joint_{i}",
            type=hinge,
            axis=[0, 0, 1],
            pos=_FRONT_HINGE,
            limited=True,
            range=[-reach, reach],
            armature=1e-6,
            solref_limit=[0.05, 1.0],
            solimp_limit=[0.0, 0.8, 0.1, 0.5, 2.0],
        )
        _add_link(body)
        spec.add_actuator(
            name=f"joint_{i}",
            target=f"joint_{i}",
            trntype=mujoco.mjtTrn.mjTRN_JOINT,
            ctrllimited=True,
            ctrlrange=[-EFFORT_LIMIT, EFFORT_LIMIT],
        )
    return spec.compile()


def _add_link(body: Any) -> None:
    body.add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, size=_LINK_HALF_SIZE, mass=_LINK_MASS)


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
    sensors[starts[2] + 2] = _HEIGHT
    track[steps % len(track), 0] = sensors[starts[2]]
    track[steps % len(track), 1] = sensors[starts[2] + 1]
    sensors[starts[4]] = forward
    sensors[starts[4] + 1] = speed_y * ahead_x - speed_x * ahead_y
    sensors[starts[5] + 2] = turning
    return forward


def _model(options: dict[str, Any]) -> BodyModel:
    joints = options["joints"]
    return swimmer_model(joints, _LINK_HALF_SIZE, joint_range(joints), EFFORT_LIMIT)


SWIMMER = Entry(
    description="Swimmer of the DeepMind Control Suite (MuJoCo): a chain in thick water",
    factory=Swimmer,
    robot_file="robots/swimmer.yaml",
    options=(
        Parameter("joints", 5, "number of joints", JOINTS_MINIMUM, JOINTS_MAXIMUM),
        Parameter("desired_speed", 0.1, "speed of the full reward, m/s", 0.001, 10.0),
        Parameter("course_steps", 0, "control steps of a course, 0: never-ending", 0),
        Parameter("density", WATER_DENSITY, "of the water, kg/m^3", 1.0, 1e5),
    ),
    modules="joints",
    # The paper's episodes have 1000 steps, worth 1 at most each; it names no return that is enough.
    task=Task(episode_steps=1000),
    course_option="course_steps",
    model=_model,
)
