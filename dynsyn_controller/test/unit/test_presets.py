"""Presets and settings of dynamic synapses and of the walker's network, and their checks."""

from __future__ import annotations

import math
from typing import Any

import pytest
from records import split

from dynsyn_controller.core.blueprint import Blueprint
from dynsyn_controller.core.learners.dynamic_synapse.presets import PRESETS
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot import RobotFileError
from dynsyn_controller.robot.robot_file import load_robot

WALKER = load_robot(config_path("robots/walker.yaml"))


def blueprint(preset: str, settings: dict[str, Any] | None = None) -> Blueprint:
    """The walker's network and dynamic synapses under a preset, with some settings changed."""
    return WALKER.choose(preset=preset, **split(settings or {})).blueprint


def values(made: Blueprint) -> dict[str, Any]:
    """Every setting of the learner and option of the network."""
    return {**vars(made.learner.options), **vars(made.network.options)}


def test_paper_and_authors_differ_as_published():
    """Each row: setting, the paper's text, the authors' program."""
    for name, paper, authors in (
        ("learning_rate", 1.2e-5, 1.2e-5),
        ("convergence_rate", 1e-9, 3e-9),
        ("amplitude_law", "linear", "exponential"),
        ("amplitude_initial", 0.2, 0.2),
        ("initial_range", 0.1, 0.2),
        ("adaptation", "linear", "nonlinear"),
        ("adaptation_rate", 1e-6, 1e-6),
        ("adaptation_target", 0.3, 0.3),
        ("oscillator_a", 0.08, 0.08),
        ("oscillator_b", 0.2, 2.0),
        ("oscillator_c", 0.8, 0.8),
        ("oscillator_activation", "linear", "tanh"),
        ("oscillator_bias", False, True),
        ("action_activation", "linear", "tanh"),
        ("action_bias", False, True),
        ("negative_inputs", True, False),
        ("repulsion", True, True),
    ):
        assert values(blueprint("paper"))[name] == paper, name
        assert values(blueprint("authors"))[name] == authors, name
    authors = values(blueprint("authors"))
    for name, value in (("period_mean", 20.0), ("period_std", 2.0), ("gain_initial", 0.5)):
        assert authors[name] == value
    assert (authors["oscillator_rate"], authors["oscillator_bound"]) == (0.02, 2.0)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_holds_and_reaches_the_kernels(preset):
    made = blueprint(preset)
    record = made.parameters[0]
    assert record["dt"] == 33.0
    for name, value in values(made).items():
        if name.startswith("period_") or name.endswith("_time"):
            assert record[name] == 1000.0 * value, f"{name}: kernels count in ms"
        elif not isinstance(value, (str, tuple)):
            assert record[name] == value, name


@pytest.mark.parametrize("name", ["baseline_time", "progress_time", "normalisation_time"])
def test_running_means_take_a_control_step_or_more(name):
    blueprint("paper", {name: 0.033})
    with pytest.raises(RobotFileError, match=f"{name}: found 0.03 s, expected a control step"):
        blueprint("paper", {name: 0.03})


def test_choices_reach_the_kernels_as_different_numbers():
    for name, choices in (
        ("amplitude_law", ("linear", "exponential", "progress")),
        ("adaptation", ("none", "linear", "nonlinear")),
        ("oscillator_activation", ("linear", "tanh")),
        ("action_activation", ("linear", "tanh")),
    ):
        records = [blueprint("paper", {name: choice}).parameters for choice in choices]
        assert [int(record[name][0]) for record in records] == list(range(len(choices)))


def test_overrides_change_only_what_they_name():
    changed = {"learning_rate": 1.0, "repulsion": False, "state_scale": 2.0}
    made = blueprint("authors", {**changed, "learning_rate": 1})
    assert values(made) == {**values(blueprint("authors")), **changed}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lerning_rate": 1.0}, "learner.lerning_rate: unknown key; did you mean 'learning_rate'?"),
        ({"xyz": 1.0}, "learner.xyz: unknown key; expected one of learning_rate,"),
        ({"learning_rate": "fast"}, "learner.learning_rate: found 'fast' (str), expected a number"),
        ({"learning_rate": -1.0}, "learner.learning_rate: found -1.0, expected 0 or more"),
        ({"learning_rate": float("nan")}, "learner.learning_rate: found nan, expected a finite"),
        ({"period_mean": 0.0}, "learner.period_mean: found 0.0, expected more than 0"),
        ({"period_minimum": float("inf")}, "learner.period_minimum: found inf, expected a finite"),
        (
            {"oscillator_substeps": 2.5},
            "network.oscillator_substeps: found 2.5 (float), expected a w",
        ),
        ({"oscillator_substeps": 0}, "network.oscillator_substeps: found 0, expected more than 0"),
        ({"repulsion": 1}, "learner.repulsion: found 1 (int), expected true or false"),
        (
            {"adaptation": "linaer"},
            "network.adaptation: found 'linaer' (str), expected one of none, l",
        ),
        (
            {"amplitude_minimum": 0.3, "amplitude_maximum": 0.2},
            "learner.amplitude_minimum: found 0.3",
        ),
        (
            {"reward_minimum": 2.0, "reward_maximum": 1.0},
            "learner.reward_minimum: found 2.0, above",
        ),
        ({"step_exponent": 2.0}, "learner.amplitude_minimum: found 0.0, expected more than 0 with"),
        (
            {"homeostasis_exponent": 1.0, "amplitude_minimum": 0.01, "amplitude_initial": 0.0},
            "network.homeostasis_exponent: found 1.0, but the learner's exploration may come to 0",
        ),
        ({"settling_time": -1.0}, "learner.settling_time: found -1.0, expected 0 or more"),
        ({"effort_cost": -0.1}, "learner.effort_cost: found -0.1, expected 0 or more"),
        ({"gain_initial": 200.0}, "network.gain_initial: found 200.0, expected 0.01 to 100"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, message):
    with pytest.raises(RobotFileError) as refused:
        blueprint("authors", settings)
    assert str(refused.value).startswith(f"robot walker: {message}")


def test_unknown_preset_is_refused():
    with pytest.raises(
        RobotFileError, match=r"learner\.preset: found 'autors', expected one of paper, authors"
    ):
        blueprint("autors")


def test_settings_out_of_range_never_reach_a_kernel():
    for name in ("oscillator_bound", "learning_rate"):
        with pytest.raises(RobotFileError, match=rf"{name}: found nan"):
            blueprint("paper", {name: math.nan})
