"""Continuing and saving lifetimes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.checkpoint import CheckpointError
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.lifetime.lock import LifetimeLock, lived_by
from dynsyn_controller.lifetime.writer import (
    CheckpointWriter,
    Origin,
    continue_lifetime,
    open_lifetime,
)
from dynsyn_controller.node.parameter_table import resolve
from dynsyn_controller.node.parameters import TABLE
from dynsyn_controller.node.settings import Settings
from dynsyn_controller.node.timing import SECOND
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot import RobotFileError
from dynsyn_controller.robot.robot_file import load_robot

pytestmark = pytest.mark.faults

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
    life = open_lifetime(ROBOT, origin(checkpoint_path=path, seed=5))
    assert (life.continued, life.notes) == (False, {})
    assert life.controller.state.tobytes() == new_controller(ROBOT, seed=5).state.tobytes()
    assert not os.path.exists(path)


def test_with_a_file_the_lifetime_goes_on_bit_for_bit(tmp_path):
    path, first = tmp_path / "life.ckpt", lived("dynsyn", learning_rate=3e-5)
    checkpoint.save(path, ROBOT, first)
    life = open_lifetime(ROBOT, origin(checkpoint_path=str(path)))
    assert life.continued
    second = life.controller
    assert (second.preset, second.learner.options.learning_rate) == ("dynsyn", 3e-5)
    for step in range(100):
        observation = np.full(24, 0.01 * step)
        np.testing.assert_array_equal(
            first.step(observation, 0.1, step == 50), second.step(observation, 0.1, step == 50)
        )
    assert first.state.tobytes() == second.state.tobytes()


def test_a_rule_given_anew_replaces_the_checkpoints(tmp_path):
    path = tmp_path / "life.ckpt"
    checkpoint.save(path, ROBOT, lived("dynsyn", learning_rate=3e-5))
    one = continue_lifetime(
        ROBOT, origin(settings="learner.convergence_rate=1e-9"), path
    ).controller
    assert one.learner.options.learning_rate == 3e-5
    assert one.learner.options.convergence_rate == 1e-9
    other = continue_lifetime(ROBOT, origin(preset="authors"), path).controller
    assert other.preset == "authors"
    assert other.learner.options == new_controller(ROBOT, "authors").learner.options
    with pytest.raises(CheckpointError, match="another network"):
        continue_lifetime(ROBOT, origin(preset="paper"), path)
    with pytest.raises(RobotFileError, match="learning_rate"):
        continue_lifetime(ROBOT, origin(settings="learner.learning_rat=1"), path)


def test_a_network_and_a_learner_of_other_types_come_with_the_lifetime(tmp_path):
    path = tmp_path / "life.ckpt"
    robot = ROBOT.choose(learner="none", network="mlp", options={"hidden": [3]})
    before = new_controller(robot, seed=3)
    checkpoint.save(path, robot, before)
    life = open_lifetime(ROBOT, origin(checkpoint_path=str(path)))
    assert (life.controller.network.name, life.controller.learner.name) == ("mlp", "none")
    assert life.controller.state.tobytes() == before.state.tobytes()
    for asked, message in (
        ({"network": "walker"}, "network: .*found 'mlp', expected 'walker'"),
        ({"learner": "dynamic_synapse"}, "learner: found 'none', expected 'dynamic_synapse'"),
        ({"preset": "dynsyn"}, "learner: found 'none', expected 'dynamic_synapse'"),
    ):
        with pytest.raises(CheckpointError, match=message):
            open_lifetime(ROBOT, origin(checkpoint_path=str(path), **asked))


def test_what_could_not_be_written_is_told_at_the_start(tmp_path):
    def refused(path, why: str) -> None:
        with pytest.raises(CheckpointError, match=why):
            CheckpointWriter(ROBOT, path)

    refused(tmp_path / "no" / "life.ckpt", "there is no folder")
    refused(tmp_path, "is not a file")
    path = tmp_path / "life.ckpt"
    checkpoint.save(path, ROBOT, lived())
    path.chmod(0o444)
    refused(path, r"is write-protected \(mode 444\)")
    with pytest.raises(CheckpointError, match="is write-protected"):
        checkpoint.save(path, ROBOT, lived())
    path.chmod(0o644)
    CheckpointWriter(ROBOT, path).close()
    refused(Path("/proc/life.ckpt"), "folder /proc cannot be written to")


def test_a_file_that_is_mounted_on_its_own_is_told_at_the_start(tmp_path):
    path = tmp_path / "a life.ckpt"
    checkpoint.save(path, ROBOT, lived())
    look = "import sys\nfrom dynsyn_controller.lifetime.file_checks import obstacle\n"
    look += "print(obstacle(sys.argv[1]))"
    mount = 'mount --bind "$1" "$1" || exit 77; exec "$2" -c "$3" "$1"'
    command = ["unshare", "--mount", "--map-root-user", "sh", "-c", mount, "sh"]
    command += [str(path), sys.executable, look]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode in (1, 77) and not run.stdout:
        pytest.skip(f"this machine lets nobody mount: {run.stderr}")
    assert "is mounted as a file of its own" in run.stdout, run.stderr


def test_a_link_stays_one_and_is_the_same_lifetime(tmp_path):
    real, link = tmp_path / "disk" / "life.ckpt", tmp_path / "life.ckpt"
    real.parent.mkdir()
    link.symlink_to(real)
    writer = CheckpointWriter(ROBOT, link)
    writer.save(lived(), now=0).result()
    assert link.is_symlink()
    assert checkpoint.load(real).state["steps"] == 20
    with pytest.raises(CheckpointError, match=f"lived by another process, {os.getpid()}"):
        CheckpointWriter(ROBOT, real)
    writer.save(lived(steps=21), 1, real).result()  # its own, by another name
    writer.close()
    assert checkpoint.load(link).state["steps"] == 21


def test_one_lifetime_has_one_process(tmp_path):
    path = tmp_path / "life.ckpt"
    script = (
        "import sys, pathlib\n"
        "from dynsyn_controller.lifetime.lock import LifetimeLock\n"
        f"lock = LifetimeLock(pathlib.Path({str(path)!r}))\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        assert lived_by(path) == str(other.pid)
        with pytest.raises(CheckpointError, match=f"another process, {other.pid}; "):
            CheckpointWriter(ROBOT, path)
        with pytest.raises(CheckpointError, match=f"another process, {other.pid}; "):
            LifetimeLock(path)  # told again: the refused one has not written its own name
        checkpoint.save(path, ROBOT, lived())
        elsewhere = CheckpointWriter(ROBOT, tmp_path / "mine.ckpt")
        future = elsewhere.save(lived(), 0, path)
        assert f"lived by process {other.pid}" in str(future.exception())
        other.kill()  # no end of its own, and yet no lock is left
        other.wait()
        elsewhere.save(lived(steps=25), 1, path).result()
        elsewhere.close()
    assert lived_by(path) == ""
    CheckpointWriter(ROBOT, path).close()
    assert lived_by(path) == ""


def test_only_checkpoints_are_written_over(writer, tmp_path):
    for name, content in (("notes.txt", b"my notes"), ("empty", b"")):
        (tmp_path / name).write_bytes(content)
        future = writer.save(lived(), 0, tmp_path / name)
        assert "a file that is no checkpoint" in str(future.exception())
        assert (tmp_path / name).read_bytes() == content
    other = tmp_path / "other.ckpt"
    for steps in (3, 4):
        writer.save(lived(steps=steps), 0, other).result()
        assert checkpoint.load(other).state["steps"] == steps


def test_notes_are_saved_beside_the_record(writer):
    notes = {"rewards": {"passing": 0.125, "passing_count": 7}}
    writer.save(lived(), 0, notes=notes).result()
    assert open_lifetime(ROBOT, Origin(writer.path)).notes == notes


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


def test_a_mistake_in_another_path_is_for_who_asked_and_says_nothing_of_the_checkpoint(writer):
    future = writer.save(lived(), now=0, path=writer.path.parent / "mispelt" / "life.ckpt")
    assert isinstance(future.exception(), CheckpointError)
    assert writer.poll(now=1) == []
    assert (writer.error, writer.saved_at) == ("", None)


def test_what_cannot_be_written_beside_it_is_told_and_the_lifetime_counts_as_saved(writer):
    def write():
        Path("/proc/nothing").write_text("")

    writer.run_told(write)
    writer.save(lived(), now=0).result()
    (error,) = writer.poll(now=1)
    assert str(error) == "/proc/nothing: cannot be written: No such file or directory"
    assert (writer.error, writer.saved_at) == ("", 1)


def test_a_lifetime_that_is_not_finite_is_not_saved(writer):
    controller = lived()
    writer.save(controller, now=0).result()
    good = writer.path.read_bytes()
    controller.quantity("centre")[7] = np.inf
    with pytest.raises(CheckpointError, match="not written: centre: not finite"):
        writer.save(controller, now=1)
    assert writer.path.read_bytes() == good


def test_without_a_path_only_saves_with_one(tmp_path):
    writer = CheckpointWriter(ROBOT, None)
    assert not writer.due(10**15, 1 * SECOND)
    with pytest.raises(CheckpointError, match="checkpoint_path is empty"):
        writer.save(lived(), now=0)
    assert writer.save(lived(), 0, tmp_path / "x.ckpt").result().steps == 20
    writer.close()
