"""The swimmer in `dynsyn train` and `dynsyn eval`: first weights, other lengths, bad input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dynsyn_controller import checkpoint
from dynsyn_controller.lifetime import new_controller
from dynsyn_lab import cli
from dynsyn_sim_bridge.robots.registry import entry


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """Checkpoint of a lifetime on 5 joints that began with weights of 0.3, its own."""
    out = tmp_path_factory.mktemp("runs") / "run"
    words = ["--network.initial_magnitude", "0.3", "--network.weights", "separate"]
    words += ["--steps", "3000", "--seed", "3", "--out", str(out)]
    assert cli.main(["train", "swimmer", *words]) == 0
    return out / "lifetime_000" / "checkpoint.ckpt"


def evaluate(path: Path, tmp_path: Path, *words: str) -> dict:
    out = tmp_path / "eval.json"
    assert cli.main(["eval", str(path), "--episodes", "2", "--json", str(out), *words]) == 0
    return json.loads(out.read_text())


def test_training_starts_where_it_was_asked_to(trained) -> None:
    saved = checkpoint.load(trained)
    assert saved.robot.network["initial_magnitude"] == 0.3
    controller = saved.controller()
    assert controller.steps == 3000
    assert controller.centre.size == 30
    assert 0.2 < np.abs(controller.centre).mean() < 0.6


def test_the_node_takes_it_however_its_weights_began(tmp_path) -> None:
    swimmer, path = entry("swimmer"), tmp_path / "life.ckpt"
    robot = swimmer.robot({"initial_magnitude": 0.3})
    checkpoint.save(path, robot, new_controller(robot, seed=3))
    controller = new_controller(swimmer.robot())
    checkpoint.restore(controller, checkpoint.load(path))
    assert np.abs(controller.centre).tolist() == [0.3] * 4
    other = new_controller(swimmer.robot({"signs": "free"}))
    with pytest.raises(checkpoint.CheckpointError, match="signs: found 'constrained', expected"):
        checkpoint.restore(other, checkpoint.load(path))


def test_a_lifetime_brings_its_network_along(trained, tmp_path) -> None:
    assert evaluate(trained, tmp_path)["mean"] > 10


@pytest.mark.parametrize("joints", [3, 9])
def test_transfer_to_another_length(trained, tmp_path, joints) -> None:
    before = trained.read_bytes()
    result = evaluate(trained, tmp_path, "--robot.joints", str(joints), "--transfer")
    assert result["steps"] == 2000
    assert result["mean"] > 10
    assert trained.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "message", "code"),
    [
        (
            ("--robot.joints", "7"),
            "made for 5 joints, found a body of 7; --transfer copies its modules or leaves them",
            1,
        ),
        (
            ("--robot.joints", "21", "--transfer"),
            "joints: found 21 (int), expected a whole number",
            2,
        ),
        (
            ("--robot.joints", "1", "--transfer"),
            "joints: found 1 (int), expected a whole number",
            2,
        ),
        (("--robot", "walker", "--transfer"), "made for another robot: joints", 1),
    ],
)
def test_bodies_that_do_not_fit(trained, words, message, code, capsys) -> None:
    assert cli.main(["eval", str(trained), *words]) == code
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
