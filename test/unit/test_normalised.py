"""Dynamic synapses that hear rewards in units of their own, beside their equations in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from oracle import robot_data

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.learners.dynamic_synapse.normalised import judge
from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.robot_file import Robot, RobotFileError, parse_robot

STEPS = 600
ENDS = (40, 70, 240, 500)
"""Steps with a terminal reward."""


def robot(**settings: object) -> Robot:
    learner = {"type": "dynamic_synapse_normalised", **settings}
    return parse_robot(yaml.safe_dump(robot_data() | {"learner": learner}))


def rewards() -> np.ndarray:
    found = np.random.default_rng(3).normal(0.3, 1.0, STEPS)
    found[[100, 200]] = -1e3, 5e4  # far beyond any bound
    return found


@njit
def judged(states, parameters, reward, terminal):
    return judge(states[0], parameters[0], reward, terminal)


def oracle(reward: np.ndarray, dt: float, usual_time: float, credit: bool) -> list[float]:
    """H of every step, in plain Python; bounds 10 to 300 usual steps, or a quarter of a course."""
    heard, mean, size, lengths, usual, lived = [], 0.0, 0.0, 0, 0.0, 0
    for step, value in enumerate(reward, start=1):
        rate, lived = max(dt / usual_time, 1 / (step + 20)), lived + 1
        bound = min(max(usual / 4, 10), 300) if lengths else 300
        difference = value - mean
        if step in ENDS:
            difference += mean * (lived - usual) if lengths and credit else 0.0
            lengths += 1
            usual += max(min(rate * usual, 0.1), 1 / lengths) * (lived - usual)
            lived = 0
        if size == 0.0:
            mean, size = value, abs(difference)
            heard.append(0.0)
            continue
        limit = bound * size
        difference = min(max(difference, -limit), limit)
        mean += rate * min(max(value - mean, -limit), limit)
        heard.append(difference / size)
        size += rate * (abs(difference) - size)
    return heard


@pytest.mark.parametrize("credit", [True, False])
def test_it_follows_its_equations(credit: bool):
    controller = new_controller(robot(course_credit=credit, usual_time=5.0), seed=4)
    states, parameters = controller.state.copy(), controller.blueprint.parameters
    expected = oracle(rewards(), controller.body.dt, 5000.0, credit)
    for step, reward in enumerate(rewards(), start=1):
        states["steps"] = step
        found = judged(states, parameters, reward, step in ENDS)
        assert found == pytest.approx(expected[step - 1], rel=1e-9, abs=1e-9), step


def live(controller: Controller, reward: np.ndarray) -> np.ndarray:
    """Centres after so many steps."""
    random = np.random.default_rng(8)
    for step, value in enumerate(reward, start=1):
        controller.step(random.normal(size=5), float(value), step in ENDS)
    return controller.quantity("centre")


def test_the_unit_of_the_reward_does_not_matter():
    """By powers of 2 all is multiplied without rounding: the lives are the same, bit for bit."""
    born = new_controller(robot(), seed=4).quantity("centre").copy()
    first = live(new_controller(robot(), seed=4), rewards())
    assert np.abs(first - born).max() > 1e-3
    for factor in (2.0**-30, 2.0**20):
        assert np.array_equal(live(new_controller(robot(), seed=4), factor * rewards()), first)


def test_a_course_that_ends_early_is_punished_and_one_that_lasts_is_praised():
    """Every step earns the same: only the ends of courses say anything."""
    controller = new_controller(robot(), seed=4)
    states, parameters = controller.state.copy(), controller.blueprint.parameters
    step = 0

    def course(length: int) -> float:
        nonlocal step
        for left in range(length, 0, -1):
            step += 1
            states["steps"] = step
            heard = judged(states, parameters, 1.0, left == 1)
            if left > 1:
                assert abs(heard) < 1e-6
        return heard

    for length in (20, 22, 18, 20, 21, 19):
        course(length)
    assert course(5) < -1.0
    assert course(60) > 1.0


def test_no_reward_throws_a_centre_beyond_its_weight():
    controller = new_controller(robot(learning_rate=1.0), seed=4)
    weight, centre = controller.weight.copy(), controller.quantity("centre").copy()
    controller.step(np.zeros(5), 1.0, False)
    for value in (1.0, 2.0, -3.0, 1e6):
        weight, centre = controller.weight.copy(), controller.quantity("centre").copy()
        controller.step(np.zeros(5), value, False)
        moved = np.abs(controller.quantity("centre") - centre)
        assert (moved <= np.abs(weight - centre) + 1e-12).all()


def test_the_swing_is_as_wide_as_its_setting():
    controller = new_controller(robot(amplitude=0.3), seed=4)
    live(controller, rewards())
    assert (controller.quantity("amplitude") == 0.3).all()
    assert np.abs(controller.weight - controller.quantity("centre")).max() <= 0.3 + 1e-9


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"amplitude": -0.1}, "amplitude"),
        ({"usual_time": 0.0}, "usual_time"),
        ({"bound_minimum": 400.0}, "bound_minimum"),
        ({"bound_maximum": 0.0}, "bound_maximum"),
        ({"period_mean": 0.0}, "period_mean"),
        ({"progress_goal": 1.0}, "progress_goal"),
    ],
)
def test_settings_that_cannot_be_are_named(settings: dict, named: str):
    with pytest.raises(RobotFileError, match=rf"learner\.{named}"):
        robot(**settings)
