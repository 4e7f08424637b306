"""A limit on exploration: kept by every law, lifted again, no part of the lifetime."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.learners.replay import epsilon_after
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.node.guard import Guard
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot_file import load_robot

WALKER = load_robot(config_path("robots/walker.yaml"))
PRESETS = [
    ("dynamic_synapse", "paper"),  # linear law
    ("dynamic_synapse", "authors"),  # exponential
    ("dynamic_synapse", "dynsyn"),  # progress
    ("dynamic_synapse_normalised", "default"),  # constant
]


def born(learner: str, preset: str) -> Controller:
    return new_controller(WALKER, preset, seed=3, learner=learner)


def live(controller: Controller, steps: int = 300, reward: float = -1.0) -> None:
    random = np.random.default_rng(5)
    for _ in range(steps):
        controller.step(random.normal(size=24), reward * random.random(), False)


@pytest.mark.parametrize(("learner", "preset"), PRESETS)
def test_no_swing_is_wider_than_the_limit_and_learning_goes_on(learner: str, preset: str):
    controller = born(learner, preset)
    live(controller)
    controller.limit_exploration(0.3)
    live(controller, 1)
    widest = 0.3 * born(learner, preset).quantity("amplitude")[0]
    centre = controller.quantity("centre").copy()
    assert np.abs(controller.weight - centre).max() <= widest * (1 + 1e-9)
    live(controller)
    swing = np.abs(controller.weight - controller.quantity("centre")).max()
    assert 0.8 * widest < swing <= widest * (1 + 1e-9)
    assert (controller.quantity("centre") != centre).mean() > 0.9


@pytest.mark.parametrize(("learner", "preset"), PRESETS)
def test_the_amplitude_goes_its_own_way_and_is_there_when_the_limit_is_lifted(learner, preset):
    limited, free = born(learner, preset), born(learner, preset)
    limited.limit_exploration(0.3)
    live(limited, 50)
    limited.limit_exploration(1.0)
    live(limited, 1)
    live(free, 50)
    live(free, 1)
    assert (limited.quantity("amplitude") == free.quantity("amplitude")).all()
    swing = np.abs(limited.weight - limited.quantity("centre")).max()
    assert swing > 0.5 * free.quantity("amplitude")[0]


def test_a_limit_that_is_lifted_before_a_step_changes_no_bit():
    limited, free = (born(*PRESETS[2]) for _ in range(2))
    limited.limit_exploration(0.5)
    limited.limit_exploration(1.0)
    live(limited)
    live(free)
    assert limited.state.tobytes() == free.state.tobytes()


@pytest.mark.parametrize("share", [0.0, -0.5, 1.5, float("nan")])
def test_what_is_no_share_is_refused(share: float):
    with pytest.raises(ValueError, match="expected more than 0, up to 1"):
        born(*PRESETS[2]).limit_exploration(share)


def test_random_actions_are_as_rare_as_the_limit_says():
    settings = SimpleNamespace(
        epsilon_start=0.8, epsilon_end=0.1, epsilon_decay=100.0, exploration_limit=0.5
    )
    assert epsilon_after.py_func(settings, 0) == pytest.approx(0.4)
    settings.exploration_limit = 1.0
    assert epsilon_after.py_func(settings, 0) == pytest.approx(0.8)
    late = epsilon_after.py_func(settings, 200)
    settings.exploration_limit = 0.5
    assert epsilon_after.py_func(settings, 200) == late


def test_a_learner_that_cannot_is_named_and_another_lifetime_is_limited_again(monkeypatch):
    guard, other = Guard(WALKER, born(*PRESETS[2])), born(*PRESETS[3])
    guard.lifetime.limit_exploration(0.2)
    with monkeypatch.context() as patched:
        patched.setattr(type(other.learner), "limits_exploration", False)
        with pytest.raises(ValueError, match="dynamic_synapse_normalised: its exploration cannot"):
            other.limit_exploration(0.5)
        guard.begin(other, {})
        assert guard.lifetime.exploration_limit == 1.0
    again = born(*PRESETS[2])
    guard.begin(again, {})
    assert guard.lifetime.exploration_limit == 0.2
    live(again, 2)
    widest = 0.2 * again.quantity("amplitude")[0]
    assert np.abs(again.weight - again.quantity("centre")).max() <= widest * (1 + 1e-9)
