"""Rewards far beyond the usual are cut; ordinary ones never are."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynsyn_controller.robot.reward_bounds import ALWAYS_FINE, USUAL_FACTOR, RewardBounds
from dynsyn_controller.robot.sections import Reward

pytestmark = pytest.mark.faults

WALKER = Reward(fall=-100.0, fall_threshold=-50.0)
SIZES = [10.0**power for power in range(2, 309, 6)] + [math.inf]


def used_to(rewards, terms: Reward = WALKER) -> RewardBounds:
    bounds = RewardBounds(terms)
    for reward in rewards:
        bounds.apply(float(reward), False)
    return bounds


@pytest.fixture(scope="module")
def walked() -> RewardBounds:
    """What the shipped walker earns: 0.24 a step, with a spread of 0.26."""
    return used_to(np.random.default_rng(1).normal(0.24, 0.26, 20_000))


@pytest.fixture
def walking(walked: RewardBounds) -> RewardBounds:
    """As `walked`, to be changed."""
    return copy.deepcopy(walked)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_one_wrong_number_is_cut_and_changes_nothing_else(walking, size, terminal, sign):
    before = walking.bound(terminal)
    counted = walking.apply(sign * size, terminal)
    refused = size > (300.0 if terminal else USUAL_FACTOR * 0.354)
    ordinary = 100.0 if terminal else 3 * 0.354  # a fall; a large reward of those in passing
    assert counted == pytest.approx(sign * (ordinary if refused else size), 0.01)
    assert walking.cut == refused
    assert not walking.implausible
    assert walking.bound(terminal) <= before * 1.01
    assert walking.apply(0.3, False) == 0.3


def test_falls_and_ordinary_rewards_pass_from_the_first_step_on():
    generator, bounds = np.random.default_rng(2), RewardBounds(WALKER)
    for _ in range(5000):
        reward, terminal = (
            (-100.0, True)
            if generator.random() < 0.01
            else (
                float(generator.normal(0.0, 0.3)),
                False,
            )
        )
        assert bounds.apply(reward, terminal) == reward
    assert bounds.cut == 0


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e3, 1e6])
def test_a_new_born_learns_any_scale_within_its_first_steps(scale):
    generator, bounds = np.random.default_rng(3), RewardBounds(Reward())
    for _ in range(100):
        bounds.apply(scale * float(generator.normal()), False)
    cut = bounds.cut
    assert cut <= 20
    for _ in range(1000):
        reward = scale * float(generator.normal())
        assert bounds.apply(reward, False) == reward


def test_a_rare_reward_of_ordinary_size_is_never_cut():
    bounds = used_to([0.0] * 200_000)
    assert bounds.apply(1.0, False) == 1.0
    assert bounds.apply(ALWAYS_FINE, False) == ALWAYS_FINE
    assert bounds.apply(100.0, True) == 100.0  # a goal


def test_many_wrong_numbers_are_implausible_until_they_end(walking):
    usual = walking.bound(False)
    for _ in range(9):
        walking.apply(1e5, False)
    assert not walking.implausible
    for _ in range(5000):
        walking.apply(1e5, False)
    assert walking.implausible
    # not learnt as a new scale, however long it goes on
    assert walking.bound(False) < 1.1 * usual
    for _ in range(3000):
        assert walking.apply(0.3, False) == 0.3
    assert not walking.implausible


def test_a_bound_stated_in_the_robot_file_holds_alone():
    bounds = RewardBounds(Reward(largest=2.0, fall=-100.0))
    assert bounds.apply(-100.0, True) == -2.0
    for _ in range(100):
        assert bounds.apply(5.0, False) == 2.0
    assert bounds.apply(2.0, False) == 2.0


def test_what_is_usual_goes_on_with_the_lifetime(walking):
    again = RewardBounds(WALKER)
    again.begin(walking.notes(), math.nan)
    assert again.bound(False) == walking.bound(False)
    # One saved without: its mean reward is a first guess.
    again.begin(None, 0.236)
    assert 20.0 < again.bound(False) < 30.0
    assert again.apply(1e300, False) == ALWAYS_FINE
    assert again.bound(False) < 200.0
    for notes in ({"passing": "much"}, {"unknown": 1.0}):
        again.begin(notes, math.nan)
        assert again.bound(False) == ALWAYS_FINE


@given(st.lists(st.tuples(st.floats(allow_nan=False), st.booleans()), max_size=200))
def test_whatever_comes_what_is_learnt_from_is_finite_and_bounded(rewards):
    bounds = RewardBounds(WALKER)
    for reward, terminal in rewards:
        bound = bounds.bound(terminal)
        taken = bounds.apply(reward, terminal)
        assert abs(taken) <= bound
        assert math.copysign(1.0, taken) == math.copysign(1.0, reward)
        assert math.isfinite(bounds.bound(terminal))
