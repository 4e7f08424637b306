"""The rule's settings and presets."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from dynsyn_controller.core.controller import make_rule
from dynsyn_controller.core.learners.rule import PRESETS, Rule, parameters
from dynsyn_controller.core.schema import SchemaError


def test_paper_and_authors_differ_as_published():
    """Each row: setting, the paper's text, the authors' program."""
    for name, paper, authors in (
        ("learning_rate", 1.2e-5, 1.2e-5),
        ("convergence_rate", 1e-9, 3e-9),
        ("amplitude_law", "linear", "exponential"),
        ("amplitude_initial", 0.2, 0.2),
        ("centre_range", 0.1, 0.2),
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
        assert getattr(PRESETS["paper"], name) == paper, name
        assert getattr(PRESETS["authors"], name) == authors, name
    authors = PRESETS["authors"]
    assert (authors.period_mean, authors.period_std, authors.gain_initial) == (20.0, 2.0, 0.5)
    assert (authors.oscillator_rate, authors.oscillator_bound) == (0.02, 2.0)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_holds_and_reaches_the_kernels(preset):
    rule = make_rule(preset, {})
    record = parameters(rule, 33.0)[0]
    assert record["dt"] == 33.0
    for field in dataclasses.fields(Rule):
        value = getattr(rule, field.name)
        if field.name.startswith("period_") or field.name.endswith("_time"):
            assert record[field.name] == 1000.0 * value, f"{field.name}: kernels count in ms"
        elif not isinstance(value, str):
            assert record[field.name] == value, field.name


@pytest.mark.parametrize("name", ["baseline_time", "progress_time", "normalisation_time"])
def test_running_means_take_a_control_step_or_more(name):
    parameters(make_rule("paper", {name: 0.033}), 33.0)
    with pytest.raises(SchemaError, match=f"rule.{name}: found 0.03 s, expected a control step"):
        parameters(make_rule("paper", {name: 0.03}), 33.0)


def test_choices_reach_the_kernels_as_different_numbers():
    for name, choices in (
        ("amplitude_law", ("linear", "exponential", "progress")),
        ("adaptation", ("none", "linear", "nonlinear")),
        ("oscillator_activation", ("linear", "tanh")),
        ("action_activation", ("linear", "tanh")),
    ):
        records = [parameters(make_rule("paper", {name: choice}), 33.0) for choice in choices]
        assert [int(record[name][0]) for record in records] == list(range(len(choices)))


def test_overrides_change_only_what_they_name():
    rule = make_rule("authors", {"learning_rate": 1, "repulsion": False})
    assert rule == dataclasses.replace(PRESETS["authors"], learning_rate=1.0, repulsion=False)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lerning_rate": 1.0}, "rule.lerning_rate: unknown key; did you mean 'learning_rate'?"),
        ({"xyz": 1.0}, "rule.xyz: unknown key; expected one of learning_rate,"),
        ({"learning_rate": "fast"}, "rule.learning_rate: found 'fast' (str), expected a number"),
        ({"learning_rate": -1.0}, "rule.learning_rate: found -1.0, expected 0 or more"),
        ({"learning_rate": float("nan")}, "rule.learning_rate: found nan, expected a finite"),
        ({"period_mean": 0.0}, "rule.period_mean: found 0.0, expected more than 0"),
        ({"period_minimum": float("inf")}, "rule.period_minimum: found inf, expected a finite"),
        ({"oscillator_substeps": 2.5}, "rule.oscillator_substeps: found 2.5 (float), expected a w"),
        ({"oscillator_substeps": 0}, "rule.oscillator_substeps: found 0, expected more than 0"),
        ({"repulsion": 1}, "rule.repulsion: found 1 (int), expected true or false"),
        (
            {"adaptation": "linaer"},
            "rule.adaptation: found 'linaer' (str), expected one of none, l",
        ),
        ({"amplitude_minimum": 0.3, "amplitude_maximum": 0.2}, "rule.amplitude_minimum: found 0.3"),
        ({"reward_minimum": 2.0, "reward_maximum": 1.0}, "rule.reward_minimum: found 2.0, above"),
        ({"step_exponent": 2.0}, "rule.amplitude_minimum: found 0.0, expected more than 0 with"),
        (
            {"homeostasis_exponent": 1.0, "amplitude_minimum": 0.01, "amplitude_initial": 0.0},
            "rule.amplitude_initial: found 0.0, expected more than 0 with rule.homeostasis_exp",
        ),
        ({"settling_time": -1.0}, "rule.settling_time: found -1.0, expected 0 or more"),
        ({"effort_cost": -0.1}, "rule.effort_cost: found -0.1, expected 0 or more"),
        ({"gain_initial": 200.0}, "rule.gain_initial: found 200.0, expected 0.01 to 100"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, message):
    with pytest.raises(SchemaError) as refused:
        make_rule("authors", settings)
    assert str(refused.value).startswith(message)


def test_unknown_preset_is_refused():
    with pytest.raises(SchemaError, match="preset: found 'autors', expected one of paper, authors"):
        make_rule("autors", {})


def test_settings_out_of_range_never_reach_a_kernel():
    with pytest.raises(SchemaError, match=r"rule\.oscillator_bound: found nan"):
        parameters(dataclasses.replace(PRESETS["paper"], oscillator_bound=np.nan), 33.0)
