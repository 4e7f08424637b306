"""The swimmer's body: the paper's returns with the plain circuit, frames, reward, bad input."""

from __future__ import annotations

import math

import mujoco
import numpy as np
import pytest
from ncap_oracle import circuit, clip, rectify, square_wave

from dynsyn_sim_bridge.robots.swimmer import Swimmer
from dynsyn_sim_bridge.robots.swimmer_physics import EFFORT_LIMIT, build_model, joint_range

INITIAL = {"osc": 1.0, "prop": 1.0, "ipsi": 1.0, "contra": -1.0}
TUNED = {"osc": 0.24, "prop": 1.17, "ipsi": 2.52, "contra": -1.59}

# Returns of 1000 control steps, lowest and highest, measured on an independent build of the body
# that agrees with the Control Suite's own.
RETURNS = [
    (INITIAL, 3, 333, 348),
    (INITIAL, 5, 794, 807),
    pytest.param(INITIAL, 7, 904, 904, marks=pytest.mark.long),
    pytest.param(INITIAL, 9, 908, 908, marks=pytest.mark.long),
    pytest.param(INITIAL, 11, 904, 904, marks=pytest.mark.long),
    (INITIAL, 13, 915, 915),
    (TUNED, 3, 637, 679),
    (TUNED, 5, 894, 946),
    pytest.param(TUNED, 7, 962, 962, marks=pytest.mark.long),
    pytest.param(TUNED, 9, 963, 963, marks=pytest.mark.long),
    pytest.param(TUNED, 11, 960, 960, marks=pytest.mark.long),
    (TUNED, 13, 958, 958),
]


def swim(joints, weights, seed, turn=0.0, steps=1000, activation=rectify):
    """Return of a course swum by the oracle's circuit, and the body after it."""
    body = Swimmer(joints)
    body.reset(seed)
    sensors = body.layout.zeros()
    total = 0.0
    for t in range(steps):
        body.sense(sensors)
        q = body.layout.view(sensors, "joint_states.position") / joint_range(joints)
        oscillator = square_wave(t, 60)
        _, _, output = circuit(q, oscillator, **weights, turn=turn, f=activation)
        total += body.step(output * EFFORT_LIMIT).reward
    return total, body


@pytest.mark.parametrize(("weights", "joints", "low", "high"), RETURNS)
def test_returns_are_those_of_the_paper_s_circuit(weights, joints, low, high):
    returns = [swim(joints, weights, seed)[0] for seed in range(3)]
    assert 0.98 * low <= np.mean(returns) <= 1.02 * high


def test_both_activations_swim_alike():
    assert swim(5, TUNED, 1)[0] == pytest.approx(swim(5, TUNED, 1, activation=clip)[0], rel=0.01)


def test_readings_are_mujoco_s_own():
    """Pose and twist of the head against MuJoCo's functions, in a moving, turned body."""
    _, body = swim(4, INITIAL, seed=3, steps=200)
    data, model = body._data, body._model
    sensors = body.layout.zeros()
    body.sense(sensors)
    mujoco.mj_forward(model, data)
    head = model.body("head").id
    twist = np.zeros(6)
    mujoco.mj_objectVelocity(model, data, mujoco.mjtObj.mjOBJ_XBODY, head, twist, 1)

    def view(block):
        return body.layout.view(sensors, block)

    # MuJoCo's head looks along -y: forward is -y, left is x.
    np.testing.assert_allclose(view("odom.linear"), [-twist[4], twist[3], 0.0], atol=1e-12)
    np.testing.assert_allclose(view("odom.angular"), [0.0, 0.0, twist[2]], atol=1e-12)
    np.testing.assert_allclose(view("odom.position"), data.xpos[head], atol=1e-12)
    x, y, z, w = view("odom.orientation")
    assert (x, y) == (0.0, 0.0)
    ahead = [1.0 - 2.0 * z * z, 2.0 * w * z]
    np.testing.assert_allclose(ahead, -data.xmat[head].reshape(3, 3)[:2, 1], atol=1e-12)
    np.testing.assert_array_equal(view("joint_states.position"), data.qpos[3:])
    np.testing.assert_array_equal(view("joint_states.velocity"), data.qvel[3:])
    assert abs(view("odom.linear")[0]) > 0.02


def test_it_swims_where_its_nose_points():
    body = Swimmer(5)
    sensors = body.layout.zeros()
    _, body = swim(5, INITIAL, seed=2, steps=300)
    body.sense(sensors)
    before = body.layout.view(sensors, "odom.position").copy()
    orientations = []
    for t in range(300, 900):
        body.sense(sensors)
        orientations.append(body.layout.view(sensors, "odom.orientation").copy())
        q = body.layout.view(sensors, "joint_states.position") / joint_range(5)
        body.step(circuit(q, square_wave(t, 60), **INITIAL)[2] * EFFORT_LIMIT)
    body.sense(sensors)
    way = (body.layout.view(sensors, "odom.position") - before)[:2]
    z, w = np.array(orientations)[:, 2:].T
    ahead = np.array([np.mean(1.0 - 2.0 * z * z), np.mean(2.0 * w * z)])
    cosine = way @ ahead / (np.hypot(*way) * np.hypot(*ahead))
    assert np.hypot(*way) > 1.0
    assert cosine > 0.95


@pytest.mark.parametrize("turn", [0.5, -0.5])
def test_turning_left_is_counter_clockwise(turn):
    _, body = swim(5, INITIAL, seed=0, turn=turn, steps=300)
    start = body._position[2]
    sensors = body.layout.zeros()
    for t in range(300, 600):
        body.sense(sensors)
        q = body.layout.view(sensors, "joint_states.position") / joint_range(5)
        body.step(circuit(q, square_wave(t, 60), **INITIAL, turn=turn)[2] * EFFORT_LIMIT)
    assert (body._position[2] - start) * np.sign(turn) > 1.0


def test_reward_follows_the_desired_speed():
    slow, fast = Swimmer(3, desired_speed=0.1), Swimmer(3, desired_speed=0.2)
    sensors = slow.layout.zeros()
    seen = 0
    for t in range(200):
        effort = EFFORT_LIMIT * np.sin(0.1 * t + np.arange(3))
        rewards = slow.step(effort).reward, fast.step(effort).reward
        slow.sense(sensors)
        forward = slow.layout.view(sensors, "odom.linear")[0]
        assert rewards == tuple(np.clip(forward / speed, 0.0, 1.0) for speed in (0.1, 0.2))
        seen += 0.0 < rewards[1] < 1.0
    assert seen > 20


def test_thicker_water_slows():
    def drift(density):
        body = Swimmer(3, density=density)
        sensors = body.layout.zeros()
        for _ in range(20):
            body.step(np.full(3, EFFORT_LIMIT))
        body.sense(sensors)
        return np.abs(body.layout.view(sensors, "joint_states.velocity")).max()

    assert drift(6000.0) < 0.9 * drift(3000.0)


def test_a_course_ends_only_where_asked_for():
    endless, course = Swimmer(2), Swimmer(2, course_steps=10)
    effort = np.zeros(2)
    assert not any(endless.step(effort).terminal for _ in range(50))
    ends = [course.step(effort) for _ in range(10)]
    assert [end.terminal for end in ends] == [False] * 9 + [True]
    assert not ends[-1].fell


def test_a_put_back_body_starts_anew_elsewhere():
    body = Swimmer(4)
    sensors = body.layout.zeros()
    headings = set()
    for _ in range(3):
        for _ in range(5):
            body.step(np.full(4, EFFORT_LIMIT))
        body.reset()
        body.sense(sensors)
        assert not np.any(body.layout.view(sensors, "joint_states.velocity"))
        bends = body.layout.view(sensors, "joint_states.position")
        assert np.all(np.abs(bends) <= joint_range(4))
        headings.add(float(sensors[body.layout.blocks["odom.orientation"]][2]))
    assert len(headings) == 3


@pytest.mark.parametrize("joints", [2, 20])
def test_bodies_at_both_ends_of_the_range_stay_stable(joints):
    """The hardest efforts there are; MuJoCo counts warnings and resets a body that blows up."""
    body = Swimmer(joints)
    generator = np.random.default_rng(1)
    for _ in range(500):
        body.step(EFFORT_LIMIT * generator.choice([-1.0, 1.0], joints))
    assert [warning.number for warning in body._data.warning] == [0] * len(body._data.warning)
    assert np.abs(body._position[3:]).max() < joint_range(joints) + 0.3


def test_body_has_the_published_constants():
    model = build_model(5)
    assert (model.nq, model.nu, model.opt.timestep) == (8, 5, 0.002)
    assert (model.opt.density, model.opt.viscosity) == (3000.0, 0.0)
    np.testing.assert_allclose(model.jnt_range[3:], [[-math.pi / 3, math.pi / 3]] * 5)
    np.testing.assert_allclose(model.body_mass[1:], 0.01)
    np.testing.assert_allclose(model.dof_armature, [0.0] * 3 + [1e-6] * 5)
    assert Swimmer.control_period == pytest.approx(0.03)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"joints": 1}, "joints: found 1, expected a whole number from 2 to 20"),
        ({"joints": 21}, "joints: found 21"),
        ({"joints": 2.5}, "joints: found 2.5"),
        ({"desired_speed": 0.0}, "desired_speed: found 0.0, expected a number above 0"),
        ({"density": math.nan}, "density: found nan"),
        ({"course_steps": -1}, "course_steps: found -1"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Swimmer(**arguments)


@pytest.mark.parametrize("effort", [[math.nan, 0.0], [0.0, math.inf], [0.0]])
def test_unusable_efforts_are_refused_and_move_nothing(effort):
    body = Swimmer(2)
    before, after = body.layout.zeros(), body.layout.zeros()
    body.sense(before)
    with pytest.raises(ValueError, match="expected 2 finite"):
        body.step(np.array(effort))
    body.sense(after)
    np.testing.assert_array_equal(before, after)


def test_picture_shows_body_and_track():
    body = Swimmer(5)
    first = body.frame()
    assert (first.shape, first.dtype) == ((480, 480, 3), np.uint8)
    for _ in range(100):
        body.step(np.full(5, EFFORT_LIMIT))
    second = body.frame()
    assert np.count_nonzero(np.any(first != second, axis=2)) > 500
