"""Continuing and saving lifetimes."""

from __future__ import annotations

import os

import numpy as np
import pytest

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.checkpoint import CheckpointError
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.lifetime.writer import (
    CheckpointWriter,
    Origin,
    continue_lifetime,
    open_lifetime,
)
from dynsyn_controller.node.parameter_table import resolve
from dynsyn_controller.node.parameters import TABLE, Settings
from dynsyn_controller.node.timing import SECOND
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot_file import RobotFileError, load_robot

ROBOT = load_robot(config_path("robots/walker.yaml"))


def origin(**values) -> Origin:
    return Settings(**resolve(TABLE, values)).origin


def lived(preset: str = "authors", steps: int = 20, **rule):
    controller = new_controller(ROBOT, preset, rule, seed=3)
    generator = np.random.default_rng(0)
    for _ in range(steps):
        controller.step(generator.normal(size=24), generator.normal())
    return controller


@pytest.fixture
def writer(tmp_path):
    writer = CheckpointWriter(ROBOT, tmp_path / "life.ckpt")
    yield writer
    writer.close()


def test_without_a_file_a_lifetime_is_born(tmp_path):
    path = str(tmp_path / "life.ckpt")
    controller, continued = open_lifetime(ROBOT, origin(checkpoint_path=path, seed=5))
    assert not continued
    assert controller.state.tobytes() == new_controller(ROBOT, seed=5).state.tobytes()
    assert not os.path.exists(path)


def test_with_a_file_the_lifetime_goes_on_bit_for_bit(tmp_path):
    path, first = tmp_path / "life.ckpt", lived("dynsyn", learning_rate=3e-5)
    checkpoint.save(path, ROBOT, first)
    second, continued = open_lifetime(ROBOT, origin(checkpoint_path=str(path)))
    assert continued
    assert (second.preset, second.network.rule.learning_rate) == ("dynsyn", 3e-5)
    for step in range(100):
        observation = np.full(24, 0.01 * step)
        np.testing.assert_array_equal(
            first.step(observation, 0.1, step == 50), second.step(observation, 0.1, step == 50)
        )
    assert first.state.tobytes() == second.state.tobytes()


def test_a_rule_given_anew_replaces_the_checkpoints(tmp_path):
    path = tmp_path / "life.ckpt"
    checkpoint.save(path, ROBOT, lived("dynsyn", learning_rate=3e-5))
    one = continue_lifetime(ROBOT, origin(rule="convergence_rate=1e-9"), path)
    assert one.network.rule.learning_rate == 3e-5
    assert one.network.rule.convergence_rate == 1e-9
    other = continue_lifetime(ROBOT, origin(preset="authors"), path)
    assert other.preset == "authors"
    assert other.network.rule == new_controller(ROBOT, "authors").network.rule
    with pytest.raises(CheckpointError, match="another network"):
        continue_lifetime(ROBOT, origin(preset="paper"), path)
    with pytest.raises(RobotFileError, match="learning_rate"):
        continue_lifetime(ROBOT, origin(rule="learning_rat=1"), path)


def test_a_folder_that_is_missing_is_told_at_the_start(tmp_path):
    with pytest.raises(CheckpointError, match="there is no folder"):
        open_lifetime(ROBOT, origin(checkpoint_path=str(tmp_path / "no" / "life.ckpt")))


def test_a_save_is_of_the_moment_it_was_begun(writer):
    controller = lived()
    before = controller.state.tobytes()
    future = writer.save(controller, now=0)
    controller.step(np.zeros(24), 1.0)
    saved = future.result()
    assert (saved.path, saved.steps) == (writer.path, 20)
    assert checkpoint.load(saved.path).state.tobytes() == before
    assert writer.poll(now=7) == []
    assert writer.saved_at == 7


def test_saves_are_due_by_their_period(writer):
    assert not writer.due(0, 60 * SECOND)
    assert not writer.due(59 * SECOND, 60 * SECOND)
    assert writer.due(60 * SECOND, 60 * SECOND)
    assert not writer.due(60 * SECOND, 0)
    writer.save(lived(), now=60 * SECOND).result()
    writer.poll(61 * SECOND)
    assert not writer.due(119 * SECOND, 60 * SECOND)
    assert writer.due(120 * SECOND, 60 * SECOND)


def test_a_save_that_fails_is_told_and_the_last_good_file_stays(writer):
    writer.save(lived(), now=0).result()
    good = writer.path.read_bytes()
    folder = writer.path.parent
    moved = folder.rename(folder.with_name("moved"))
    future = writer.save(lived(steps=30), now=1)
    assert isinstance(future.exception(), CheckpointError)
    (error,) = writer.poll(now=2)
    assert writer.error == str(error)
    assert "cannot be written" in writer.error
    assert (moved / writer.path.name).read_bytes() == good
    moved.rename(folder)
    writer.save(lived(steps=30), now=3).result()
    assert writer.poll(now=4) == []
    assert writer.error == ""


def test_a_lifetime_that_is_not_finite_is_not_saved(writer):
    controller = lived()
    writer.save(controller, now=0).result()
    good = writer.path.read_bytes()
    controller.centre[7] = np.inf
    with pytest.raises(CheckpointError, match="not written: a centre is not finite"):
        writer.save(controller, now=1)
    assert writer.path.read_bytes() == good


def test_without_a_path_only_saves_with_one(tmp_path):
    writer = CheckpointWriter(ROBOT, None)
    assert not writer.due(10**15, 1 * SECOND)
    with pytest.raises(CheckpointError, match="checkpoint_path is empty"):
        writer.save(lived(), now=0)
    assert writer.save(lived(), 0, tmp_path / "x.ckpt").result().steps == 20
    writer.close()
