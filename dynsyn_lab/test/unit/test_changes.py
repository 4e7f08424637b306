"""A body that changes in the middle of a life: `dynsyn train --change`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dynsyn_controller.lifetime import checkpoint
from dynsyn_lab.cli import main as cli
from dynsyn_lab.errors import UsageError
from dynsyn_lab.plots.learning import draw_returns
from dynsyn_lab.plots.source import open_source
from dynsyn_lab.rollouts.stage import Stage
from dynsyn_lab.training.changes import Bodies, Change, parse
from dynsyn_lab.training.run_folder import RunFolder
from dynsyn_lab.training.run_setup import make_config
from dynsyn_sim_bridge.robots.spec import describe

COURSE = 50
"""Control steps; the change at 120 therefore comes at 150, the one at 300 at 300."""
CHANGES = ("--change", "torque=0.5@120", "--change", "delay=3@120", "--change", "torque=1@300")


def train(out: Path, *words: object) -> RunFolder:
    assert cli.main(["train", *map(str, words)]) == 0
    return RunFolder(out)


def begin(out: Path, steps: int, *words: object) -> RunFolder:
    body = ("swimmer", "--robot.course_steps", COURSE, "--seed", 3)
    return train(out, *body, "--steps", steps, "--out", out, *words)


@pytest.fixture(scope="module")
def changed(tmp_path_factory) -> RunFolder:
    return begin(tmp_path_factory.mktemp("runs") / "changed", 410, *CHANGES)


def test_the_next_course_is_on_the_changed_body(changed: RunFolder, tmp_path: Path) -> None:
    usual = begin(tmp_path / "usual", 410)
    curves = [run.curve(0) for run in (usual, changed)]
    for curve in curves:
        assert curve["step"].tolist() == list(range(COURSE, 401, COURSE))
    differs = curves[0]["return"] != curves[1]["return"]
    assert differs.tolist() == [False] * 3 + [True] * 5
    records = [
        checkpoint.load(run.lifetime(0) / "checkpoint.ckpt").state for run in (usual, changed)
    ]
    assert records[0]["steps"] == records[1]["steps"] == 410


def test_courses_go_on(changed: RunFolder, tmp_path: Path) -> None:
    """A change to what was there anyway is none: the generator of courses is handed over."""
    same = begin(tmp_path / "same", 410, "--change", "torque=1@120", "--change", "density=3000@180")
    usual = begin(tmp_path / "usual", 410)
    for name in ("curve.csv", "checkpoint.ckpt"):
        found, expected = (run.lifetime(0) / name for run in (same, usual))
        assert found.read_bytes() == expected.read_bytes()


@pytest.mark.parametrize("steps", [(110, 130), (160, 330)])
def test_resuming_before_in_and_after_a_changed_course_is_exact(changed, steps, tmp_path) -> None:
    run = begin(tmp_path / "run", steps[0], *CHANGES)
    for more in (steps[1], 410):
        train(run.path, "--resume", run.path, "--steps", more)
    for name in ("curve.csv", "checkpoint.ckpt"):
        found, expected = (folder.lifetime(0) / name for folder in (run, changed))
        assert found.read_bytes() == expected.read_bytes()


def test_run_and_checkpoint_say_what_the_body_became(changed: RunFolder, tmp_path: Path) -> None:
    data = json.loads((changed.path / "run.json").read_text())
    assert data["changes"][0] == {"step": 120, "option": "torque", "value": 0.5}
    assert changed.config.changes[2] == Change(300, "torque", 1.0)
    saved = checkpoint.load(changed.lifetime(0) / "checkpoint.ckpt")
    assert saved.robot.simulation.options == {"course_steps": COURSE, "delay": 3}


def test_a_figure_of_returns_shows_what_changed_and_when(changed: RunFolder) -> None:
    source = open_source(changed.path)
    axes = draw_returns(source).axes[0]
    found = [(text.get_text(), float(text.xy[0])) for text in axes.texts]
    assert found == [("torque 0.5", 3.0), ("delay 3", 3.0), ("torque 1", 6.0)]
    with Stage(source.checkpoint, source.robot, source.options) as stage:
        assert stage.spec.changes == {"course_steps": COURSE, "delay": 3}


def test_options_hold_until_they_change_again() -> None:
    spec = describe("walker", {"legs": 0.9})
    bodies = Bodies(spec, map(parse, ("torque=1@200", "torque=0.7@100", "delay=2@1e2")))
    assert bodies.at(0) is bodies.at(99) is spec
    assert bodies.at(100).changes == {"legs": 0.9, "torque": 0.7, "delay": 2}
    assert bodies.at(10**9).changes == {"legs": 0.9, "delay": 2}
    assert bodies.at(100).robot.blueprint.dtype == spec.robot.blueprint.dtype
    bodies.build_all()


@pytest.mark.parametrize(
    ("robot", "texts", "message"),
    [
        ("walker", ["torque=0.7"], "found 'torque=0.7', expected OPTION=VALUE@STEP"),
        ("walker", ["torque@5"], "expected OPTION=VALUE@STEP"),
        ("walker", ["torque=0.7@0"], "expected OPTION=VALUE@STEP"),
        ("walker", ["torque=0.7@1.5"], "expected OPTION=VALUE@STEP"),
        ("walker", ["torqe=0.7@5"], "torqe=0.7@5: torqe: unknown parameter; did you mean 'torque'"),
        ("walker", ["torque=7@5"], "torque: found 7.0 (float), expected a number from 0 to 1"),
        ("walker", ["torque=0.7@5", "torque=0.8@5"], "torque is changed twice then"),
        ("swimmer", ["joints=7@5"], "joints: the robot file depends on it"),
        ("swimmer", ["course_steps=0@5"], "course_steps: found 0, but courses must end here"),
        ("swimmer", ["dead_joint=9@5"], "dead_joint: found 9, expected the number of a joint"),
    ],
)
def test_a_change_that_cannot_be_is_refused_at_the_start(robot, texts, message) -> None:
    with pytest.raises(UsageError) as error:
        make_config(robot, changes=texts)
    assert message in str(error.value)
    assert str(error.value).startswith("--change")


def test_envpool_has_no_bodies_that_change() -> None:
    with pytest.raises(UsageError, match=r"envpool has no walker with torque 0\.7, exp"):
        make_config("walker", changes=["torque=0.7@5"], backend="envpool")
    assert make_config("walker", changes=["torque=0.7@5"], lifetimes=2).backend == "processes"


def test_nothing_changes_in_the_past(changed: RunFolder, tmp_path: Path, capsys) -> None:
    origin = changed.lifetime(0) / "checkpoint.ckpt"
    words = ("train", "swimmer", "--from", str(origin), "--out", str(tmp_path / "run"))
    assert cli.main([*words, "--change", "torque=0.5@410"]) == 2
    assert "has lived 410 steps already; what it is to begin with is --robot.torque" in (
        capsys.readouterr().err
    )
    assert cli.main(["train", "--resume", str(changed.path), "--change", "torque=0.5@500"]) == 2
    assert "--change: cannot be changed with --resume" in capsys.readouterr().err
