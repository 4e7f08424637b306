"""A limit on exploration: kept by every law, lifted again, no part of the lifetime."""

from __future__ import annotations

import numpy as np
import pytest

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.learners.base import Learner
from dynsyn_controller.core.learners.replay import limit_epsilon
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.node.events import Events
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
    first = controller.quantity("amplitude").max()
    controller.limit_exploration(0.3)
    live(controller, 1)
    widest = 0.3 * born(learner, preset).quantity("amplitude")[0]
    assert controller.quantity("amplitude").max() == pytest.approx(widest)
    assert widest < first
    centre = controller.quantity("centre").copy()
    live(controller)
    assert np.abs(controller.weight - controller.quantity("centre")).max() <= widest * (1 + 1e-9)
    assert (controller.quantity("centre") != centre).mean() > 0.9


@pytest.mark.parametrize(("learner", "preset"), PRESETS[2:])
def test_lifted_it_swings_as_its_law_asks_for(learner: str, preset: str):
    limited, free = born(learner, preset), born(learner, preset)
    limited.limit_exploration(0.3)
    live(limited, 50)
    limited.limit_exploration(1.0)
    live(limited, 1)
    live(free, 51)
    np.testing.assert_allclose(limited.quantity("amplitude"), free.quantity("amplitude"), rtol=1e-2)


def test_a_limit_of_1_changes_no_bit_and_none_is_in_the_record():
    limited, free = (born(*PRESETS[2]) for _ in range(2))
    limited.limit_exploration(0.5)
    limited.limit_exploration(1.0)
    live(limited)
    live(free)
    assert limited.state.tobytes() == free.state.tobytes()
    other = Controller(limited.blueprint, limited.state)
    limited.limit_exploration(0.1)
    live(other, 1)
    assert other.quantity("amplitude").max() > 0.1 * born(*PRESETS[2]).quantity("amplitude")[0]


def test_random_actions_are_as_rare_as_the_limit_says():
    record = np.zeros(1, [("epsilon_start", float), ("epsilon_end", float)])
    record["epsilon_start"], record["epsilon_end"] = 0.8, 0.5
    limit_epsilon(record, 0.5)
    assert (record["epsilon_start"], record["epsilon_end"]) == (0.4, 0.4)
    limit_epsilon(record, 0.5)
    assert (record["epsilon_start"], record["epsilon_end"]) == (0.2, 0.2)


def test_a_learner_that_cannot_is_named_and_lives_on(monkeypatch: pytest.MonkeyPatch):
    controller, told = born(*PRESETS[2]), []
    guard = Guard(WALKER, controller, events=Events(lambda event: told.append(event.text)))
    monkeypatch.setattr(type(controller.learner), "limit_exploration", Learner.limit_exploration)
    guard.limit_exploration(0.5)
    live(controller, 3)
    assert told == [
        "exploration_limit 0.5: learner dynamic_synapse: its exploration cannot be limited"
    ]


def test_another_lifetime_of_the_robot_is_limited_too():
    guard = Guard(WALKER, born(*PRESETS[2]))
    guard.limit_exploration(0.2)
    other = born(*PRESETS[2])
    guard.begin(other, {})
    live(other, 2)
    widest = 0.2 * born(*PRESETS[2]).quantity("amplitude")[0]
    assert other.quantity("amplitude").max() == pytest.approx(widest)
