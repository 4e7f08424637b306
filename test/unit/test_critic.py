"""The critic of dynamic synapses, beside the equations of its module in plain NumPy."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import yaml
from oracle import robot_data

from dynsyn_controller.core.learners.dynamic_synapse.critic import follows, td_step
from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.robot import Robot, RobotFileError
from dynsyn_controller.robot.robot_file import parse_robot

STEPS = 400
FALL, END = 130, 260
"""Steps with a terminal reward: a fall, and a course's end that is none."""


def robot(**settings: object) -> Robot:
    learner = {"type": "dynamic_synapse_critic", **settings}
    return parse_robot(yaml.safe_dump(robot_data() | {"learner": learner}))


@njit
def judged(states, parameters, observation, reward, terminal):
    followed = follows(parameters[0], reward, terminal)
    gain, _ = td_step(states[0], parameters[0], observation, reward, followed, 1.0)
    return reward + gain


class Oracle:
    """V = w . phi with TD(lambda), discount 0.99, trace 0.9; see the critic's module."""

    def __init__(self, channels: int, rhythms: int, dt: float, step: float) -> None:
        self.step = step
        inputs = channels + rhythms
        count = 1 + inputs + len(list(combinations(range(inputs), 2)))
        self.weights, self.trace = np.zeros(count), np.zeros(count)
        self.mean, self.variance = np.zeros(channels), np.ones(channels)
        self.rate = dt / 1e6
        self.phi: np.ndarray | None = None
        self.bounded = 0

    def look(self, observation: np.ndarray, rhythm: np.ndarray, steps: int) -> np.ndarray:
        states, rate = observation[: self.mean.size], max(self.rate, 1.0 / (steps + 20.0))
        deviation = states - self.mean
        self.mean = self.mean + rate * deviation
        self.variance = self.variance + rate * (deviation**2 - self.variance)
        x = 0.5 * np.clip((states - self.mean) / np.sqrt(self.variance + 1e-6), -3.0, 3.0)
        x = np.concatenate([x, 0.5 * rhythm])
        return np.array([1.0, *x, *(x[i] * x[j] for i, j in combinations(range(x.size), 2))])

    def judge(self, observation, rhythm, steps, reward, terminal, fell) -> float:
        before, self.phi = self.phi, self.look(observation, rhythm, steps)
        if before is None:
            return reward
        self.trace = 0.99 * 0.9 * self.trace + before
        if terminal and not fell:
            self.trace = np.zeros_like(self.trace)
            return reward
        now, following = self.weights @ before, self.weights @ self.phi
        error = reward + 0.99 * following - now
        inputs = self.mean.size + rhythm.size
        least = 0.5 * (1.0 + inputs / 4 + len(list(combinations(range(inputs), 2))) / 16)
        size = max(before @ before, least)
        along = abs(self.trace @ (before - 0.99 * self.phi))
        self.bounded += along * self.step / size > 1.0
        self.weights = self.weights + min(self.step / size, 1.0 / along) * error * self.trace
        return reward + following - now


@pytest.mark.parametrize(("size", "bounded"), [(0.02, False), (1.5, True)])
def test_it_follows_its_equations(size, bounded):
    controller = new_controller(robot(critic_step=size), seed=4)
    random = np.random.default_rng(2)
    states, parameters = controller.state.copy(), controller.blueprint.parameters
    oscillators = states["v"].size
    oracle = Oracle(len(controller.body.states), 2 * oscillators, controller.body.dt, size)
    states["steps"] = 1
    for step in range(STEPS):
        fell, ended = step == FALL, step == END
        reward = -100.0 if fell else float(random.normal())
        observation = random.normal(1.0, 2.0, size=5)
        swing = random.normal(size=(oscillators, 2))
        states["v"], states["w"] = swing.T
        found = judged(states, parameters, observation, reward, fell or ended)
        expected = oracle.judge(observation, swing.ravel(), step + 1, reward, fell or ended, fell)
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)
        if ended:
            assert found == reward
            assert not states["critic_trace"].any()
        states["steps"] += 1
    assert bool(oracle.bounded) == bounded
    np.testing.assert_allclose(states["critic_weights"][0], oracle.weights, rtol=1e-9)


def test_a_copy_goes_on_bit_for_bit_and_frozen_steps_teach_it_nothing():
    random = np.random.default_rng(3)
    seen = random.normal(size=(60, 5))
    whole = new_controller(robot(), seed=4)
    for observation in seen[:30]:
        whole.step(observation, 0.1)
    assert whole.state["critic_weights"].any()
    parts = new_controller(robot(), seed=5)
    parts.state[:] = whole.state
    for controller in (whole, parts):
        for observation in seen[30:]:
            controller.step(observation, 0.1)
    assert whole.state.tobytes() == parts.state.tobytes()
    before = whole.state["critic_weights"].copy()
    whole.step(seen[0], 5.0, learning=False)
    whole.step(seen[1], 5.0)  # from a step that was not learnt from nothing follows
    np.testing.assert_array_equal(whole.state["critic_weights"], before)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"critic_step": 2.0}, "critic_step: found 2.0, expected below 2"),
        ({"critic_step": 0.0}, "critic_step: found 0.0, expected"),
        ({"critic_discount": 1.0}, "critic_discount: found 1.0, expected below 1"),
        ({"critic_discount": -0.1}, "critic_discount: found -0.1, expected 0 or more"),
        ({"critic_trace": 1.5}, "critic_trace: found 1.5, expected 0 to 1"),
        ({"critic_statistics_time": 0.01}, "found 0.01 s, expected a control step"),
        ({"critic_tracy": 0.5}, "did you mean 'critic_trace'"),
    ],
)
def test_settings_that_cannot_be(settings, message):
    with pytest.raises(RobotFileError) as refused:
        robot(**settings)
    assert message in str(refused.value)
