"""What the documentation shows must work as it stands there."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from doc_tables import ROOT, table, tables

from dynsyn_controller.core.learners.dynamic_synapse.critic import CriticSettings
from dynsyn_controller.core.learners.dynamic_synapse.eligibility import EligibilitySettings
from dynsyn_controller.core.learners.dynamic_synapse.normalised import NormalisedSettings
from dynsyn_controller.core.learners.dynamic_synapse.presets import PRESETS
from dynsyn_controller.core.learners.dynamic_synapse.settings import (
    UNBOUNDED,
    DynamicSynapseSettings,
)
from dynsyn_controller.core.learners.registry import LEARNERS
from dynsyn_controller.core.networks.registry import NETWORKS
from dynsyn_controller.core.networks.walker_options import WalkerOptions
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.messages.registry import SENSORS
from dynsyn_controller.node import parameters as node_parameters
from dynsyn_controller.node.parameter_table import Parameter
from dynsyn_controller.robot.observation import Channel
from dynsyn_controller.robot.robot import Robot
from dynsyn_controller.robot.robot_file import parse_robot
from dynsyn_controller.robot.sections import Joint
from dynsyn_sim_bridge import parameters as bridge_parameters

DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md"), *ROOT.glob("results/**/*.md")])


def test_the_example_robot_file_gives_a_controller():
    text = (DOCS / "robots.md").read_text()
    example = re.search(r"```yaml\n(.*?)```", text, re.DOTALL).group(1)
    assert new_controller(parse_robot(example)).weight.size > 0


@pytest.mark.parametrize("cls", [Robot, Joint, Channel])
def test_every_key_of_a_robot_file_is_documented(cls: type):
    text = (DOCS / "robots.md").read_text()
    names = {field.name for field in dataclasses.fields(cls)} - {"source", "document"}
    assert {name for name in names if not re.search(rf"\b{name}\b", text)} == set()


def test_every_network_learner_and_sensor_has_its_row():
    page = DOCS / "robots.md"
    assert sorted(table(page, "type", "message")) == sorted(SENSORS.names)
    assert sorted(table(page, "type", "what", "options")) == sorted(NETWORKS.names)
    assert sorted(table(page, "type", "what", "settings")) == sorted(LEARNERS.names)


def names(cls: type) -> list[str]:
    """Names of a dataclass's fields, in alphabetical order."""
    return sorted(field.name for field in dataclasses.fields(cls))


def test_every_setting_of_the_rule_and_every_option_of_the_walker_has_one_row():
    page = DOCS / "rule.md"
    assert sorted(table(page, "setting", "unit, range")) == names(DynamicSynapseSettings)
    assert sorted(table(page, "option")) == names(WalkerOptions)


@pytest.mark.parametrize("preset", PRESETS)
def test_the_tables_of_settings_say_what_a_preset_is(preset: str):
    page = DOCS / "rule.md"
    settings = DynamicSynapseSettings(**PRESETS[preset].settings)
    options = WalkerOptions(**PRESETS[preset].networks.get("walker", {}))
    found = {**dataclasses.asdict(settings), **dataclasses.asdict(options)}
    for name, row in (table(page, "setting") | table(page, "option", "unit, range")).items():
        cell, value = row[f"`{preset}`"].strip("*").split(" (")[0], found[name]
        if cell == "-":
            assert value in (UNBOUNDED, -UNBOUNDED) or _has_no_effect(name, settings), name
        elif isinstance(value, bool | str):
            assert cell == str(value).lower(), name
        else:
            assert float(cell) == value, name


def test_the_options_that_no_preset_sets_have_their_defaults_in_the_table():
    defaults = WalkerOptions()
    for name, row in table(DOCS / "rule.md", "option", "range", "default").items():
        assert row["default"] == ("none" if name == "drives" else f"{getattr(defaults, name):g}")


def test_the_settings_of_the_normalised_rule_have_their_defaults_in_the_table():
    found = table(DOCS / "rule.md", "setting of the normalised rule")
    defaults = dataclasses.asdict(NormalisedSettings())
    assert list(found) == list(defaults)
    for name, row in found.items():
        cell, value = row["default"], defaults[name]
        assert cell == str(value).lower() if isinstance(value, bool) else float(cell) == value


@pytest.mark.parametrize(
    ("head", "settings", "base"),
    [
        ("setting of the critic", CriticSettings, DynamicSynapseSettings),
        ("setting of the traces", EligibilitySettings, CriticSettings),
    ],
)
def test_the_settings_that_a_learner_adds_have_their_defaults_in_its_table(head, settings, base):
    found = table(DOCS / "rule.md", head)
    own = {field.name for field in dataclasses.fields(settings)}
    own -= {field.name for field in dataclasses.fields(base)}
    assert found.keys() == own
    for name, row in found.items():
        value = getattr(settings(), name)
        assert row["default"] == value if isinstance(value, str) else float(row["default"]) == value


def _has_no_effect(name: str, settings: DynamicSynapseSettings) -> bool:
    """Whether a setting is not used under the preset's other settings."""
    if name == "convergence_rate":
        return settings.amplitude_law == "progress"
    grows = settings.reward_minimum_late or settings.effort_cost or settings.settling_time
    return name in ("progress_goal", "progress_time") and not (
        settings.amplitude_law == "progress" or grows
    )


@pytest.mark.parametrize(
    ("page", "parameters"),
    [("node.md", node_parameters.TABLE), ("bridge.md", bridge_parameters.TABLE)],
    ids=["node", "bridge"],
)
def test_the_table_of_a_nodes_parameters_says_what_they_are(
    page: str, parameters: tuple[Parameter, ...]
):
    text = (DOCS / page).read_text()
    rows = table(DOCS / page, "name", "default", "unit, range")
    assert list(rows)[: len(parameters)] == [parameter.name for parameter in parameters]
    for parameter in parameters:
        row, name = rows[parameter.name], parameter.name
        kind = type(parameter.default)
        default = str(parameter.default).lower() if kind is bool else str(parameter.default)
        assert row["default"].strip("`") == (default or "empty"), name
        bounds = [b for b in (parameter.minimum, parameter.maximum) if abs(b) < 2**62]
        numbers = [float(n) for n in re.findall(r"(?<!\w)\d[\d.e]*\b", row["unit, range"])]
        assert numbers == bounds, name
        for choice in filter(None, parameter.choices):
            assert re.search(rf"\b{choice}\b", text), f"{name}: {choice}"
        assert ("fixed" in row.values()) == parameter.read_only, name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path):
    for target, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", page.read_text()):
        path = page.parent / target if target else page
        assert path.exists(), target
        assert not anchor or anchor in _anchors(path), f"{target}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_row_of_a_table_has_all_columns(page: Path):
    assert all(rows for rows in tables(page))


def _anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_the_glossary_has_each_word_once_and_in_order():
    words = list(table(DOCS / "glossary.md", "word", "meaning"))
    assert words == sorted(words)


def test_every_fault_has_a_test_that_make_faults_runs():
    folders = [ROOT / "test", *ROOT.glob("dynsyn_*/test")]
    files = [path for folder in folders for path in folder.rglob("test_*.py")]
    sources = [path.read_text(encoding="utf-8") for path in files]
    marked = "\n".join(source for source in sources if "pytest.mark.faults" in source)
    there = set(re.findall(r"^def (test_\w+)", marked, re.MULTILINE))
    faults = table(DOCS / "faults.md", "injected", "what the node does")
    assert len(faults) >= 35
    for fault, row in faults.items():
        names = set(re.findall(r"test_\w+", row["tests"]))
        assert names, fault
        assert names <= there, fault
