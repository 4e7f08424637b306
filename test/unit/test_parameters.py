"""The controller node's parameter table."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from dynsyn_controller.node.parameter_table import ParameterError, resolve
from dynsyn_controller.node.parameters import TABLE
from dynsyn_controller.node.settings import Settings, parse_settings
from dynsyn_controller.robot.config_files import config_path

ROOT = Path(__file__).parents[2]


def test_table_and_settings_have_the_same_names_and_types():
    table = {parameter.name: type(parameter.default).__name__ for parameter in TABLE}
    assert {field.name: field.type for field in fields(Settings)} == table


def test_the_shipped_parameter_file_holds_every_parameter_at_its_default():
    text = config_path("controller.yaml").read_text(encoding="utf-8")
    given = yaml.safe_load(text)["/**"]["controller"]["ros__parameters"]
    defaults = resolve(TABLE, {})
    assert given.pop("robot_file") == "walker"
    defaults.pop("robot_file")
    assert given == defaults
    assert list(given) == list(defaults)  # the same order, to be found as quickly


def test_the_document_lists_every_parameter():
    text = (ROOT / "docs" / "node.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    for parameter in TABLE:
        (row,) = [row for row in rows if row.startswith(f"| `{parameter.name}` ")]
        default = parameter.default
        shown = str(default).lower() if isinstance(default, bool) else f"{default}"
        assert f"| {f'`{shown}`' if shown else 'empty'} |" in row
        assert ("fixed" in row) == parameter.read_only


def test_checkpoint_is_absolute_or_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values = resolve(TABLE, {})
    assert Settings(**values).checkpoint is None
    assert Settings(**values | {"checkpoint_path": "a.ckpt"}).checkpoint == tmp_path / "a.ckpt"


def test_the_guard_is_told_how_often_to_evaluate():
    values = resolve(TABLE, {})
    assert Settings(**values).guard_options.evaluate_every == 0
    assert Settings(**values | {"evaluate_every": 20}).guard_options.evaluate_every == 20


@pytest.mark.parametrize(
    ("text", "learner", "network"),
    [
        ("", {}, {}),
        ("learner.learning_rate=1e-5", {"learning_rate": 1e-5}, {}),
        (
            " learner.repulsion = No ,network.adaptation=none,",
            {"repulsion": False},
            {"adaptation": "none"},
        ),
        ("network.hidden=[8, 4], learner.period_mean=20", {"period_mean": 20}, {"hidden": [8, 4]}),
    ],
)
def test_settings_are_those_of_learner_and_network(text, learner, network):
    assert parse_settings(text) == {"learner": learner, "network": network}


@pytest.mark.parametrize(
    "text",
    ["learner.a", "=1", "learner.a=", "learner.a=1,learner.a=2", "learner.a: 1", "a=1", "rule.a=1"],
)
def test_settings_of_another_form_are_refused(text):
    with pytest.raises(ParameterError, match="settings: "):
        parse_settings(text)
