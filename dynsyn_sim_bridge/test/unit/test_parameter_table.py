"""Parameters as a table: what is refused, and in which words."""

from __future__ import annotations

import math

import pytest

from dynsyn_controller.node.parameter_table import Parameter, ParameterError, resolve
from dynsyn_sim_bridge.parameters import settings

TABLE = (
    Parameter("rate", 50.0, "Hz", 1.0, 500.0),
    Parameter("steps", 0, "number", minimum=0),
    Parameter("robot", "walker", "which", choices=("walker", "swimmer")),
    Parameter("learning", True, "learn"),
)


def test_defaults_and_overrides():
    assert resolve(TABLE, {"steps": 3}) == {
        "rate": 50.0,
        "steps": 3,
        "robot": "walker",
        "learning": True,
    }


def test_a_whole_number_will_do_where_a_number_is_expected():
    rate = resolve(TABLE, {"rate": 2})["rate"]
    assert (rate, type(rate)) == (2.0, float)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("rate", "fast", "expected a number from 1 to 500"),
        ("rate", True, "expected a number"),
        ("rate", 501.0, "expected a number from 1 to 500"),
        ("rate", math.nan, "expected a number"),
        ("rate", math.inf, "expected a number"),
        ("steps", 1.0, "expected a whole number, at least 0"),
        ("steps", -1, "expected a whole number, at least 0"),
        ("robot", "dog", "expected one of walker, swimmer"),
        ("learning", 1, "expected true or false"),
        ("learning", None, "expected true or false"),
    ],
)
def test_what_does_not_fit_is_refused(name, value, expected):
    with pytest.raises(ParameterError, match=f"{name}: found .*{expected}"):
        resolve(TABLE, {name: value})


def test_unknown_parameter_is_named_with_the_nearest_one():
    with pytest.raises(ParameterError, match="stepps: unknown parameter; did you mean 'steps'"):
        resolve(TABLE, {"stepps": 1})


def test_bridge_takes_the_options_of_its_robot_only():
    assert settings({"robot": "swimmer", "joints": 7}).robot.options["joints"] == 7
    with pytest.raises(ParameterError, match="joints: unknown parameter"):
        settings({"robot": "walker", "joints": 7})
    with pytest.raises(ParameterError, match=r"joints: found 1 .*from 2 to 20"):
        settings({"robot": "swimmer", "joints": 1})


def test_bridge_wants_stamps_in_lockstep():
    with pytest.raises(ParameterError, match="effort_topic: found 'efforts' in lockstep"):
        settings({"lockstep": True, "effort_topic": "efforts"})
