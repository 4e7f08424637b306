"""Earlier copies of a lifetime: hourly and daily ones, and those that were left."""

from __future__ import annotations

import numpy as np
import pytest

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.checkpoint import CheckpointError
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.lifetime.history import History, kept
from dynsyn_controller.lifetime.writer import CheckpointWriter
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot_file import load_robot

ROBOT = load_robot(config_path("robots/walker.yaml"))
HOUR = 100  # steps, at the rate below
RATE = HOUR / 3600.0


@pytest.fixture
def history(tmp_path) -> History:
    return History(tmp_path / "life.ckpt", RATE, hourly=3, daily=3)


def steps_of(history: History) -> list[int]:
    return [steps for steps, _ in history.copies()]


def test_the_newest_of_each_hour_and_day_is_kept():
    assert kept([], HOUR, 3, 2) == set()
    assert kept([1, 2, 99, 100, 150, 250], HOUR, 3, 0) == {99, 150, 250}
    assert kept(range(0, 10_000, 10), HOUR, 3, 2) == {9790, 9890, 9990, 9590}
    assert kept(range(0, 10_000, 10), HOUR, 0, 3) == {9990, 9590, 7190}
    # A lifetime that was not lived for long has gaps; they take nothing from what is kept.
    assert kept([5, 105, 90_000, 90_001], HOUR, 3, 1) == {5, 105, 90_001}


def test_a_copy_every_hour_lived_and_no_more_than_asked_for(history):
    assert history.copies() == []
    for steps in range(0, 5000, 20):
        history.add(b"%d" % steps, steps)
    assert steps_of(history) == [2300, 4700, 4800, 4900]
    assert history.copies()[-1][1].read_bytes() == b"4900"


def test_none_are_kept_where_none_are_wanted(tmp_path):
    none = History(tmp_path / "life.ckpt", RATE, 0, 0)
    none.add(b"", 5000)
    assert not none.folder.exists()


def test_the_copy_before_now_or_some_hours_back(history):
    assert history.before(10, 0.0) is None
    for steps in (100, 200, 300):
        history.add(b"", steps)
    assert history.before(301, 0.0)[0] == 300
    assert history.before(300, 0.0)[0] == 200
    assert history.before(400, 1.5)[0] == 200
    assert history.before(400, 2.0)[0] == 200
    assert history.before(400, 4.0) is None


def test_a_life_that_is_left_is_kept_and_its_later_copies_are_no_longer_the_lifetimes(history):
    for steps in (100, 200, 300):
        history.add(b"", steps)
    path = history.leave(b"left", 350, until=200)
    assert path.read_bytes() == b"left"
    assert steps_of(history) == [100, 200]
    assert {each.name for each in history.folder.glob("left_*")} == {
        "left_000000000000300.ckpt",
        "left_000000000000350.ckpt",
    }
    for steps in range(400, 420):
        last = history.leave(b"", steps)
    assert len(list(history.folder.glob("left_*"))) == 5
    assert last.exists()
    assert steps_of(history) == [100, 200]


def test_what_cannot_be_kept_is_told(history, tmp_path):
    history.folder.write_text("in the way")
    with pytest.raises(CheckpointError, match=r"life\.ckpt\.history: "):
        history.add(b"", 100)


def test_the_writer_keeps_copies_that_are_checkpoints(tmp_path):
    controller = new_controller(ROBOT, seed=3)
    writer = CheckpointWriter(ROBOT, tmp_path / "life.ckpt", hourly=24, daily=7)
    for _ in range(3):
        controller.step(np.zeros(24), 0.0)
        writer.save(controller, 0, notes={"known": {}}).result()
    ((steps, path),) = writer.history.copies()
    assert steps == 1
    assert checkpoint.load(path).notes == {"known": {}}
    writer.save(controller, 0, tmp_path / "elsewhere.ckpt").result()
    assert not (tmp_path / "elsewhere.ckpt.history").exists()
    writer.close()
