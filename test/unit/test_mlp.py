"""The multilayer perceptron against the same layers in plain NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import yaml
from oracle import robot_data

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.robot import Robot, RobotFileError
from dynsyn_controller.robot.robot_file import parse_robot
from dynsyn_lab.bench.reference import DynamicSynapses, SplitMix64, WalkerReference

TOLERANCE = 1e-9
ACTIVATIONS = {
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0.0),
    "elu": lambda x: np.where(x > 0.0, x, np.exp(np.minimum(x, 0.0)) - 1.0),
    "leaky_relu": lambda x: np.where(x > 0.0, x, 0.01 * x),
    "linear": lambda x: x,
}


def mlp_robot(joints: int = 2, rays: int = 0, **options) -> Robot:
    data = robot_data(joints=joints, other_states=3, rays=rays)
    return parse_robot(yaml.safe_dump(data | {"network": {"type": "mlp", **options}}))


class MlpReference(WalkerReference):
    """A lifetime of the perceptron: the walker reference's learning, these layers.

    Args:
        controller: a new-born lifetime, of which only settings and first weights are taken.
        seed: the one that it was born with.
    """

    def __init__(self, controller: Controller, seed: int) -> None:
        self.body, self.settings = controller.body, controller.learner.options
        self.options = controller.network.options
        random = SplitMix64(int(np.random.default_rng(seed).integers(2**64, dtype=np.uint64)))
        centre = controller.quantity("centre")
        self.layers = [
            DynamicSynapses(
                centre[layer.slice].reshape(layer.rows, layer.columns).copy(), self.settings, random
            )
            for layer in controller.layers
        ]
        self.baseline, self.progress, self.settling, self.steps = 0.0, 0.0, 0.0, 0
        self.mean = np.zeros(len(self.body.channels))
        self.variance = np.ones(len(self.body.channels))
        self.output = np.zeros(len(self.body.joints))

    def step(self, observation, reward, terminal=False, learning=True):
        """One control step; efforts in N m, (joints,)."""
        if self.steps > 0 and learning:
            self._learn(reward, terminal)
        if not learning:
            for layer in self.layers:
                layer.weight = layer.centre.copy()
        self.steps += 1
        values = self._inputs(observation, learning)
        for layer in self.layers[:-1]:
            values = layer.weight @ np.append(values, 1.0)
            if self.options.layer_normalisation:
                values = (values - values.mean()) / np.sqrt(values.var() + 1e-5)
            values = ACTIVATIONS[self.options.activation](values)
        total = self.layers[-1].weight @ np.append(values, 1.0)
        self.output = ACTIVATIONS[self.options.output_activation](total)
        return np.clip(self.output, -1.0, 1.0) * self.body.effort_limit

    def _inputs(self, observation, learning):
        scale, time = self.options.input_scale, 1000.0 * self.options.normalisation_time
        fixed, bound = self.options.input_statistics == "fixed", self.options.input_bound
        if time == 0 and not fixed:
            return scale * observation * self.body.sensitivity
        if learning and not fixed:
            rate = max(self.body.dt / time, 1.0 / (self.steps + 20.0))
            deviation = observation - self.mean
            self.mean = self.mean + rate * deviation
            self.variance = self.variance + rate * (deviation**2 - self.variance)
        standard = (observation - self.mean) / np.sqrt(self.variance + 1e-6)
        return scale * np.clip(standard, -bound, bound)


@pytest.mark.parametrize(
    ("preset", "sizes", "options"),
    [
        pytest.param("dynsyn", {}, {"hidden": [64, 64]}, marks=pytest.mark.long),
        pytest.param("authors", {}, {"hidden": []}, marks=pytest.mark.long),
        ("authors", {"joints": 3, "rays": 2}, {"hidden": [5], "activation": "relu"}),
        ("paper", {"rays": 4}, {"hidden": [7, 3, 2], "output_activation": "linear"}),
        pytest.param(
            "dynsyn",
            {"joints": 1},
            {"hidden": [1, 9], "normalisation_time": 5.0},
            marks=pytest.mark.long,
        ),
        (
            "authors",
            {"joints": 3, "rays": 2},
            {"hidden": [5], "activation": "relu", "normalisation_time": 0.5, "input_scale": 0.3},
        ),
        (
            "dynsyn",
            {"joints": 3, "rays": 2},
            {"hidden": [5], "activation": "elu", "input_statistics": "fixed", "input_bound": 0.5},
        ),
        (
            "authors",
            {"joints": 3, "rays": 2},
            {"hidden": [5], "activation": "leaky_relu", "layer_normalisation": True},
        ),
    ],
)
def test_it_follows_the_reference(preset, sizes, options):
    controller = new_controller(mlp_robot(**sizes, **options), preset, seed=7)
    reference = MlpReference(controller, 7)
    born = controller.quantity("centre").copy()
    random = np.random.default_rng(8)
    for step in range(800):
        observation = random.normal(0.0, 0.7, len(controller.body.channels))
        fall = random.random() < 0.01
        reward, learning = (-100.0 if fall else random.normal(0.1, 0.3)), step % 97 > 5
        effort = controller.step(observation, reward, fall, learning)
        expected = reference.step(observation, reward, fall, learning)
        assert np.max(np.abs(effort - expected) / controller.body.effort_limit) < TOLERANCE
    flat = np.concatenate([layer.centre.ravel() for layer in reference.layers])
    assert np.abs(controller.quantity("centre") - flat).max() < TOLERANCE
    assert np.abs(controller.quantity("centre") - born).max() > 1e-4, "nothing was learnt"


@pytest.mark.parametrize("scale", [1.0, 0.25])
def test_first_weights_are_scaled_by_their_number_of_inputs(scale):
    network = mlp_robot(hidden=[300, 200], initial_scale=scale).blueprint.network
    born = network.initial_weights(np.random.default_rng(2))
    for layer in network.layers:
        weights = born[layer.slice].reshape(layer.rows, layer.columns)
        inputs = layer.columns - 1
        assert np.all(weights[:, -1] == 0.0)
        assert np.abs(weights).max() <= scale * math.sqrt(3.0 / inputs)
        expected = scale / math.sqrt(inputs)
        spread = 4.0 / math.sqrt(2 * weights[:, :-1].size)
        assert math.isclose(weights[:, :-1].std(), expected, rel_tol=spread)


def test_layers_and_units_are_named():
    controller = new_controller(mlp_robot(rays=4, hidden=[7, 3, 2]))
    channels = controller.body.channels
    names = ["hidden_1", "hidden_2", "hidden_3", "output"]
    assert [layer.name for layer in controller.layers] == names
    assert [(layer.rows, layer.columns) for layer in controller.layers] == [
        (7, len(channels) + 1),
        (3, 8),
        (2, 4),
        (2, 3),
    ]
    assert controller.layers[0].input_names == (*channels, "constant")
    assert controller.layers[3].output_names == ("joint_1", "joint_2")
    controller.step(np.linspace(-1.0, 1.0, len(channels)), 0.0)
    units = dict(zip(controller.unit_names, controller.activity(), strict=True))
    assert list(units)[6:11] == ["hidden_1.6", *(f"hidden_2.{i}" for i in range(3)), "hidden_3.0"]
    assert list(units)[-1] == "output.joint_2"
    second = controller.layers[1]
    weight = controller.weight[second.slice].reshape(second.rows, second.columns)
    before = [units[f"hidden_1.{i}"] for i in range(7)]
    assert math.isclose(units["hidden_2.1"], np.tanh(weight[1] @ [*before, 1.0]), rel_tol=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden": [4, 0]}, "network.hidden[1]: found 0, expected 1 or more"),
        ({"hidden": 4}, "network.hidden: found 4 (int), expected a list"),
        ({"hidden": [2.5]}, "network.hidden[0]: found 2.5 (float), expected a whole number"),
        ({"activation": "sigmoid"}, "network.activation: found 'sigmoid'"),
        ({"initial_scale": -1.0}, "network.initial_scale: found -1.0, expected 0 or more"),
        ({"input_scale": 0.0}, "network.input_scale: found 0.0, expected more than 0"),
        ({"normalisation_time": 0.001}, "network.normalisation_time: found 0.001 s"),
        ({"input_bound": 0.0}, "network.input_bound: found 0.0, expected more than 0"),
        (
            {"input_statistics": "fixed", "normalisation_time": 5.0},
            "network.normalisation_time: found 5.0, expected 0 with input_statistics: fixed",
        ),
        ({"hiden": [4]}, "network.hiden: unknown key; did you mean 'hidden'?"),
    ],
)
def test_options_that_cannot_be_are_refused(options, message):
    with pytest.raises(RobotFileError) as refused:
        mlp_robot(**options)
    assert message in str(refused.value)
