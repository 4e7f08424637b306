"""The study of bodies: its arms can be, and its tables say what has been lived."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from dynsyn_lab.cli.main import build_parser
from dynsyn_lab.studies import bodies
from dynsyn_lab.studies.bodies import random_returns, run_study
from dynsyn_lab.studies.bodies_arms import ARMS, BODIES, SAME, words
from dynsyn_lab.studies.trial_processes import Budget


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("body", BODIES)
def test_every_body_can_be_lived_by_every_arm(body: str, arm: str):
    args = build_parser().parse_args(["train", *words(body, arm)])
    assert args.robot == BODIES[body].robot


def test_a_second_network_of_a_robot_is_lived_by_one_arm(tmp_path: Path):
    found = [
        trial.name for trial in bodies.trials(["walker", "walker_linear"], ARMS, [4], tmp_path)
    ]
    assert found == [*(f"walker-{arm}-4" for arm in ARMS), "walker_linear-same-4"]


def test_tables_say_what_has_been_lived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bodies, "TESTS", 2)
    work, out = tmp_path / "work", tmp_path / "out"
    run_study(["CartPole-v1"], [SAME], [3], Budget(400, 0.2), work, out, only_report=False)
    (life,) = rows(out / "lives.csv")
    assert (life["body"], life["arm"], life["steps"]) == ("CartPole-v1", "same", "400")
    assert float(life["return, frozen"]) > 0.0
    curve = rows(out / "curves.csv")
    assert {row["body"] for row in curve} == {"CartPole-v1"}
    assert int(curve[-1]["step"]) == 400
    (chance,) = rows(out / "random.csv")
    assert float(chance["mean return"]) == pytest.approx(
        random_returns("gymnasium:CartPole-v1", 2).mean(), abs=0.05
    )
    assert (out / "bodies.png").stat().st_size > 1000


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
