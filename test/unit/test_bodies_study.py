"""The study of bodies: its arms can be, and its tables say what has been lived."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from dynsyn_lab.baselines.registry import BASELINES
from dynsyn_lab.cli.main import build_parser
from dynsyn_lab.studies import bodies
from dynsyn_lab.studies.bodies import random_returns, run_study
from dynsyn_lab.studies.bodies_arms import ABLATIONS, ARMS, BODIES, SAME, can_live, words
from dynsyn_lab.studies.bodies_report import draw
from dynsyn_lab.studies.trial_processes import Budget, Trial
from dynsyn_lab.training.run_setup import make_config


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("body", BODIES)
def test_every_body_can_be_lived_by_every_arm_that_it_has(body: str, arm: str):
    if not can_live(body, arm):
        return
    args = build_parser().parse_args(["train", *words(body, arm)])
    assert args.robot == BODIES[body].robot
    if arm not in BASELINES:
        settings, options = args.dotted["learner"], args.dotted["network"]
        config = make_config(
            args.robot,
            learner=args.learner,
            preset=args.preset,
            settings=settings,
            network=args.network,
            options=options,
        )
        own = config.spec.robot.blueprint.sections
        for section, given in (("learner", settings), ("network", options)):
            assert all(own[section][key] == value for key, value in given.items())


def test_a_second_network_of_a_robot_is_lived_by_its_own_arms(tmp_path: Path):
    found = {
        (trial.body, trial.arm)
        for trial in bodies.trials(["walker", "walker_linear"], ARMS, [4], tmp_path)
    }
    assert {arm for body, arm in found if body == "walker"} == {*ARMS} - {"random_start"}
    assert {arm for body, arm in found if body == "walker_linear"} == {SAME, *ABLATIONS}


def test_the_figure_has_a_line_for_every_arm():
    trials = [Trial(arm, 0, "CartPole-v1") for arm in ARMS]
    curve = np.array([100.0, 200.0]), np.array([1.0, 2.0])
    figure = draw(trials, {trial.name: curve for trial in trials}, {"CartPole-v1": np.zeros(2)})
    assert len(figure.axes[0].lines) == len(ARMS) + 1  # and random efforts
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [*ARMS, "random"]


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
