"""What the documentation shows must work as it stands there."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from dynsyn_controller.core.learners.dynamic_synapse.presets import PRESETS
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot_file import Channel, Joint, Robot, load_robot, parse_robot

ROOT = Path(__file__).parents[2]
DOCS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def test_the_example_robot_file_gives_a_controller():
    text = (ROOT / "docs" / "robots.md").read_text()
    example = re.search(r"```yaml\n(.*?)```", text, re.DOTALL).group(1)
    assert new_controller(parse_robot(example)).weight.size > 0


@pytest.mark.parametrize("cls", [Robot, Joint, Channel])
def test_every_key_of_a_robot_file_is_documented(cls: type):
    text = (ROOT / "docs" / "robots.md").read_text()
    names = {field.name for field in dataclasses.fields(cls)} - {"document"}
    assert {name for name in names if not re.search(rf"\b{name}\b", text)} == set()


def test_the_table_of_presets_says_what_they_are():
    """Numbers of the table in docs/rule.md, row by row, against the presets."""
    text = (ROOT / "docs" / "rule.md").read_text()
    table = text[text.index("## Presets") :]
    checked = 0
    walker = load_robot(config_path("robots/walker.yaml"))
    presets = [walker.choose(preset=name).blueprint for name in PRESETS]
    values = [{**vars(made.learner.options), **vars(made.network.options)} for made in presets]
    for name, default in values[0].items():
        row = re.search(rf"^\| `{name}`[^|]*\|(.*)\|$", table, re.MULTILINE)
        if row is None or not isinstance(default, float):
            continue
        for cell, preset in zip(row.group(1).split("|"), values, strict=True):
            number = re.match(r"[*\s]*(-?[\d.]+(?:e-?\d+)?)", cell)
            if number:
                assert float(number.group(1)) == preset[name], name
                checked += 1
    assert checked >= 20


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path):
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []
