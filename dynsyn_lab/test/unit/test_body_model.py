"""The URDF of a body puts its links where the simulator has them."""

from __future__ import annotations

import math

import mujoco
import numpy as np
import pytest

from dynsyn_lab.view.link_tree import LinkTree
from dynsyn_sim_bridge.robots.body_model import BASE, ODOM, placed
from dynsyn_sim_bridge.robots.registry import ROBOTS, entry


def lived(name: str, steps: int, **options):
    """A robot after some random efforts, its URDF, and where that puts the links in odom."""
    robot = entry(name).create(**options)
    robot.reset(seed=3)
    generator = np.random.default_rng(0)
    limits = [joint.effort_limit for joint in entry(name).robot(**options).joints]
    for _ in range(steps):
        robot.step(generator.uniform(-1.0, 1.0, len(limits)) * limits)
    model = entry(name).model(entry(name).resolve(options))
    sensors, layout = robot.layout.zeros(), robot.layout
    robot.sense(sensors)
    joints = layout.sensors["joint_states"]
    names = (*joints.joints, *joints.passive)
    positions = dict(zip(names, layout.view(sensors, "joint_states.position"), strict=True))
    base = np.eye(4)
    if "odom.position" in layout.blocks:
        base = matrix(
            layout.view(sensors, "odom.position"), layout.view(sensors, "odom.orientation")
        )
    return robot, model, positions, LinkTree.parse(model.urdf()).place(positions, base)


def matrix(place, turn) -> np.ndarray:
    x, y, z, w = turn
    pose = np.eye(4)
    pose[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    pose[:3, 3] = place
    return pose


def test_the_walkers_hull_and_legs_are_where_box2d_has_them():
    robot, _, _, links = lived("walker", 25)
    environment = robot.environment
    hull = environment.hull
    assert links[BASE][[0, 2], 3] == pytest.approx(tuple(hull.position), abs=1e-5)
    names = ("thigh_1", "shin_1", "thigh_2", "shin_2")
    assert abs(hull.angle) > 0.01
    gap = 0.0
    for name, body, joint in zip(names, environment.legs, environment.joints, strict=True):
        # Box2D's solver leaves joints open a little: up to there, and no further, they may differ
        opened = (joint.anchorA - joint.anchorB).length
        gap = opened if name.startswith("thigh") else gap + opened
        centre = links[name] @ [0.0, 0.0, -0.5 * 34.0 / 30.0, 1.0]
        off = np.hypot(centre[0] - body.position.x, centre[2] - body.position.y)
        assert off <= gap + 1e-4, name
        assert gap < 0.05, name
        down = links[name][:3, 2]
        assert (down[0], down[2]) == pytest.approx(
            (-math.sin(body.angle), math.cos(body.angle)), abs=1e-4
        ), name


@pytest.mark.parametrize("joints", [2, 5, 20])
def test_the_swimmers_links_are_where_mujoco_has_them(joints: int):
    robot, _, _, links = lived("swimmer", 40, joints=joints)
    mujoco.mj_kinematics(robot.model, robot.data)  # a step leaves them a step behind
    bodies = [BASE, *(f"link_{i}" for i in range(1, joints + 1))]
    for number, name in enumerate(bodies, start=1):
        centre = (0.0, 0.0, 0.0) if name == BASE else (-0.05, 0.0, 0.0)
        found = links[name] @ [*centre, 1.0]
        assert found[:3] == pytest.approx(robot.data.xpos[number], abs=1e-9), name
        ahead = -robot.data.xmat[number].reshape(3, 3)[:, 1]
        assert links[name][:3, 0] == pytest.approx(ahead, abs=1e-9), name


def test_the_poles_tip_is_where_its_angle_says():
    robot, _, _, links = lived("cart_pole", 10)
    x, _, angle, _ = robot.state
    tip = links["pole"] @ [0.0, 0.0, 1.0, 1.0]
    assert tip[:3] == pytest.approx((x + math.sin(angle), 0.0, math.cos(angle)))


@pytest.mark.parametrize("name", ROBOTS)
def test_frames_and_urdf_agree(name: str):
    """The transforms for tf, one after the other, lead where the URDF leads."""
    _, model, positions, links = lived(name, 15)
    base = np.array(links[BASE])
    poses = {BASE: base}
    for each in model.moved(positions):
        poses[each.child] = poses[each.parent] @ matrix(each.translation, each.rotation)
    assert set(poses) == set(links)
    for link, pose in poses.items():
        assert pose == pytest.approx(links[link]), link


def test_the_stabilised_base_keeps_its_heading_and_the_lidar_looks_down():
    model = entry("walker").model(entry("walker").resolve({}))
    half = 0.2
    tilted = (0.0, math.sin(half), 0.0, math.cos(half))
    base, level = placed((3.0, 0.0, 1.0), tilted)
    assert (base.parent, base.child, level.parent) == (ODOM, BASE, BASE)
    stabilized = matrix(base.translation, base.rotation) @ matrix(level.translation, level.rotation)
    assert stabilized[:3, :3] == pytest.approx(np.eye(3))
    (lidar,) = model.fixed()
    first_ray = matrix(lidar.translation, lidar.rotation) @ [0.0, -1.0, 0.0, 0.0]
    assert first_ray[:3] == pytest.approx((0.0, 0.0, -1.0))
