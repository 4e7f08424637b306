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
from dynsyn_controller.robot.robot import Robot, RobotFileError
from dynsyn_controller.robot.robot_file import parse_robot

STEPS = 600
ENDS = (40, 70, 240, 500)
"""Steps with a terminal reward."""


def robot(**settings: object) -> Robot:
    learner = {"type": "dynamic_synapse_normalised", **settings}
    network = {"type": "mlp", "hidden": []}  # the one that new robot files have
    return parse_robot(yaml.safe_dump(robot_data() | {"network": network, "learner": learner}))


def rewards() -> np.ndarray:
    found = np.random.default_rng(3).normal(0.3, 1.0, STEPS)
    found[[100, 200]] = -1e3, 5e4  # far beyond any bound
    return found


@njit
def judged(states, parameters, reward, terminal):
    return judge(states[0], parameters[0], reward, terminal)


def oracle(reward: np.ndarray, dt: float, usual_time: float, credit: bool) -> list[float]:
    """H of every step, in plain Python."""
    heard, mean, quick, slow, lengths, usual, lived = [], float(reward[0]), 0.0, 0.0, 0, 0.0, 0
    for step, value in enumerate(reward):
        rate, lived = max(dt / usual_time, 1 / (step + 20)), lived + 1
        bound = min(max(usual / 4, 10), 300) if lengths else 300
        difference, size = value - mean, max(quick, slow)
        before = usual
        if step in ENDS:
            difference += mean * (lived - usual) if lengths and credit else 0.0
            lengths += 1
            usual += max(min(rate * usual, 0.1), 1 / lengths) * (lived - usual)
            lived = 0
        if size == 0.0:
            quick = slow = size = abs(difference)
        if size == 0.0:
            heard.append(0.0)
            continue
        heard.append(min(max(difference / size, -bound), bound))
        mean += rate * min(max(value - mean, -bound * size), bound * size)
        found = min(abs(difference), max(bound, 2 * before) * size)
        quick += rate * (found - quick)
        slow += max(rate / 10, 1 / (step + 21)) * (found - slow)
    return heard


@pytest.mark.parametrize("credit", [True, False])
def test_it_follows_its_equations(credit: bool):
    controller = new_controller(robot(course_credit=credit, usual_time=5.0), seed=4)
    states, parameters = controller.state.copy(), controller.blueprint.parameters
    expected = oracle(rewards(), controller.body.dt, 5000.0, credit)
    for step, reward in enumerate(rewards()):
        found = judged(states, parameters, reward, step in ENDS)
        assert found == pytest.approx(expected[step], rel=1e-9, abs=1e-9), step


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


class Judge:
    """What a new-born lifetime hears."""

    def __init__(self, **settings: float) -> None:
        controller = new_controller(robot(**settings), seed=4)
        self.states, self.parameters = controller.state.copy(), controller.blueprint.parameters

    def hear(self, reward: float, terminal: bool = False) -> float:
        return judged(self.states, self.parameters, reward, terminal)

    def course(self, length: int, reward: float = 1.0) -> float:
        """What is heard at the end of a course whose steps all earn the same."""
        for _ in range(length - 1):
            assert abs(self.hear(reward)) < 1e-3
        return self.hear(reward, True)


def test_where_all_steps_earn_the_same_a_course_is_worth_what_its_length_is():
    # a slow L_0, so that it is known what is usual
    judge, lengths = Judge(usual_time=100.0), np.random.default_rng(5).integers(50, 150, 400)
    for length in lengths:
        judge.course(int(length))
    usual = float(judge.states["course_mean"][0])
    assert 80.0 < usual < 120.0
    short, shorter = judge.course(round(usual) - 4), judge.course(round(usual) - 8)
    assert shorter < short < 0.0
    assert 1.3 < shorter / short < 3.0  # L_0 follows meanwhile
    assert judge.course(round(usual) + 6) > 0.0


def test_courses_that_are_all_alike_say_nothing():
    judge = Judge()
    for length in [3, 9, 20, *[100] * 3000]:
        heard = judge.course(length)
    assert heard == 0.0


def test_a_rare_reward_is_praise():
    judge = Judge()
    for _ in range(5000):
        assert judge.hear(0.0) == 0.0
    heard = judge.hear(1.0)
    assert heard > 0.5
    assert sum(judge.hear(0.0) for _ in range(5000)) > -2.0 * heard


def test_rewards_after_a_long_rest_are_no_shock():
    judge, random = Judge(), np.random.default_rng(2)
    for _ in range(5000):
        judge.hear(random.normal())
    for _ in range(20_000):
        judge.hear(0.0)
    heard = [abs(judge.hear(random.normal())) for _ in range(1000)]
    assert np.mean(heard) < 10.0


def test_a_course_that_was_not_learnt_from_to_the_end_says_nothing_by_its_length():
    controller = new_controller(robot(), seed=4)
    observation = np.zeros(5)

    def course(length: int, frozen: range = range(0)) -> np.ndarray:
        for step in range(length):
            controller.step(
                observation, 1.0, step == 0 and controller.steps > 0, step not in frozen
            )
        return controller.state[["courses", "course_mean"]].copy()

    for _ in range(3):
        course(30)
    before = course(30)
    for frozen in (range(10, 30), range(20)):  # the second: its beginning, and the end before it
        course(30, frozen)
        course(30)
    after = course(30)
    assert after["courses"] < before["courses"] + 5
    assert after["course_mean"] == before["course_mean"]


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


def test_a_course_after_one_that_was_frozen_counts_and_one_learnt_in_part_does_not():
    controller = new_controller(robot(), seed=1)
    channels = len(controller.body.channels)

    def live(steps: int, frozen: set[int]) -> None:
        for step in range(steps):
            controller.step(np.zeros(channels), 0.5, step == steps - 1, step not in frozen)

    live(10, set())
    live(10, set())
    assert controller.state["courses"][0] == 2  # the first step of a life has no reward
    live(10, set(range(10)))
    assert controller.state["courses"][0] == 2
    live(10, set())
    live(10, {4, 5})
    live(10, set())
    assert controller.state["courses"][0] == 4
    assert controller.state["course_mean"][0] == pytest.approx(10, abs=0.5)
