"""What `dynsyn train` and `dynsyn eval` understand, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.robot_file import parse_robot
from dynsyn_lab.cli import main as cli
from dynsyn_lab.errors import UsageError
from dynsyn_lab.training.run_folder import RunFolder
from dynsyn_lab.training.run_setup import make_config


def arguments(*words: str):
    return cli.build_parser().parse_args(["train", *words])


def test_settings_of_learner_and_body() -> None:
    args = arguments(
        "swimmer", "--learner.learning_rate", "5e-5", "--robot.joints=7", "--steps", "2e6"
    )
    assert args.dotted == {
        "learner": {"learning_rate": 5e-5},
        "network": {},
        "robot": {"joints": 7},
    }
    assert args.robot == "swimmer"
    assert args.steps == 2_000_000


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["--repulsive"], True),
        (["--repulsive", "True"], True),  # as the published re-implementation has it
        (["--repulsive", "no"], False),
        (["--attractive-only"], False),
        (["--learner.repulsion", "True"], True),
        (["--learner.repulsion=no"], False),
    ],
    ids=str,
)
def test_spellings_of_repulsion(words, value, tmp_path) -> None:
    out = tmp_path / "run"
    assert cli.main(["train", "walker", *words, "--steps", "2", "--out", str(out)]) == 0
    config = RunFolder(out).config
    assert config.setting("learner.repulsion") is value
    assert config.overrides == {"learner.repulsion": value}


def test_seeds_of_course_and_controller_are_apart(tmp_path) -> None:
    def live(name: str, *seeds: str):
        """Weights and observation of a lifetime's first step."""
        out = tmp_path / name
        assert cli.main(["train", "walker", *seeds, "--steps", "1", "--out", str(out)]) == 0
        state = checkpoint.load(out / "lifetime_000" / "checkpoint.ckpt").state[0]
        return state["weight"].tobytes(), state["input"][:24].tobytes()

    weights, course = live("both", "--seed", "3", "--robot-seed", "8")
    other_weights, same_course = live("controller", "--seed", "4", "--robot-seed", "8")
    same_weights, other_course = live("course", "--seed", "3", "--robot-seed", "9")
    assert same_course == course != other_course
    assert same_weights == weights != other_weights
    assert live("one", "--seed", "3") == live("two", "--seed", "3", "--robot-seed", "3")


@pytest.mark.parametrize(("held", "alike"), [("birth", [True, False]), ("courses", [False, True])])
def test_lifetimes_can_share_one_seed(held: str, alike: list[bool], tmp_path) -> None:
    words = ["--lifetimes", "2", "--hold", held, "--backend", "in_process", "--steps", "1"]
    assert cli.main(["train", "walker", *words, "--out", str(tmp_path / "run")]) == 0
    first, second = (
        checkpoint.load(folder / "checkpoint.ckpt").state[0]
        for folder in RunFolder(tmp_path / "run").lifetimes
    )
    found = [
        np.array_equal(first["weight"], second["weight"]),
        np.array_equal(first["input"][:24], second["input"][:24]),
    ]
    assert found == alike


def test_a_seed_that_cannot_be_shared() -> None:
    with pytest.raises(UsageError, match="held: found 'births', expected birth, courses or noth"):
        make_config("walker", held="births")
    with pytest.raises(UsageError, match="--hold birth: not with --from"):
        make_config("walker", held="birth", origin=Path("any.ckpt"))


@pytest.mark.parametrize(
    "words",
    [
        ("walker", "--steps", "0"),
        ("walker", "--lifetimes", "1.5"),
        ("walker", "--hours", "nan"),
        ("walker", "--seed", "-1"),
        ("walker", "--learner.learning_rate"),
        ("walker", "--learner.learning_rate", "1", "--learner.learning_rate", "2"),
        ("walker", "--repulsive", "--attractive-only"),
        ("walker", "--repulsive", "maybe"),
        ("walker", "--backend", "cloud"),
        ("walker", "--nonsense"),
    ],
)
def test_wrong_usage(words, capsys) -> None:
    with pytest.raises(SystemExit) as stop:
        arguments(*words)
    assert stop.value.code == 2
    assert "error:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "robot: missing"),
        (("walkr",), "did you mean 'walker'"),
        (("walker", "--preset", "author"), "preset: found 'author', expected one of"),
        (("walker", "--learner.lerning_rate", "1"), "did you mean 'learning_rate'"),
        (("walker", "--learner.learning_rate", "fast"), "learner.learning_rate: found 'fast'"),
        (("walker", "--learner.period_mean", "-1"), "learner.period_mean: found -1"),
        (("walker", "--robot.joints", "3"), "joints"),
        (("swimmer", "--robot.joints", "99"), "joints: found 99"),
        (("swimmer", "--robot.course_steps", "0"), "courses must end"),
        (("walker", "--learner.repulsion", "true", "--repulsive"), "given twice"),
        (("swimmer", "--transfer"), "--transfer: needs --from FILE"),
        (("--resume", "nowhere", "--from", "x.ckpt"), "--from: cannot be changed with --resume"),
        (("--resume", "nowhere", "--seed", "3"), "--seed: cannot be changed with --resume"),
        (("--resume", "nowhere", "--learner.repulsion", "true"), "cannot be changed with --resume"),
        (("--resume", "nowhere", "--network.signs", "free"), "cannot be changed with --resume"),
        (
            ("swimmer", "--network.sings", "free"),
            "network.sings: unknown key; did you mean 'signs'",
        ),
        (("swimmer", "--network.oscillator", "saw"), "network.oscillator: found 'saw' (str), exp"),
        (("swimmer", "--network.initial_magnitude", "0"), "network.initial_magnitude: found 0"),
        (("walker", "--network.signs", "free"), "network.signs: unknown key"),
        (("walker", "--learner", "nothing"), "learner.type: found 'nothing', expected one of dyn"),
        (("walker", "--learner", "none", "--learner.learning_rate", "1"), "unknown key"),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_2(words, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["train", *words]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.startswith("dynsyn: error: ")
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_run_that_is_not_there(capsys) -> None:
    assert cli.main(["train", "--resume", "nowhere"]) == 1
    assert "run nowhere: run.json: No such file" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made(capsys, tmp_path) -> None:
    (tmp_path / "file").touch()
    out = str(tmp_path / "file" / "run")
    assert cli.main(["train", "walker", "--out", out]) == 1
    assert f"run {out}: cannot be made: Not a directory" in capsys.readouterr().err


def test_backend_of_another_robot_leaves_no_folder(tmp_path) -> None:
    with pytest.raises(UsageError, match="envpool"):
        make_config("swimmer", backend="envpool")


def test_short_forms_become_settings() -> None:
    config = make_config("walker", settings={"repulsion": False, "learning_rate": 1})
    assert config.overrides == {"learner.repulsion": False, "learner.learning_rate": 1.0}
    assert config.setting("learner.repulsion") is False
    assert config.backend == "in_process"
    assert config.preset == "dynsyn"
    json.dumps(config.sections, allow_nan=False)


def test_courses_of_a_swimmer_end() -> None:
    assert make_config("swimmer").robot_options["course_steps"] == 1000
    assert make_config("swimmer", {"course_steps": 50}).robot_options["course_steps"] == 50


def test_options_of_the_network_become_part_of_the_robot_file() -> None:
    options = {"initial_magnitude": 0.3, "weights": "separate"}
    config = make_config("swimmer", {"joints": 3}, options=options)
    robot = parse_robot(config.robot_file)
    assert {key: robot.network[key] for key in options} == options
    controller = new_controller(robot)
    assert np.abs(controller.quantity("centre")).tolist() == [0.3] * 18
