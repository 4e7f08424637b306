"""Bodies that are weak, late, heavy, short, slow or noisy; and as they were, to the last bit."""

from __future__ import annotations

import Box2D
import gymnasium
import mujoco
import numpy as np
import pytest

from dynsyn_controller.node.parameter_table import ParameterError
from dynsyn_sim_bridge.parameters import settings
from dynsyn_sim_bridge.robots.bipedal_walker import OPTIONS, BipedalWalker
from dynsyn_sim_bridge.robots.motors import Motors
from dynsyn_sim_bridge.robots.spec import describe
from dynsyn_sim_bridge.robots.swimmer import Swimmer
from dynsyn_sim_bridge.robots.swimmer_physics import EFFORT_LIMIT as SWIMMER_LIMIT
from dynsyn_sim_bridge.robots.swimmer_physics import SUBSTEPS, build_model
from dynsyn_sim_bridge.robots.walker_state import EFFORT_LIMIT

LIMITS = {"walker": EFFORT_LIMIT, "swimmer": SWIMMER_LIMIT}


def efforts(body, steps: int) -> np.ndarray:
    limit = EFFORT_LIMIT if isinstance(body, BipedalWalker) else SWIMMER_LIMIT
    return np.random.default_rng(5).uniform(-limit, limit, (steps, len(body.layout.joints)))


def readings(body, block: str) -> np.ndarray:
    sensors = body.layout.zeros()
    body.sense(sensors)
    return body.layout.view(sensors, block).copy()


def test_an_unchanged_walker_is_gymnasiums_own_bit_for_bit() -> None:
    body = describe("walker", {option.name: option.default for option in OPTIONS}).create()
    own = gymnasium.make("BipedalWalker-v3", disable_env_checker=True).unwrapped
    body.reset(3)
    state, _ = own.reset(seed=3)
    falls = 0
    for effort in efforts(body, 300):
        assert body.state.tobytes() == state.tobytes()
        outcome = body.step(effort)
        state, reward, terminated, _, _ = own.step(effort / EFFORT_LIMIT)
        assert (outcome.reward, outcome.terminal) == (reward, terminated)
        if terminated:
            falls += 1
            body.reset()
            own.world, own.terrain = Box2D.b2World(), []
            state, _ = own.reset()
    assert falls > 0
    body.close()


def test_an_unchanged_swimmer_is_mujocos_own_bit_for_bit() -> None:
    body = describe("swimmer").create()
    body.reset(3)
    model = build_model(5)
    data = mujoco.MjData(model)
    data.qpos[:] = body.data.qpos
    for effort in efforts(body, 50):
        body.step(effort)
        data.ctrl[:] = effort
        mujoco.mj_step(model, data, SUBSTEPS)
        assert body.data.qpos.tobytes() == data.qpos.tobytes()
        assert readings(body, "joint_states.position").tobytes() == data.qpos[3:].tobytes()


def test_motors_give_a_share_of_the_effort_late() -> None:
    motors = Motors(joints=2, torque=0.5, delay=2)
    asked = np.arange(1.0, 11.0).reshape(5, 2)
    for _ in range(2):
        given = []
        for effort in asked.copy():
            motors.pass_on(effort)
            given.append(effort)
        np.testing.assert_array_equal(given, 0.5 * np.vstack([np.zeros((2, 2)), asked[:3]]))
        motors.reset()


@pytest.mark.parametrize("robot", LIMITS)
def test_what_the_motors_give_is_what_is_sensed(robot: str) -> None:
    body = describe(robot, {"torque": 0.7, "delay": 1}).create()
    body.reset(0)
    asked = efforts(body, 3)
    for effort, due in zip(asked, (np.zeros_like(asked[0]), *asked[:2]), strict=True):
        body.step(effort)
        given = readings(body, "joint_states.effort")
        np.testing.assert_allclose(given, 0.7 * due, rtol=1e-12)
    body.reset()
    body.step(asked[0])
    assert not readings(body, "joint_states.effort").any(), "an effort of the course before"
    body.close()


def fall_speed(gravity: float) -> float:
    """Downward m/s of a walker that has dropped for two steps, before its feet touch."""
    body = BipedalWalker(gravity=gravity)
    body.reset(0)
    body.step(np.zeros(4))
    body.close()
    return float(-body.environment.hull.linearVelocity.y)


def test_gravity_is_a_factor() -> None:
    assert fall_speed(0.0) == pytest.approx(0.0, abs=0.01)
    assert fall_speed(1.5) == pytest.approx(1.5 * fall_speed(1.0), rel=1e-2)


def test_legs_are_as_long_and_as_heavy_as_asked_and_other_walkers_keep_theirs() -> None:
    usual, short = BipedalWalker(), BipedalWalker("BipedalWalkerHardcore-v3", legs=0.8)
    for body in (usual, short):
        body.reset(0)
    for was, now in zip(usual.environment.legs, short.environment.legs, strict=True):
        assert now.mass == pytest.approx(0.8 * was.mass, rel=0.02)  # Box2D adds a skin
    assert short.environment.hardcore
    again = BipedalWalker()
    again.reset(0)
    assert again.state.tobytes() == usual.state.tobytes() != short.state.tobytes()
    drop = usual.environment.hull.position.y - short.environment.hull.position.y
    assert drop == pytest.approx(2 * 0.2 * 34 / 30, abs=0.05)
    model = describe("walker", {"legs": 0.8}).entry.model
    origins = [joint.origin[2] for joint in model({"legs": 0.8, "knee_speed": 1.0}).joints]
    assert origins[1] == pytest.approx(-0.8 * 34 / 30)


def test_knee_speed_limits_one_knee() -> None:
    body = BipedalWalker(knee_speed=0.5)
    body.reset(0)
    body.step(np.array([80.0, -80.0, 80.0, -80.0]))
    assert [joint.motorSpeed for joint in body.environment.joints] == [4.0, -3.0, 4.0, -6.0]
    body.close()


@pytest.mark.parametrize(
    ("robot", "touched", "block"),
    [
        ("walker", "joint_states.velocity", "contacts"),
        ("swimmer", "joint_states.position", "odom.linear"),
    ],
)
def test_noise_is_on_the_sensors_alone(robot: str, touched: str, block: str) -> None:
    clean, noisy = (describe(robot, {"noise": noise}).create() for noise in (0.0, 0.1))
    for body in (clean, noisy):
        body.reset(2)
    off = []
    for effort in efforts(clean, 60):
        assert clean.step(effort) == noisy.step(effort)
        assert readings(clean, block).tobytes() == readings(noisy, block).tobytes()
        off.append(readings(noisy, touched) - readings(clean, touched))
    unit = [4.0, 6.0, 4.0, 6.0] if robot == "walker" else 1.0
    assert np.std(np.array(off) / unit) == pytest.approx(0.1, rel=0.2)
    assert (readings(noisy, touched) == readings(noisy, touched)).all(), "looking changes it"


def test_a_dead_joint_gives_nothing_and_a_stiff_one_hardly_bends() -> None:
    body = Swimmer(dead_joint=2, stiff_joint=4)
    body.reset(0)
    bends = []
    for _ in range(100):
        body.step(np.full(5, SWIMMER_LIMIT))
        given = readings(body, "joint_states.effort") / SWIMMER_LIMIT
        assert given.tolist() == [1.0, 0.0, 1.0, 1.0, 1.0]
        bends.append(readings(body, "joint_states.position"))
    assert bends[-1][3] < 0.12 < bends[-1][4]
    with pytest.raises(ValueError, match="swimmer: dead_joint: found 4, expected the number of a"):
        Swimmer(joints=3, dead_joint=4)


def test_the_bridge_takes_a_changed_body() -> None:
    asked = settings({"robot": "walker", "torque": 0.7, "delay": 2})
    assert asked.robot.changes == {"torque": 0.7, "delay": 2}
    with pytest.raises(ParameterError, match="torque: found 2"):
        settings({"robot": "walker", "torque": 2.0})


def test_envpool_has_unchanged_bodies_alone() -> None:
    assert describe("walker").envpool is not None
    assert describe("walker", {"torque": 1.0}).envpool is not None
    assert describe("walker", {"torque": 0.7}).envpool is None
