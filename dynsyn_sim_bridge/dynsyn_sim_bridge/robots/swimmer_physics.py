"""The swimmer's body for MuJoCo: the DeepMind Control Suite's, built link by link."""

from __future__ import annotations

import math
from typing import Any

import mujoco

LINK_LENGTH = 0.1
"""m"""

EFFORT_LIMIT = 5e-4
"""N m at every joint."""

WATER_DENSITY = 3000.0
"""kg/m^3: three times water's."""

SUBSTEPS = 15
"""MuJoCo's steps in one control step."""

LINK_HALF_SIZE = (0.001, LINK_LENGTH / 2, 0.01)
"""m"""

PHYSICS_STEP = 0.002
"""s"""

HEIGHT = 0.05
"""m; of the plane in which it swims."""

STIFFNESS = EFFORT_LIMIT / 0.1
"""N m/rad of a joint that has become stiff: the full effort bends it by 0.1 rad."""

_LINK_MASS = 0.01
_FRONT_HINGE = (0.0, -LINK_LENGTH / 2, 0.0)


def joint_range(joints: int) -> float:
    """Largest |angle| of every joint in rad: at their limits the links close to a ring."""
    return 2.0 * math.pi / (joints + 1)


def build_model(joints: int, density: float = WATER_DENSITY, stiff_joint: int = 0) -> Any:
    """The body as an mujoco.MjModel; its controls are efforts in N m, clamped to the limit.

    Args:
        joints: number of them.
        density: of the water, kg/m^3.
        stiff_joint: number of a joint with a spring that holds it straight, 0: none.
    """
    spec = mujoco.MjSpec()
    spec.compiler.degree = False
    spec.option.timestep = PHYSICS_STEP
    spec.option.density = density
    # One chain without contacts is one island: looking for more only costs time.
    disable = mujoco.mjtDisableBit
    spec.option.disableflags |= int(disable.mjDSBL_CONTACT | disable.mjDSBL_ISLAND)
    body = spec.worldbody.add_body(name="head", pos=[0.0, 0.0, HEIGHT])
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
            stiffness=STIFFNESS if i == stiff_joint else 0.0,
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
    body.add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, size=LINK_HALF_SIZE, mass=_LINK_MASS)
