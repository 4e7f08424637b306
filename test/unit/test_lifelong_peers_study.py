"""The study of peers on bodies that change: one childhood, from which every change goes on."""

from __future__ import annotations

import csv
import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.robot.config_files import shipped_checkpoint
from dynsyn_lab.cli import main as cli
from dynsyn_lab.studies import lifelong_lives
from dynsyn_lab.studies.lifelong_lives import CHANGES, UNCHANGED, Life
from dynsyn_lab.studies.lifelong_peers import go_on, grow_up, lives, steps_of
from dynsyn_lab.studies.lifelong_peers_report import COLUMNS, courses
from dynsyn_lab.training.changes import Change
from dynsyn_lab.training.run_folder import CURVE, RunFolder
from dynsyn_lab.training.run_setup import make_config

YOUNG = Life("walker", "childhood", "stream_ac", 2, 256)
TORQUE = Life("walker", "torque", "stream_ac", 2, 512, {"torque": 0.7})


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A work folder with a childhood."""
    work = tmp_path_factory.mktemp("work")
    grow_up(YOUNG, work)
    return work


def begun(grown: Path, work: Path) -> RunFolder:
    """A copy of the childhood in another work folder, as a person puts it there."""
    folder = YOUNG.folder(work)
    shutil.copytree(YOUNG.folder(grown), folder)
    return RunFolder(folder)


def test_every_change_goes_on_from_a_copy_of_the_childhood(grown: Path, tmp_path: Path) -> None:
    young = begun(grown, tmp_path)
    state = (young.path / "state.npz").read_bytes()
    assert grow_up(YOUNG, tmp_path).path == young.path
    end = go_on(TORQUE, young, tmp_path)
    assert (young.path / "state.npz").read_bytes() == state  # neither lived on nor lived anew
    saved = checkpoint.load(end)
    assert saved.state["steps"] == 768
    assert saved.robot.simulation.options == TORQUE.options
    run = RunFolder(TORQUE.folder(tmp_path))
    assert run.config.changes == (Change(256, "torque", 0.7),)
    childhood, steps, returns = courses(run)
    curve = run.curve(0)
    assert childhood == 256
    # the course that was under way is not counted
    assert (len(steps), len(returns)) == (len(curve["step"]) - 1, len(curve["step"]) - 1)
    assert steps[0] == curve["step"][1] - 256
    written = end.stat().st_mtime_ns
    assert go_on(TORQUE, young, tmp_path) == end
    assert end.stat().st_mtime_ns == written


def test_stopped_it_goes_on_as_if_it_had_not_been(grown: Path, tmp_path: Path) -> None:
    """Stopped before it had lived a step, and once more on the way."""
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    first = go_on(TORQUE, begun(grown, whole), whole)
    young = begun(grown, parts)
    go_on(dataclasses.replace(TORQUE, steps=64), young, parts)
    (TORQUE.folder(parts) / "state.npz").unlink()
    go_on(dataclasses.replace(TORQUE, steps=320), young, parts)
    second = go_on(TORQUE, young, parts)
    states = [checkpoint.load(end).state.tobytes() for end in (first, second)]
    assert states[0] == states[1]
    curves = [RunFolder(TORQUE.folder(work)).curve(0)["step"].tolist() for work in (whole, parts)]
    assert curves[0] == curves[1]


def test_another_life_in_the_folder_is_an_error(grown: Path, tmp_path: Path) -> None:
    young = begun(grown, tmp_path)
    go_on(dataclasses.replace(TORQUE, steps=64), young, tmp_path)
    with pytest.raises(ValueError, match="stream_ac-2: changes: another life; use another"):
        go_on(dataclasses.replace(TORQUE, options={"torque": 0.6}), young, tmp_path)
    with pytest.raises(ValueError, match="found 256 steps, from which torque has gone on, exp"):
        grow_up(dataclasses.replace(YOUNG, steps=320), tmp_path)
    assert steps_of(young) == 256
    assert cli.main(["train", "--resume", str(young.path), "--steps", "320"]) == 0
    with pytest.raises(ValueError, match="stream_ac-2: childhood: another life; use another"):
        go_on(TORQUE, young, tmp_path)
    shutil.copytree(young.path, young.path.with_name("stream_ac-4"))
    with pytest.raises(ValueError, match="stream_ac-4: seed: another life; use another"):
        grow_up(dataclasses.replace(YOUNG, seed=4), tmp_path)


def test_courses_of_many_bodies_are_counted_from_the_change_on(tmp_path: Path) -> None:
    origin = shipped_checkpoint("walker")
    assert origin is not None
    lived = int(checkpoint.load(origin).state["steps"][0])
    config = dataclasses.replace(
        make_config("walker", origin=origin), baseline={"type": "ppo", "n_envs": 2}
    )
    run = RunFolder.create(tmp_path / "run", config)
    assert len(courses(run)[1]) == 0  # nothing has ended yet
    # two bodies in turns: those that had begun at the change have lived 11 and 10 turns of 2 since
    ends = [(lived + 19, 12), (lived + 19, 10), (lived + 20, 11), (lived + 20, 10)]
    rows = [(step, number, float(number), length) for number, (step, length) in enumerate(ends)]
    run.append(0, "curve.csv", CURVE, rows)
    childhood, steps, returns = courses(run)
    assert childhood == lived
    assert (steps.tolist(), returns.tolist()) == ([19.0, 20.0], [1.0, 3.0])


def test_the_study_lives_evaluates_and_reports(grown: Path, tmp_path: Path, monkeypatch) -> None:
    two = {name: CHANGES["walker"][name] for name in ("torque", UNCHANGED)}
    monkeypatch.setitem(CHANGES, "walker", two)
    monkeypatch.setattr(lifelong_lives, "COURSES", 10)
    assert [life.change for life in lives("stream_ac", 2, 1)] == ["torque", UNCHANGED]
    begun(grown, tmp_path)
    out = tmp_path / "out"
    words = ["study", "lifelong_peers", "stream_ac", "--seed", "2", "--seeds", "1", "--nice", "0"]
    words += ["--childhood", "256", "--steps", "512", "--work", str(tmp_path), "--out", str(out)]
    assert cli.main(words) == 0
    written = (out / "peers.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(written.splitlines()))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["learner"], row["change"], row["seed"]) for row in rows] == [
        ("stream_ac", "torque", "2"),
        ("stream_ac", UNCHANGED, "2"),
    ]
    for name in ("frozen", "continuing", "deployed"):
        assert np.isfinite([float(row[name]) for row in rows]).all()
    assert cli.main([*words, "--report"]) == 0
    assert (out / "peers.csv").read_text(encoding="utf-8") == written


def test_a_learner_that_it_has_not_is_one_line(capsys) -> None:
    with pytest.raises(SystemExit):
        cli.main(["study", "lifelong_peers", "stream_ca"])
    assert "found 'stream_ca', expected one of ppo, sac, tqc" in capsys.readouterr().err
