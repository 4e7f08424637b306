"""A learner from outside the package: the example of docs/extending-learner.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from extension import checkpoint_of, dynsyn, example, train
from oracle import robot_data

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.checkpoint import CheckpointError
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.robot import Robot, RobotFileError
from dynsyn_controller.robot.robot_file import parse_robot
from dynsyn_lab.rollouts.evaluate import evaluate


@pytest.fixture
def learner(tmp_path: Path) -> str:
    """The file of the example, and its class."""
    path = tmp_path / "weight_perturbation.py"
    path.write_text(example("extending-learner.md"))
    return f"{path}:WeightPerturbation"


def robot_with(learner: str, **settings) -> Robot:
    data = robot_data() | {"learner": {"type": learner, **settings}}
    data["network"]["homeostasis_exponent"] = 2.0
    return parse_robot(yaml.safe_dump(data))


def test_it_trains_is_evaluated_saved_and_resumed_and_goes_again(tmp_path: Path, learner: str):
    chosen = {"learner": learner, "settings": {"hold": 0.6}}
    whole = train(tmp_path / "whole", 1500, **chosen)
    train(tmp_path / "parts", 700, **chosen)
    parts = train(tmp_path / "parts", 1500)  # as a new process would: all from the folder
    states = [checkpoint.load(checkpoint_of(run)).state.tobytes() for run in (whole, parts)]
    assert states[0] == states[1]

    saved = checkpoint.load(checkpoint_of(whole))
    controller = saved.controller()
    assert controller.learner.name == "weight_perturbation"
    assert saved.robot.learner["hold"] == 0.6
    kept = controller.quantity("kept")
    born = new_controller(saved.robot).quantity("kept")
    assert np.abs(kept - born).max() > 1e-3, "nothing was learnt"
    assert np.allclose(controller.weight, kept + controller.quantity("trial"))
    trace = whole.trace(0)
    assert {"osc.0.0.weight", "osc.0.0.kept", "osc.0.0.trial"} <= trace.keys()
    frozen, learning = (
        evaluate(checkpoint_of(whole), episodes=1, learning=learning) for learning in (False, True)
    )
    assert frozen["steps"] == learning["steps"] == 1000
    assert frozen["mean"] != learning["mean"]

    Path(learner.rpartition(":")[0]).unlink()
    with pytest.raises(CheckpointError, match=r"learner\.type: .*weight_perturbation\.py: cannot"):
        checkpoint.load(checkpoint_of(whole))


def test_it_is_one_option_of_the_command_line(tmp_path: Path, learner: str):
    words = ("--learner", Path(learner).name, "--preset", "bold", "--learner.hold", "1")
    done = dynsyn("train", "swimmer", *words, "--steps", 300, "--out", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = dynsyn("train", "--resume", "run", "--steps", 400, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    path = tmp_path / "run" / "lifetime_000" / "checkpoint.ckpt"
    done = dynsyn("eval", path, "--episodes", 1, cwd=elsewhere)
    assert done.returncode == 0, done.stderr
    options = checkpoint.load(path).controller().learner.options
    assert (options.spread, options.step_size, options.hold) == (0.2, 0.1, 1.0)


@pytest.mark.parametrize(
    "network", ["mlp", *(pytest.param(name, marks=pytest.mark.long) for name in ("walker", "ncap"))]
)
def test_it_serves_every_network(learner: str, network: str):
    data = robot_data() | {"learner": {"type": learner, "hold": 0.1}}
    if network != "walker":
        data["network"] = {"type": network}
    controller = new_controller(parse_robot(yaml.safe_dump(data)))
    random = np.random.default_rng(1)
    before = controller.weight.copy()
    for _ in range(50):
        controller.step(random.normal(size=5), random.normal())
    assert not np.array_equal(controller.weight, before)
    controller.step(random.normal(size=5), 0.0, learning=False)
    assert np.array_equal(controller.weight, controller.quantity("kept"))


def test_it_does_what_the_page_says(learner: str):
    """Beside the same few lines of Python."""
    controller = new_controller(robot_with(learner, hold=0.1, usual_time=2.0), seed=3)
    usual = gained = lasted = 0.0
    kept, trial, dt = controller.weight.copy(), np.zeros(controller.weight.size), 33.0
    random = np.random.default_rng(2)
    controller.step(np.zeros(5), 0.0)
    for _ in range(200):
        reward = random.normal()
        gained += (reward - usual) * dt
        lasted += dt
        usual += (reward - usual) * dt / 2000.0
        controller.step(random.normal(size=5), reward)
        if lasted >= 100.0:
            kept = kept + 0.5 * gained / lasted * trial
            trial = controller.quantity("trial").copy()
            gained = lasted = 0.0
        assert np.allclose(controller.weight, kept + trial, rtol=0, atol=1e-12)
    assert np.ptp(controller.quantity("trial")) > 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hold": 0.0}, "learner.hold: found 0.0, expected more than 0"),
        ({"hodl": 1.0}, "learner.hodl: unknown key; did you mean 'hold'?"),
        ({"preset": "shy"}, "learner.preset: found 'shy', expected one of default, bold"),
    ],
)
def test_its_settings_are_checked_like_any_other(learner: str, settings: dict, message: str):
    with pytest.raises(RobotFileError) as refused:
        robot_with(learner, **settings)
    assert message in str(refused.value)
