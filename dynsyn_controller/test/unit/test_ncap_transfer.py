"""Lifetimes of the swimming circuit carried over to bodies of other lengths."""

from __future__ import annotations

import numpy as np
import pytest

from dynsyn_controller.core.blueprint import Blueprint
from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.networks.base import TransferError
from dynsyn_controller.core.transfer import transfer
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot_file import load_robot

RULE = {"learning_rate": 1e-3, "period_mean": 3.0, "period_std": 1.0, "period_minimum": 1.0}


def newborn(joints, weights="separate", seed=0, rule=RULE, **network) -> Controller:
    robot = load_robot(config_path("robots/swimmer.yaml"), modules=joints)
    learner = {"type": "dynamic_synapse", "preset": "dynsyn", **rule}
    blueprint = Blueprint(robot.body, {**robot.network, "weights": weights, **network}, learner)
    return Controller(blueprint, blueprint.new_state(seed))


def live(controller: Controller, steps: int, seed: int = 0) -> None:
    generator = np.random.default_rng(seed)
    joints = len(controller.body.joints)
    for _ in range(steps):
        bends = generator.uniform(-0.3, 0.3, joints)
        controller.step(np.r_[bends, 1.0, 0.0], generator.uniform())


def by_name(controller: Controller, what: np.ndarray) -> dict:
    return {
        (layer.name, output): value
        for layer in controller.layers
        for output, value in zip(layer.output_names, what[layer.slice], strict=True)
    }


def moved(name: tuple[str, str], last: int) -> tuple[str, str]:
    """The synapse of the shorter body that this one comes from."""
    kind, (unit, module, side) = name[0], name[1].split(".")
    return kind, f"{unit}.{min(int(module), last)}.{side}"


@pytest.mark.parametrize(("old", "new"), [(5, 7), (5, 3)])
def test_modules_are_copied_or_left_out_by_name(old, new):
    source, target = newborn(old), newborn(new, seed=9)
    live(source, 400)
    before = source.state.tobytes()
    transfer(source, target)
    assert source.state.tobytes() == before
    for quantity in ("centre", "amplitude"):
        there = by_name(source, source.quantity(quantity))
        for name, value in by_name(target, target.quantity(quantity)).items():
            assert value == there[moved(name, old)]
    there = by_name(source, source.weight)
    for name, value in by_name(target, target.weight).items():
        if int(name[1].split(".")[1]) <= old:
            assert value == there[name]


@pytest.mark.parametrize("learner", ["none", "synaptic"])
def test_so_are_those_of_learners_that_keep_all_in_the_weights(learner):
    source, target = (
        new_controller(
            load_robot(config_path("robots/swimmer.yaml"), modules=joints).choose(
                learner, options={"weights": "separate"}
            )
        )
        for joints in (5, 7)
    )
    source.state["weight"] = np.random.default_rng(2).uniform(size=source.weight.size)
    transfer(source, target)
    there = by_name(source, source.weight)
    for name, value in by_name(target, target.weight).items():
        assert value == there[moved(name, 5)]


def test_copies_do_not_swing_in_step_with_their_model():
    source, target = newborn(5), newborn(7, seed=9)
    live(source, 50)
    transfer(source, target)
    swings = by_name(target, target.weight - target.quantity("centre"))
    for side in ("dorsal", "ventral"):
        assert swings["ipsi", f"muscle.5.{side}"] != swings["ipsi", f"muscle.6.{side}"]


def test_a_shared_lifetime_lives_on_bit_for_bit():
    """Its weights, fluctuations and beat know nothing of the body's length, unless effort costs."""
    rule = {**RULE, "effort_cost": 0.0}
    source, target = newborn(5, "shared", rule=rule), newborn(7, "shared", seed=9, rule=rule)
    live(source, 1234)
    transfer(source, target)
    assert target.steps == 1234
    for controller in (source, target):
        generator = np.random.default_rng(1)
        joints = len(controller.body.joints)
        for _ in range(500):
            controller.step(np.r_[np.zeros(joints), 1.0, 0.0], generator.uniform())
    assert source.weight.tobytes() == target.weight.tobytes()
    assert source.state["beat"] == target.state["beat"]
    assert str(source.statistics) == str(target.statistics)  # NaN is not equal to itself


def test_shared_weights_become_separate_ones():
    source, target = newborn(5, "shared"), newborn(5, "separate", seed=9)
    live(source, 300)
    transfer(source, target)
    for layer, model in zip(target.layers, source.layers, strict=True):
        assert set(target.quantity("centre")[layer.slice]) == {
            source.quantity("centre")[model.start]
        }
    assert len(set(target.weight)) == target.weight.size


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ({"weights": "separate"}, {"weights": "shared"}, "separate weights cannot become shared"),
        (
            {"rule": {**RULE, "learning_rate": 2e-3}},
            {"rule": RULE},
            "learner.learning_rate: found 0.002, expected 0.001",
        ),
        ({"period_steps": 50}, {}, "period_steps: found 50, expected 60"),
    ],
)
def test_what_cannot_be_carried_over_is_refused(source, target, message):
    old, new = newborn(5, **source), newborn(5, **target)
    before = new.state.tobytes()
    with pytest.raises(TransferError, match=message):
        transfer(old, new)
    assert new.state.tobytes() == before


def test_another_network_is_refused():
    walker = new_controller(load_robot(config_path("robots/walker.yaml")))
    with pytest.raises(TransferError, match="network: found walker, expected ncap"):
        transfer(walker, newborn(5))
    with pytest.raises(TransferError, match="a network walker cannot move"):
        transfer(walker, walker)
