"""Robot files, lifetimes and runs that older versions have written.

The files in test/data/format_1 were written by the last version of format 1; what they are compared
with is what that version itself went on to do.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from oracle import robot_data

from dynsyn_controller.core.schema import SchemaError
from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.checkpoint import CheckpointError
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.migration import LEARNER_SETTINGS, WALKER_OPTIONS, newest_version
from dynsyn_controller.robot.robot import RobotFileError
from dynsyn_controller.robot.robot_file import load_robot, parse_robot
from dynsyn_lab.interrupts import Interrupts
from dynsyn_lab.sweeps.point import Silence
from dynsyn_lab.training.limits import Limits
from dynsyn_lab.training.run_folder import RunError, RunFolder
from dynsyn_lab.training.trainer import Trainer

OLD = Path(__file__).resolve().parents[1] / "data" / "format_1"


@pytest.fixture
def recorded() -> dict[str, np.ndarray]:
    """What the version of format 1 did: efforts from birth, efforts after saving, last state."""
    with np.load(OLD / "sized.npz") as parts:
        return {name: parts[name] for name in parts.files}


def observations(count: int, channels: int, seed: int = 1):
    """The inputs that the recording was made with."""
    random = np.random.default_rng(seed)
    for _ in range(count):
        yield (
            random.normal(size=channels),
            random.normal(),
            random.random() < 0.05,
            random.random() < 0.9,
        )


def test_a_robot_file_of_version_1_lives_the_same_life(recorded):
    robot = load_robot(OLD / "sized.yaml")
    assert robot.learner == {"type": "dynamic_synapse", "preset": "dynsyn", "learning_rate": 2e-4}
    assert robot.network["oscillator_b"] == 1.9
    assert robot.network["initial_range"] == 0.3
    assert yaml.safe_load(robot.source)["version"] == 2
    assert parse_robot(robot.source) == robot
    controller = new_controller(robot, settings={"effort_cost": 0.2}, seed=3)
    efforts = [controller.step(*inputs).copy() for inputs in observations(300, 7)]
    assert np.array_equal(efforts, recorded["born"])


def test_a_lifetime_of_format_1_goes_on_bit_for_bit(recorded):
    controller = checkpoint.load(OLD / "sized.ckpt").controller()
    inputs = list(observations(600, 7))[300:]
    assert np.array_equal([controller.step(*one).copy() for one in inputs], recorded["after"])
    state = np.frombuffer(recorded["state"].tobytes()).copy()
    names = [str(name) for name in recorded["names"]]
    lengths = [controller.state[name].size for name in names]
    parts = np.split(state, np.cumsum(lengths)[:-1])
    for name, part in zip(names, parts, strict=True):
        assert controller.state[name].tobytes() == part.tobytes(), name


def rewritten(path: Path, folder: Path, change) -> Path:
    """A checkpoint with something changed in what it says about itself."""
    with np.load(path) as parts:
        about, state = json.loads(str(parts["about"])), parts["state"]
    change(about)
    target = folder / "changed.ckpt"
    with target.open("wb") as file:
        np.savez(file, about=np.array(json.dumps(about)), state=state)
    return target


def test_a_setting_that_came_after_a_lifetime_of_format_1_is_off_in_it(tmp_path):
    path = rewritten(OLD / "sized.ckpt", tmp_path, lambda about: about["rule"].pop("effort_cost"))
    learner = checkpoint.load(path).controller().learner.options
    assert learner.effort_cost == 0.0
    assert learner.settling_time == 6.6


def test_a_setting_that_format_1_never_had_is_refused(tmp_path):
    path = rewritten(OLD / "sized.ckpt", tmp_path, lambda about: about["rule"].update(lernin=1.0))
    with pytest.raises(CheckpointError, match=r"rule\.lernin: unknown key"):
        checkpoint.load(path)


def test_a_run_of_format_1_is_resumed_bit_for_bit(tmp_path):
    shutil.copytree(OLD / "run", tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    assert folder.config.overrides == {"learner.learning_rate": 5e-5}
    assert folder.config.setting("learner.learning_rate") == 5e-5
    assert folder.config.setting("network.initial_magnitude") == 0.5
    assert folder.config.preset == "authors"
    Trainer(folder, Limits(3000), Silence(), Interrupts()).run()
    found = checkpoint.load(folder.lifetime(0) / "checkpoint.ckpt")
    expected = checkpoint.load(OLD / "resumed.ckpt")
    assert found.state.tobytes() == expected.state.tobytes()
    assert found.robot == expected.robot


def test_a_damaged_run_of_format_1_is_refused(tmp_path):
    shutil.copytree(OLD / "run", tmp_path / "run")
    where = tmp_path / "run" / "run.json"
    for change, message in (
        ({"rule": {"lernin": 1.0}}, "rule.lernin: unknown key"),
        ({"robot_file": "name: x"}, "robot_file: "),
    ):
        where.write_text(json.dumps(json.loads(where.read_text()) | change))
        with pytest.raises(RunError, match=message):
            RunFolder(tmp_path / "run")


def old_file(**changes) -> dict:
    data = robot_data()
    del data["version"]
    return data | changes


def test_every_setting_of_version_1_has_a_place_today():
    rule = dict.fromkeys((*LEARNER_SETTINGS, *WALKER_OPTIONS), 1)
    data = newest_version(old_file(preset="paper", rule=rule))
    assert set(data["learner"]) == {"type", "preset", *LEARNER_SETTINGS}
    assert set(WALKER_OPTIONS.values()) <= set(data["network"])
    robot = parse_robot(yaml.safe_dump(old_file()))
    learner, network = robot.complete().learner, robot.complete().network
    assert set(LEARNER_SETTINGS) <= set(learner)
    assert set(WALKER_OPTIONS.values()) <= set(network)
    assert learner["preset"] == "authors"


def test_other_networks_had_no_use_for_the_walkers_settings():
    data = old_file(rule={"oscillator_b": 1.0, "learning_rate": 1e-5})
    data["network"] = {"type": "ncap"}
    migrated = newest_version(data)
    assert migrated["network"] == {"type": "ncap"}
    assert migrated["learner"]["learning_rate"] == 1e-5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rule": {"lerning_rate": 1.0}}, "rule.lerning_rate: unknown key; did you mean"),
        ({"rule": 3}, "rule: found 3 (int), expected keys"),
        ({"version": 7}, "version: found 7, expected 1 or 2"),
        ({"learner": {"type": "none"}}, "version: missing; a file with a section learner says 2"),
    ],
)
def test_what_no_version_says_is_refused(changes, message):
    with pytest.raises(SchemaError) as refused:
        newest_version(old_file(**changes))
    assert message in str(refused.value)
    with pytest.raises(RobotFileError):
        parse_robot(yaml.safe_dump(old_file(**changes)))
