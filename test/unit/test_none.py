"""The learner that learns nothing."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from oracle import robot_data, sized_robot

from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot_file import load_robot, parse_robot


def live(controller, steps: int, learning: bool = True) -> np.ndarray:
    random = np.random.default_rng(2)
    channels = len(controller.body.channels)
    return np.array(
        [
            controller.step(
                random.normal(size=channels), random.normal(), random.random() < 0.1, learning
            ).copy()
            for _ in range(steps)
        ]
    )


@pytest.mark.parametrize(
    "preset",
    [
        "dynsyn",
        pytest.param("paper", marks=pytest.mark.long),
        pytest.param("authors", marks=pytest.mark.long),
    ],
)
def test_weights_stay_as_they_were_born(preset):
    controller = new_controller(sized_robot(), preset, learner="none", seed=4)
    born = controller.weight.copy()
    efforts = live(controller, 500)
    assert np.array_equal(controller.weight, born)
    assert np.ptp(efforts, axis=0).min() > 0, "the network itself lives on"
    assert controller.statistics.episodes > 10
    assert controller.learner.quantities == ()


def test_it_is_born_and_acts_as_a_frozen_lifetime_of_dynamic_synapses_does():
    robot = sized_robot()
    frozen, none = (
        new_controller(robot, "dynsyn", seed=4, learner=learner)
        for learner in ("dynamic_synapse", "none")
    )
    assert np.array_equal(none.weight, frozen.quantity("centre"))
    assert np.array_equal(live(none, 300, False), live(frozen, 300, False))


def test_every_network_takes_it():
    data = robot_data()
    for network in ({"type": "mlp", "hidden": [4]}, data["network"]):
        robot = parse_robot(yaml.safe_dump(data | {"network": network}))
        assert live(new_controller(robot, learner="none"), 20).any()
    swimmer = new_controller(load_robot(config_path("robots/swimmer.yaml")), learner="none")
    live(swimmer, 200)
    assert swimmer.weight.tolist() == [1.0, 1.0, 1.0, -1.0]
