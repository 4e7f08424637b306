"""The body of the stand-in: gymnasium's two-legged half_cheetah in MuJoCo.

Its model comes out of the installed package, under gymnasium's licence.
"""

from __future__ import annotations

import math
from importlib.resources import files

import mujoco
import numpy as np
from numpy.typing import NDArray

RATE = 200.0
"""Hz, of the robot's own control."""
VELOCITY = 25.0
"""rad/s that the URDF states for every joint."""
_STEP = 0.0025  # s, of the physics
_SUBSTEPS = round(1.0 / (RATE * _STEP))
JOINTS = ("bthigh", "bshin", "bfoot", "fthigh", "fshin", "ffoot")
_HEIGHT = 0.7  # m, of the torso's own frame over the model's root


class Body:
    """A planar body of two legs and six joints; x forward, z up, pitch about y (REP-103)."""

    def __init__(self) -> None:
        path = files("gymnasium").joinpath("envs/mujoco/assets/half_cheetah.xml")
        self.model = mujoco.MjModel.from_xml_path(str(path))
        self.model.opt.timestep = _STEP
        self.data = mujoco.MjData(self.model)
        mujoco.mj_forward(self.model, self.data)
        self.limit = self.model.actuator_gear[:, 0].copy()

    @property
    def time(self) -> float:
        """s since the start."""
        return float(self.data.time)

    def step(self, effort: NDArray[np.float64]) -> None:
        """Live 1 / RATE s with these efforts, N m, in the order of JOINTS."""
        self.data.ctrl[:] = np.clip(effort / self.limit, -1.0, 1.0)
        for _ in range(_SUBSTEPS):
            mujoco.mj_step(self.model, self.data)

    @property
    def position(self) -> NDArray[np.float64]:
        """rad, (6,)."""
        return self.data.qpos[3:]

    @property
    def velocity(self) -> NDArray[np.float64]:
        """rad/s, (6,)."""
        return self.data.qvel[3:]

    @property
    def place(self) -> tuple[float, float, float]:
        """x and z in m, pitch in rad."""
        x, z, pitch = self.data.qpos[:3]
        return float(x), float(z) + _HEIGHT, float(pitch)

    @property
    def motion(self) -> tuple[float, float, float]:
        """Velocities of `place`."""
        x, z, pitch = self.data.qvel[:3]
        return float(x), float(z), float(pitch)

    @property
    def orientation(self) -> tuple[float, float, float, float]:
        """Unit quaternion x, y, z, w of a body that turns about y alone."""
        half = 0.5 * self.place[2]
        return 0.0, math.sin(half), 0.0, math.cos(half)

    def urdf(self) -> str:
        """A description as a maker of the robot would hand it out: joints and their limits."""
        joints = []
        for name, effort in zip(JOINTS, self.limit, strict=True):
            lower, upper = self.model.joint(name).range
            joints.append(
                f'  <link name="{name}_link"/>\n'
                f'  <joint name="{name}" type="revolute">\n'
                f'    <parent link="base_link"/><child link="{name}_link"/><axis xyz="0 1 0"/>\n'
                f'    <limit lower="{lower:g}" upper="{upper:g}" velocity="{VELOCITY:g}" '
                f'effort="{effort:g}"/>\n  </joint>'
            )
        return (
            '<?xml version="1.0"?>\n<robot name="stand_in">\n  <link name="base_link"/>\n'
            '  <link name="imu_link"/>\n  <joint name="imu_joint" type="fixed">\n'
            '    <parent link="base_link"/><child link="imu_link"/>\n  </joint>\n'
            + "\n".join(joints)
            + "\n</robot>\n"
        )
