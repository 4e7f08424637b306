"""The swimmer in `dynsyn train` and `dynsyn eval`: first weights, other lengths, bad input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.node.parameter_table import ParameterError
from dynsyn_lab.cli import main as cli
from dynsyn_lab.live.preparing import prepare
from dynsyn_lab.live.stack import Stack, describe
from dynsyn_lab.training.run_folder import RunFolder
from dynsyn_lab.training.run_setup import make_config
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
    assert controller.quantity("centre").size == 30
    assert 0.2 < np.abs(controller.quantity("centre")).mean() < 0.6


def test_the_node_takes_it_however_its_weights_began(tmp_path) -> None:
    swimmer, path = entry("swimmer"), tmp_path / "life.ckpt"
    robot = swimmer.robot().choose(options={"initial_magnitude": 0.3})
    checkpoint.save(path, robot, new_controller(robot, seed=3))
    controller = new_controller(swimmer.robot())
    checkpoint.restore(controller, checkpoint.load(path))
    assert np.abs(controller.quantity("centre")).tolist() == [0.3] * 4
    other = new_controller(swimmer.robot().choose(options={"signs": "free"}))
    with pytest.raises(checkpoint.CheckpointError, match="signs: found 'constrained', expected"):
        checkpoint.restore(other, checkpoint.load(path))


def test_a_lifetime_brings_its_network_along(trained, tmp_path) -> None:
    assert evaluate(trained, tmp_path)["mean"] > 10


@pytest.mark.parametrize("joints", [2, pytest.param(9, marks=pytest.mark.long)])
@pytest.mark.parametrize("option", ["--joints", "--robot.joints"])
def test_transfer_to_another_length(trained, tmp_path, joints, option) -> None:
    before = trained.read_bytes()
    result = evaluate(trained, tmp_path, option, str(joints), "--transfer")
    assert result["steps"] == 2000
    assert result["mean"] > 10
    assert trained.read_bytes() == before


def train_on(origin: Path, out: Path, *words: str) -> RunFolder:
    """A run whose lifetimes go on from a checkpoint."""
    assert cli.main(["train", "swimmer", "--from", str(origin), "--out", str(out), *words]) == 0
    return RunFolder(out)


def lived(run: RunFolder, index: int = 0) -> checkpoint.Checkpoint:
    return checkpoint.load(run.lifetime(index) / "checkpoint.ckpt")


def test_training_goes_on_in_another_length(trained, tmp_path) -> None:
    before = trained.read_bytes()
    words = ("--joints", "7", "--transfer", "--steps", "5500", "--learner.learning_rate", "1e-5")
    run = train_on(trained, tmp_path / "run", *words)
    assert trained.read_bytes() == before == (run.path / "origin.ckpt").read_bytes()
    saved, old = lived(run), checkpoint.load(trained)
    assert (saved.robot.modules, saved.robot.network["weights"]) == (7, "separate")
    assert saved.robot.learner["learning_rate"] == 1e-5
    assert run.config.setting("learner.learning_rate") == 1e-5
    assert saved.robot.learner["amplitude_minimum"] == old.robot.learner["amplitude_minimum"]
    controller, parent = saved.controller(), old.controller()
    assert controller.steps == 5500
    now, then = controller.quantity("centre"), parent.quantity("centre")
    for layer, model in zip(controller.layers, parent.layers, strict=True):
        # a small learning rate: still close to the module that was copied
        moved = np.abs(now[layer.slice][-2:] - then[model.slice][-2:])
        assert 0.0 < moved.max() < 0.02
    assert run.curve(0)["step"].tolist() == [4000, 5000]
    assert run.curve(0)["length"].tolist() == [1000, 1000]


def test_many_go_on_from_one_and_part(trained, tmp_path) -> None:
    words = ("--joints", "2", "--transfer", "--steps", "3300")
    alone = train_on(trained, tmp_path / "alone", *words)
    many = train_on(trained, tmp_path / "many", *words, "--lifetimes", "3")
    assert many.config.backend == "processes"
    assert lived(alone).state.tobytes() == lived(many).state.tobytes()
    weights = [lived(many, index).controller().weight for index in range(3)]
    assert len({weight.tobytes() for weight in weights}) == 3
    drawn = {int(lived(many, index).state["random_state"][0]) for index in range(3)}
    assert len(drawn) == 3


def test_a_run_that_was_killed_before_it_saved_goes_on_from_its_copy(trained, tmp_path) -> None:
    origin = tmp_path / "origin.ckpt"
    origin.write_bytes(trained.read_bytes())
    whole = train_on(origin, tmp_path / "whole", "--steps", "3200")
    config = make_config("swimmer", origin=origin)
    begun = RunFolder.create(tmp_path / "begun", config)
    origin.unlink()
    assert cli.main(["train", "--resume", str(begun.path), "--steps", "3200"]) == 0
    assert lived(begun).state.tobytes() == lived(whole).state.tobytes()
    (begun.path / "state.npz").unlink()
    (begun.path / "origin.ckpt").write_bytes(b"damaged")
    assert cli.main(["train", "--resume", str(begun.path), "--steps", "3300"]) == 1


@pytest.mark.parametrize(
    ("words", "message", "code"),
    [
        (("--joints", "7"), "made for 5 joints, found a body of 7; --transfer copies", 1),
        (("--joints", "21", "--transfer"), "joints: found 21", 2),
        (("--joints", "7", "--robot.joints", "7", "--transfer"), "--robot.joints: given twice", 2),
        (("--preset", "authors"), "--preset: not with --from", 2),
        (("--learner", "none"), "--learner: not with --from", 2),
        (("--network", "mlp"), "--network.type: not with --from", 2),
        (("--network.signs", "free"), "--network.signs: not with --from", 2),
        (("--learner.lerning_rate", "1"), "did you mean 'learning_rate'", 2),
        (("--steps", "3000"), "--steps: found 3000, but", 2),
    ],
)
def test_what_cannot_be_trained_on(trained, tmp_path, words, message, code, capsys) -> None:
    out = tmp_path / "run"
    command = ["train", "swimmer", "--from", str(trained), "--out", str(out), *words]
    assert cli.main(command) == code
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert not out.exists()


def test_a_lifetime_of_the_circuit_cannot_become_a_walker(trained, tmp_path, capsys) -> None:
    command = ["train", "walker", "--from", str(trained), "--out", str(tmp_path / "run")]
    assert cli.main(command) == 1
    assert "made for another robot: joints" in capsys.readouterr().err


@pytest.mark.parametrize("words", [(), ("--transfer",)])
def test_a_perceptron_stays_in_its_body(tmp_path, words, capsys) -> None:
    path, robot = tmp_path / "mlp.ckpt", entry("swimmer").robot().choose(network="mlp")
    checkpoint.save(path, robot, new_controller(robot))
    assert cli.main(["eval", str(path), "--joints", "7", *words]) == 1
    err = capsys.readouterr().err
    assert "made for 5 joints, found a body of 7; transfer: a network mlp cannot move" in err
    assert "--transfer" not in err


def swimmer_stack(joints: int, path: Path) -> Stack:
    return describe(robot="swimmer", joints=joints, checkpoint=str(path), transfer=True)


@pytest.fixture
def five(tmp_path) -> Path:
    """Checkpoint of a lifetime of the shipped robot file, 5 joints."""
    robot, path = entry("swimmer").robot(), tmp_path / "five.ckpt"
    checkpoint.save(path, robot, new_controller(robot, seed=3))
    return path


def test_a_stack_s_lifetime_is_moved_into_a_file_beside(five) -> None:
    stack = swimmer_stack(9, five)
    prepare(stack)
    assert stack.checkpoint == five.with_name("five-9.ckpt")
    moved, body = checkpoint.load(stack.checkpoint), entry("swimmer").robot(joints=9)
    checkpoint.restore(new_controller(body), moved)  # as the node does
    parent = checkpoint.load(five).controller()
    np.testing.assert_array_equal(moved.controller().weight, parent.weight)
    with pytest.raises(ParameterError, match=r"five-9.ckpt holds a lifetime"):
        swimmer_stack(9, five)


def test_what_a_stack_cannot_move_leaves_nothing(five, trained) -> None:
    with pytest.raises(checkpoint.CheckpointError, match="made for 5 joints, as this body has"):
        prepare(swimmer_stack(5, five))
    with pytest.raises(checkpoint.CheckpointError, match="weights: found 'separate', expected"):
        prepare(swimmer_stack(7, trained))
    folders = {five.parent, trained.parent}
    assert not [path for folder in folders for path in folder.glob("*-[57].ckpt")]


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
