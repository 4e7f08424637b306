"""A network from outside the package: the example of docs/extending-network.md."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import yaml
from extension import checkpoint_of, dynsyn, example, train
from oracle import robot_data

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.checkpoint import CheckpointError
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot import RobotFileError
from dynsyn_controller.robot.robot_file import parse_robot
from dynsyn_lab.rollouts.evaluate import evaluate


@pytest.fixture
def network(tmp_path: Path) -> str:
    """The file of the example, and its class."""
    path = tmp_path / "rhythm.py"
    path.write_text(example("extending-network.md"))
    return f"{path}:Rhythm"


def test_it_trains_is_evaluated_saved_and_resumed_and_goes_again(tmp_path: Path, network: str):
    chosen = {"network": network, "options": {"period_steps": 50}, "preset": "authors"}
    whole = train(tmp_path / "whole", 1500, "walker", **chosen)
    train(tmp_path / "parts", 700, "walker", **chosen)
    parts = train(tmp_path / "parts", 1500)  # as a new process would: all from the folder
    states = [checkpoint.load(checkpoint_of(run)).state.tobytes() for run in (whole, parts)]
    assert states[0] == states[1]

    saved = checkpoint.load(checkpoint_of(whole))
    controller = saved.controller()
    assert controller.network.name == "rhythm"
    assert controller.learner.name == "dynamic_synapse"
    assert controller.state["turn"][0] == (1500 - 1) % 50
    assert saved.robot.network["period_steps"] == 50
    born = new_controller(saved.robot).quantity("centre")
    assert np.abs(controller.quantity("centre") - born).max() > 1e-4, "nothing was learnt"
    found = evaluate(checkpoint_of(whole), episodes=1)
    assert found["steps"] > 10

    Path(network.rpartition(":")[0]).unlink()
    with pytest.raises(CheckpointError, match=r"network\.type: .*rhythm\.py: cannot be read"):
        checkpoint.load(checkpoint_of(whole))


def test_it_is_one_option_of_the_command_line(tmp_path: Path, network: str):
    words = ("--network", Path(network).name, "--network.period_steps", "30")
    done = dynsyn("train", "walker", *words, "--steps", 300, "--out", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = dynsyn("train", "--resume", "run", "--steps", 400, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    path = tmp_path / "run" / "lifetime_000" / "checkpoint.ckpt"
    done = dynsyn("eval", path, "--episodes", 1, cwd=Path("/"))
    assert done.returncode == 0, done.stderr
    assert checkpoint.load(path).controller().network.options.period_steps == 30


@pytest.mark.parametrize(
    "learner", ["dynamic_synapse", pytest.param("none", marks=pytest.mark.long)]
)
def test_it_does_what_the_page_says(network: str, learner: str):
    """Beside the same few lines of Python."""
    walker = yaml.safe_load(config_path("robots/walker.yaml").read_text())
    data = walker | {"network": {"type": network}, "learner": {"type": learner}}
    controller = new_controller(parse_robot(yaml.safe_dump(data)), seed=3)
    random = np.random.default_rng(2)
    for turn in range(100):
        observation = random.normal(size=24)
        effort = controller.step(observation, random.normal())
        phase = 2.0 * math.pi * turn / 40
        inputs = [math.sin(phase), math.cos(phase), *(observation * controller.body.sensitivity)]
        expected = np.tanh(controller.weight.reshape(4, 26) @ inputs)
        assert np.allclose(effort / controller.body.effort_limit, expected, rtol=0, atol=1e-12)
    assert dict(zip(controller.unit_names, controller.activity(), strict=True))[
        "rhythm.cosine"
    ] == (pytest.approx(math.cos(phase)))


def test_its_options_are_checked_like_any_other(network: str):
    for options, message in (
        ({"period_steps": 1}, "network.period_steps: found 1, expected 2 or more"),
        ({"period": 3}, "network.period: unknown key; did you mean 'period_steps'?"),
    ):
        with pytest.raises(RobotFileError) as refused:
            parse_robot(yaml.safe_dump(robot_data() | {"network": {"type": network, **options}}))
        assert message in str(refused.value)
