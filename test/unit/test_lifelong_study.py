"""The study of bodies that change: who lives what, lived once, and what it came to."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import numpy as np
import pytest

from dynsyn_controller.lifetime import checkpoint
from dynsyn_lab.cli import main as cli
from dynsyn_lab.studies import lifelong
from dynsyn_lab.studies.defaults import LIFELONG_ROBOTS
from dynsyn_lab.studies.lifelong_lives import (
    CHANGES,
    STEPS,
    UNCHANGED,
    Life,
    courses,
    evaluate_frozen,
    frozen_file,
    live_on,
    lives,
    sequence,
)
from dynsyn_lab.studies.lifelong_report import FIGURES, summary
from dynsyn_lab.training.changes import Bodies, Change
from dynsyn_lab.training.run_folder import CURVE, RunFolder
from dynsyn_lab.training.run_setup import make_config
from dynsyn_sim_bridge.robots.spec import describe

BORN = Life("swimmer", "torque", "newborn", 3, 120, {"torque": 0.7, "course_steps": 50})


@pytest.mark.parametrize("robot", LIFELONG_ROBOTS)
def test_every_change_is_met_alone_and_in_a_row_and_then_the_first_body_again(robot: str) -> None:
    planned = lives(robot, 4, 100)
    assert (
        len({life.folder(Path()) for life in planned})
        == len(planned)
        == 2 * len(CHANGES[robot]) + 1
    )
    row = sequence(robot, 4, 100)
    assert row in planned
    assert row.steps == 100 * len(CHANGES[robot])
    changes = [Change(step, *one) for step, many in row.changes for one in many.items()]
    bodies = Bodies(describe(robot, row.options), changes)
    bodies.build_all()
    for number, options in enumerate(CHANGES[robot].values()):
        assert bodies.at(100 * number).changes == bodies.at(100 * number + 99).changes == options
    assert list(CHANGES[robot])[-1] == UNCHANGED
    assert STEPS.keys() == CHANGES.keys() == set(LIFELONG_ROBOTS)


def test_a_life_is_lived_once_and_evaluated_on_its_own_body(tmp_path: Path) -> None:
    end = live_on(BORN, tmp_path)
    saved = checkpoint.load(end)
    assert saved.state["steps"] == 120
    assert saved.robot.simulation.options == BORN.options
    steps, _ = courses(BORN, tmp_path)
    assert steps.tolist() == [50, 100]
    written = end.stat().st_mtime_ns
    assert live_on(BORN, tmp_path) == end
    assert end.stat().st_mtime_ns == written
    file = frozen_file(BORN, tmp_path, "after")
    result = evaluate_frozen(end, "", {}, 3, file)
    assert (result["episodes"], result["steps"]) == (20, 1000)
    assert evaluate_frozen(Path("gone.ckpt"), "", {}, 3, file) == result
    other = dataclasses.replace(BORN, options={**BORN.options, "torque": 0.6})
    with pytest.raises(ValueError, match="robot_options: another life; use another folder"):
        live_on(other, tmp_path)


def test_recovery_is_a_mean_of_20_courses() -> None:
    returns = np.r_[np.zeros(30), np.full(30, 100.0)]
    steps = 10.0 * np.arange(1, 61)
    found = summary(steps, returns, before=100.0)
    assert tuple(found) == FIGURES
    assert found["recovered_step"] == 480  # 18 of 20
    assert (found["first_20"], found["last_20"], found["continuing"]) == (0.0, 100.0, 50.0)
    assert summary(steps[:40], returns[:40], 100.0)["recovered_step"] == ""
    assert summary(steps[:5], returns[:5], 0.0)["recovered_step"] == ""


def test_the_report_tells_of_what_has_been_lived(tmp_path: Path, capsys) -> None:
    """A made-up walker of which each change and a part of the sequence have been lived."""
    for life in lives("walker", 0, STEPS["walker"]):
        if life.arm == "learning":
            folder = RunFolder.create(life.folder(tmp_path), make_config("walker", seed=1))
            rows = [(1000 * i, i, 250.0, 1000) for i in range(1, 401)]
            folder.append(0, "curve.csv", CURVE, rows)
    words = ("study", "lifelong", "walker", "--report", "--seeds", "1", "--nice", "0")
    out = tmp_path / "out"
    assert cli.main([*words, "--work", str(tmp_path), "--out", str(out)]) == 0
    assert "| walker | knee_speed 0.6 | 1 |" in capsys.readouterr().out
    with (out / "sequence.csv").open(newline="") as file:
        phases = list(csv.DictReader(file))
    assert [(row["change"], row["courses"]) for row in phases] == [
        ("torque", "300"),
        ("delay", "100"),
    ]
    assert {path.name for path in out.iterdir()} == {
        "lives.csv", "sequence.csv", "curves.csv", "walker.png", "walker.svg",
    }  # fmt: skip


def test_a_robot_that_it_has_not_is_one_line(capsys) -> None:
    assert lifelong.main(["wlaker"]) == 2
    assert capsys.readouterr().err == (
        "studies.lifelong: error: found 'wlaker', expected one of walker, swimmer\n"
    )
