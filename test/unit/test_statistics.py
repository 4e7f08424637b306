"""Reward statistics against a plain computation from the whole list of rewards."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import sized_robot

from dynsyn_controller.core.statistics import AVERAGE_STEPS, WINDOW
from dynsyn_controller.lifetime.factory import new_controller


def test_against_the_whole_list_of_rewards():
    controller = new_controller(sized_robot(), seed=1)
    random = np.random.default_rng(2)
    zeros = np.zeros(len(controller.body.states))
    assert np.isnan(controller.statistics.return_last)
    controller.step(zeros, 55.0, True)  # for nothing done: not counted
    assert np.isnan(controller.statistics.reward)
    returns, falls, average, now, best = [], 0, None, 0.0, None
    for step in range(8000):
        terminal = random.random() < 0.03
        fell = terminal and random.random() < 0.5
        # getting worse in the end, so that the best is not the last
        reward = -100.0 if fell else random.normal(1.0 - (step / 4000) ** 2, 1.0)
        controller.step(zeros, reward, terminal)
        average = reward if average is None else average + (reward - average) / AVERAGE_STEPS
        now += reward
        if terminal:
            returns.append(now)
            falls, now = falls + fell, 0.0
            mean = np.mean(returns[-WINDOW:])
            if len(returns) >= WINDOW:
                best = mean if best is None else max(best, mean)
        found = controller.statistics
        assert (found.steps, found.episodes, found.falls) == (step + 2, len(returns), falls)
        assert found.reward == reward
        assert found.reward_average == pytest.approx(average, rel=1e-12)
        if returns:
            assert found.return_last == pytest.approx(returns[-1], rel=1e-12)
            assert found.return_average == pytest.approx(np.mean(returns[-WINDOW:]), rel=1e-12)
        if best is None:
            assert np.isnan(found.return_best)
        else:
            assert found.return_best == pytest.approx(best, rel=1e-12)
    assert len(returns) > 2 * WINDOW
    assert found.return_average < best


def test_a_fall_is_a_terminal_reward_at_or_below_the_threshold():
    controller = new_controller(sized_robot(), seed=1)
    zeros = np.zeros(len(controller.body.states))
    controller.step(zeros, 0.0)
    for reward, terminal, falls in (
        (-50.0, True, 1),
        (-49.9, True, 1),
        (-100.0, False, 1),
        (-100.0, True, 2),
        (300.0, True, 2),
    ):
        controller.step(zeros, reward, terminal)
        assert controller.statistics.falls == falls
    assert controller.statistics.episodes == 4
