"""The cart and pole against gymnasium, step by step."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest

from dynsyn_controller.robot.observation import Observer
from dynsyn_sim_bridge.robots.cart_pole import CartPole
from dynsyn_sim_bridge.robots.spec import describe


def test_every_frame_is_gymnasiums():
    ours = CartPole(frames=500, fall_reward=1.0)
    theirs = gymnasium.make("CartPole-v1").unwrapped
    spec, generator = describe("cart_pole"), np.random.default_rng(0)
    sensors, observation = ours.layout.zeros(), np.zeros(4)
    observer = Observer(spec.robot.observation, ours.layout)
    falls = 0
    for course in range(12):
        ours.reset(course)
        theirs.reset(seed=course)
        theirs.state = tuple(ours.state)
        terminal, frame = False, 0
        while not terminal:
            # a rough hand at the pole, so that some courses are long
            lean = ours.state[2] + 0.3 * ours.state[3] + generator.normal(0.0, 0.05)
            action = int(lean > 0.0)
            outcome = ours.step(np.array([10.0 if action else -10.0]))
            expected, reward, fell, _, _ = theirs.step(action)
            frame += 1
            np.testing.assert_allclose(ours.state, theirs.state, rtol=1e-13, atol=1e-14)
            ours.state[:] = theirs.state  # or a last digit would grow: the pole is unstable
            assert (outcome.reward, outcome.fell) == (reward, fell)
            ours.sense(sensors)
            observer.observe(sensors, observation)
            np.testing.assert_allclose(observation, expected, atol=1e-6)
            terminal = outcome.terminal
            assert terminal == (fell or frame == 500)
        falls += outcome.fell
    assert falls > 0


def test_limit_of_frames_and_none():
    for frames in (200, 0):
        body = CartPole(frames=frames, swing_up=True)
        body.reset(1)
        ends = [body.step(np.zeros(1)).terminal for _ in range(600)]
        assert (ends.index(True) if True in ends else 0) == (199 if frames else 0)


def test_a_fall_is_told_from_the_end_of_a_course():
    body = CartPole(frames=3)
    body.reset(2)
    outcomes = [body.step(np.zeros(1)) for _ in range(3)]
    assert [outcome.fell for outcome in outcomes] == [False] * 3
    assert outcomes[-1].terminal
    assert outcomes[-1].reward == 1.0
    body.reset(2)
    body.state[2] = 0.25
    outcome = body.step(np.zeros(1))
    assert outcome == (0.0, True, True)


def test_swinging_up_pays_for_height_and_falls_only_off_the_rail():
    body = CartPole(frames=0, swing_up=True)
    body.reset(3)
    assert body.step(np.zeros(1)).reward < 0.01
    body.state[2] = 0.0
    assert body.step(np.zeros(1)).reward > 0.99
    body.state[0], body.state[1] = 2.39, 5.0
    assert body.step(np.zeros(1)).fell


@pytest.mark.parametrize("level", ["easy", "medium", "hard", "hardest"])
def test_levels_start_wide_and_the_hard_ones_hide_speeds(level: str):
    body = CartPole(level=level)
    places = []
    for seed in range(200):
        body.reset(seed)
        places.append(body.state.copy())
    reach = np.abs(places).max(axis=0)
    assert 1.1 < reach[0] <= 1.2
    assert 0.1 < reach[2] <= 0.1048
    sensors = body.layout.zeros()
    body.sense(sensors)
    hidden = body.layout.view(sensors, "joint_states.velocity")
    assert (hidden == 0.0).all() == (level in ("hard", "hardest"))
    turn = body.layout.view(sensors, "imu.angular_velocity")
    assert (turn == 0.0).all() == (level in ("hard", "hardest"))
