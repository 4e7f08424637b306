"""The study of figure 11: its arms are the paper's, it goes on in rounds, and tells pairs apart."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from matplotlib import rc_context

from dynsyn_lab.cli.main import build_parser
from dynsyn_lab.errors import CommandError
from dynsyn_lab.plots import aggregates, comparison
from dynsyn_lab.plots.style import STYLE
from dynsyn_lab.studies import figure11
from dynsyn_lab.studies.defaults import FIGURE11_GROUPS
from dynsyn_lab.studies.figure11 import run_study
from dynsyn_lab.studies.figure11_arms import ARMS, GROUPS, words
from dynsyn_lab.studies.figure11_report import report
from dynsyn_lab.studies.trial_processes import Budget, Trial, known
from dynsyn_lab.training.run_folder import CURVE, RunFolder
from dynsyn_lab.training.run_setup import make_config

LENGTH = 100
"""Control steps of a made-up episode."""


def test_the_arms_are_those_of_the_paper() -> None:
    assert tuple(GROUPS) == FIGURE11_GROUPS
    found = set()
    for group, held in GROUPS.items():
        for arm in ARMS:
            trial = Trial(arm, 7, group)
            args = build_parser().parse_args(["train", *words(trial, "authors", 8)])
            assert (args.robot, args.preset, args.lifetimes, args.hold) == (
                "walker", "authors", 8, held,
            )  # fmt: skip
            found.add((args.hold, args.repulsive, args.adaptation))
    assert len(found) == 2 * 2 * 3


def test_it_goes_on_in_rounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figure11, "ARMS", ARMS[:1])
    monkeypatch.setattr(figure11, "ROUND", 200)
    work, out = tmp_path / "work", tmp_path / "out"

    def study(lifetimes: int) -> None:
        run_study(["births"], "dynsyn", lifetimes, 3, Budget(400, 0.2), work, out, False)

    study(1)
    (trial,) = known(work / "dynsyn")
    log = (work / "dynsyn" / f"{trial.name}.log").read_text()
    assert (log.count("200 steps\n"), log.count("400 steps\n")) == (1, 1)
    (row,) = rows(out / "dynsyn" / "table.csv")
    assert (row["varied"], row["steps"]) == ("births", "400")
    assert (row["birth_seed"], row["course_seed"]) == ("3", "1003")
    with pytest.raises(CommandError, match="found 1 lifetimes, expected 2; name another --work"):
        study(2)


def made_up(work: Path, trial: Trial, *returns: np.ndarray) -> Trial:
    """A run whose lifetimes earned these returns, in episodes of LENGTH."""
    config = make_config(
        "walker", lifetimes=len(returns), seed=7, robot_seed=9, held=GROUPS[trial.body]
    )
    folder = RunFolder.create(work / trial.name, config)
    for lifetime, values in enumerate(returns):
        episodes = [((i + 1) * LENGTH, i + 1, value, LENGTH) for i, value in enumerate(values)]
        folder.append(lifetime, "curve.csv", CURVE, episodes)
    folder.save_summary({"lifetimes": [{"steps": len(values) * LENGTH} for values in returns]})
    (work / f"{trial.name}.json").write_text(json.dumps(asdict(trial)))
    return trial


def test_arms_are_compared_where_all_have_been(tmp_path: Path, capsys) -> None:
    long, short = np.full(300, 10.0), np.full(200, -20.0)
    late = np.concatenate([np.full(200, -30.0), np.full(100, 310.0)])
    trials = [
        made_up(tmp_path, Trial("repulsive-none", 7, "courses"), long, late),
        made_up(tmp_path, Trial("attractive-none", 7, "courses"), short, short),
        made_up(tmp_path, Trial("attractive-none", 7, "births"), short),
    ]
    report(trials, tmp_path, tmp_path / "out")
    said = capsys.readouterr().out
    assert "| courses differ | lifetimes | mean of 100 after 20,000 steps" in said
    assert "| repulsive, none | 2 | -10 (-30 to 10) | 1 | 10 | 0 |" in said
    assert "| none | 2 | 1 | 10 (-10 to 30) |" in said
    table = rows(tmp_path / "out" / "table.csv")
    assert [row["solved_step"] for row in table] == ["", "29800", "", "", ""]
    assert [(row["birth_seed"], row["course_seed"]) for row in table[:2]] == [
        ("7", "9"),
        ("7", "10"),
    ]
    assert (tmp_path / "out" / "figure11.png").stat().st_size > 1000


def test_each_way_of_holding_seeds_has_its_panel(tmp_path: Path) -> None:
    trials = [
        made_up(tmp_path, Trial("repulsive-none", 7, group), np.arange(5.0), np.arange(6.0))
        for group in GROUPS
    ]
    arms = comparison.collect([tmp_path / trial.name for trial in trials], [])
    assert [(arm.label, arm.held, len(arm.curves)) for arm in arms] == [
        ("dynsyn", "birth", 2),
        ("dynsyn", "courses", 2),
    ]
    with rc_context(STYLE):
        figure = comparison.draw_arms(arms, "walker")
        titles = [axes.get_title("left") for axes in figure.axes]
    assert titles == ["one birth", "the same courses"]
    assert len(figure.legends[0].get_texts()) == 1  # one arm, in both
    scores = aggregates.collect_scores([tmp_path / trial.name for trial in trials], [])
    assert [arm.label for arm in scores] == ["dynsyn, one birth", "dynsyn, the same courses"]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
