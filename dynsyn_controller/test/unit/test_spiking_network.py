"""The spiking network against its equations in NumPy."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from spiking_oracle import SpikingOracle, oracle_of

from dynsyn_controller.core.blueprint import Blueprint
from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.networks.base import Body
from dynsyn_controller.core.schema import SchemaError


def body(channels: int = 4, joints: int = 1) -> Body:
    return Body(
        joints=tuple(f"joint_{j}" for j in range(joints)),
        effort_limit=np.full(joints, 10.0),
        states=tuple(f"state_{i}" for i in range(channels)),
        ranges=(),
        joint_channels=({},) * joints,
        sensitivity=np.linspace(0.5, 2.0, channels),
        fall_threshold=0.0,
        dt=20.0,
    )


def blueprint(made_for: Body | None = None, learner: str = "none", **options) -> Blueprint:
    return Blueprint(made_for or body(), {"type": "spiking", **options}, {"type": learner})


def alive(plan: Blueprint, seed: int = 0) -> Controller:
    return Controller(plan, plan.new_state(seed))


LAYERS = {"hidden": [9, 7], "initial_scale": 3.0, "encoding_gain": 1.5}
"""Layers whose sizes all differ."""


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"neuron": "if"},
        {"membrane_time": 5.0, "threshold": 0.7, "reset_potential": -0.2},
        {"keep_state": True},
    ],
    ids=str,
)
def test_decisions_by_voltage_are_those_of_the_equations(options: dict):
    robot = body(joints=3)
    plan = blueprint(robot, **LAYERS, **options)
    controller = alive(plan)
    oracle = oracle_of(plan, controller.state["weight"][0])
    fired = 0.0
    for observation in np.random.default_rng(1).normal(0.0, 2.0, (20, 4)):
        controller.step(observation, 1.0)
        if not plan.network.options.keep_state:
            oracle.rest()
        value = oracle.decide(1.5 * robot.sensitivity * observation)
        np.testing.assert_allclose(controller.state["output"][0], value, atol=1e-9, rtol=0)
        fired += same_spikes(plan, controller.state[0], oracle)
    assert fired > 0


@pytest.mark.parametrize(
    "options", [{}, {"neuron": "if", "keep_state": True}, {"time_steps": 1}], ids=str
)
def test_decisions_by_count_are_those_of_the_equations(options: dict):
    """The decision is interpreted here, on the compiled neurons."""
    robot = body(joints=3)
    plan = blueprint(robot, readout="count", **LAYERS, **options)
    state = plan.new_state(0)
    record = SimpleNamespace(**{name: state[0][name] for name in state.dtype.names})
    settings = plan.parameters.view(np.recarray)[0]
    oracle = oracle_of(plan, state["weight"][0])
    fired = 0.0
    for observation in np.random.default_rng(1).normal(0.0, 2.0, (20, 4)):
        plan.network.think.py_func(record, settings, observation, True)
        if not plan.network.options.keep_state:
            oracle.rest()
        value = oracle.decide(1.5 * robot.sensitivity * observation)
        np.testing.assert_allclose(state["value"][0], value, atol=1e-9, rtol=0)
        wanted = value[1::2] - value[::2]
        np.testing.assert_allclose(state["output"][0], wanted, atol=1e-9, rtol=0)
        fired += same_spikes(plan, state[0], oracle)
    assert fired > 0


def same_spikes(plan: Blueprint, record: np.void, oracle: SpikingOracle) -> float:
    """Number of spikes in the last decision, which must be the oracle's."""
    trains = plan.network.spikes(record)
    assert len(trains) == 3 if oracle.counts else 2
    for train, expected in zip(trains, oracle.trains, strict=False):
        np.testing.assert_array_equal(train, expected)
    return sum(train.sum() for train in trains)


def test_activity_names_rates_values_and_outputs():
    plan = blueprint(body(joints=3), **LAYERS)
    controller = alive(plan)
    controller.step(np.array([2.0, -1.0, 3.0, 1.0]), 0.0)
    values = dict(zip(plan.network.unit_names, controller.activity(), strict=True))
    assert list(values) == [
        *(f"hidden_1.{j}" for j in range(9)),
        *(f"hidden_2.{j}" for j in range(7)),
        *(f"value.joint_{j}" for j in range(3)),
        *(f"output.joint_{j}" for j in range(3)),
    ]
    trains = plan.network.spikes(controller.state[0])
    for j in range(9):
        assert values[f"hidden_1.{j}"] == trains[0][:, j].mean()
    assert any(train.any() for train in trains)
    assert values["output.joint_2"] == controller.state["output"][0, 2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"time_steps": 0}, "network.time_steps: found 0, expected 1 or more"),
        ({"hidden": []}, "network.hidden: found an empty list, expected one size or more"),
        ({"hidden": [4, 0]}, "network.hidden[1]: found 0, expected 1 or more"),
        ({"membrane_time": 0.5}, "network.membrane_time: found 0.5, expected 1 or more"),
        ({"threshold": 0.0}, "network.threshold: found 0.0, expected more than network.reset"),
        ({"action": "argmax", "levels": [1.0]}, "network.levels: found [1.0], expected two"),
        ({"neuron": "hodgkin"}, "network.neuron: found 'hodgkin' (str), expected one of lif, if"),
        ({"encoding_gain": 0.0}, "network.encoding_gain"),
    ],
    ids=str,
)
def test_options_that_cannot_be_are_named(options: dict, message: str):
    with pytest.raises(SchemaError) as caught:
        blueprint(**options)
    assert message in str(caught.value)


def test_one_choice_cannot_drive_three_joints():
    with pytest.raises(SchemaError, match=r"'argmax' on a robot with 3 joints .*expected 'linear'"):
        blueprint(body(joints=3), action="argmax")
