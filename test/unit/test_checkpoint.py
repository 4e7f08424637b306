"""Checkpoints: bit for bit, refused when damaged or of another body, never lost in writing."""

from __future__ import annotations

import copy
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from oracle import robot_data, sized_robot

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.checkpoint import CheckpointError
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot import Robot
from dynsyn_controller.robot.robot_file import load_robot, parse_robot


@pytest.fixture(scope="module")
def walker() -> Robot:
    return load_robot(config_path("robots/walker.yaml"))


def lived(robot: Robot, preset: str | None = None, seed: int = 1, steps: int = 200) -> Controller:
    """A lifetime that has lived for some steps."""
    controller = new_controller(robot, preset, seed=seed)
    go_on(controller, steps)
    return controller


def go_on(controller: Controller, steps: int) -> np.ndarray:
    random = np.random.default_rng(controller.steps)
    channels = len(controller.body.states) + len(controller.body.ranges)
    return np.array(
        [
            controller.step(random.normal(size=channels), random.normal(), random.random() < 0.1)
            for _ in range(steps)
        ]
    )


@pytest.mark.parametrize("preset", ["paper", "authors", "dynsyn"])
def test_round_trip_goes_on_bit_for_bit(tmp_path, walker, preset):
    controller = lived(walker, preset)
    checkpoint.save(tmp_path / "life.npz", walker, controller)
    found = checkpoint.load(tmp_path / "life.npz")
    assert found.robot == walker.choose(preset=preset).complete()
    resumed = found.controller()
    assert resumed.preset == preset
    assert resumed.learner.options == controller.learner.options
    assert resumed.network.options == controller.network.options
    assert resumed.state.tobytes() == controller.state.tobytes()
    assert np.array_equal(go_on(resumed, 1000), go_on(controller, 1000))
    assert resumed.state.tobytes() == controller.state.tobytes()


def test_settings_are_kept(tmp_path, walker):
    controller = new_controller(walker, "authors", {"learning_rate": 5e-5, "repulsion": False})
    checkpoint.save(tmp_path / "life.npz", walker, controller)
    found = checkpoint.load(tmp_path / "life.npz").controller()
    assert found.learner.options == controller.learner.options
    assert found.network.options == controller.network.options


def test_restoring_into_a_living_controller(tmp_path, walker):
    controller, other = lived(walker), lived(walker, seed=2)
    checkpoint.save(tmp_path / "life.npz", walker, controller)
    checkpoint.restore(other, checkpoint.load(tmp_path / "life.npz"))
    assert np.array_equal(go_on(other, 500), go_on(controller, 500))


@pytest.fixture(scope="module")
def small() -> tuple[Robot, bytes]:
    """A small robot and the bytes of a checkpoint of its lifetime."""
    robot = sized_robot()
    return robot, checkpoint.encode(robot, lived(robot))


def refused(path: Path) -> str:
    with pytest.raises(CheckpointError) as refusal:
        checkpoint.load(path)
    text = str(refusal.value)
    assert str(path) in text
    assert "\n" not in text
    return text


def test_truncated_files_are_refused(tmp_path, walker):
    path = tmp_path / "life.npz"
    data = checkpoint.encode(walker, lived(walker))
    lengths = [*range(0, len(data), 1024), *range(len(data) - 60, len(data))]
    for length in lengths:
        path.write_bytes(data[:length])
        assert "damaged" in refused(path), length


def test_flipped_bytes_are_refused_or_harmless(tmp_path, small):
    """Every byte of the zip's own structure, and every 31st of the rest."""
    _, data = small
    path = tmp_path / "life.npz"
    path.write_bytes(data)
    intact = checkpoint.load(path)
    structure = {*range(400), *range(len(data) - 400, len(data))}
    damaged = 0
    for at in sorted(structure | {*range(0, len(data), 31)}):
        flipped = bytearray(data)
        flipped[at] ^= 1 << at % 8
        path.write_bytes(flipped)
        try:
            found = checkpoint.load(path)
        except CheckpointError:
            damaged += 1
            continue
        # dates, flags and the like, which mean nothing here
        assert found.state.tobytes() == intact.state.tobytes(), at
        assert found.robot == intact.robot, at
    assert damaged > len(data) / 31


@pytest.mark.parametrize("data", [b"", b"not a checkpoint", bytes(2000), b"PK\x03\x04" * 50])
def test_other_files_are_refused(tmp_path, data):
    path = tmp_path / "life.npz"
    path.write_bytes(data)
    assert "damaged, or not a checkpoint" in refused(path)


def test_arrays_of_something_else_are_refused(tmp_path):
    path = tmp_path / "life.npz"
    for parts in (
        {"weights": np.zeros(3)},
        {"about": np.array("no JSON"), "state": np.zeros(1)},
        {"about": np.array("3"), "state": np.zeros(1)},
        {"about": np.array('{"format": 1}'), "state": np.zeros(1)},
        {"about": np.array([{"format": 1}], dtype=object), "state": np.zeros(1)},
    ):
        np.savez(path, **parts)
        assert "damaged, or not a checkpoint" in refused(path)
    np.savez(path, about=np.array('{"format": 99, "robot": ""}'), state=np.zeros(1))
    assert "format 99, expected 1 to 2" in refused(path)


def test_missing_files_and_folders_are_refused(tmp_path):
    assert "cannot be read: No such file or directory" in refused(tmp_path / "none.npz")
    assert "cannot be read: Is a directory" in refused(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda d: d["joints"][0].update(effort_limit=9.0),
            "effort limits: number 1: found 9.0, expected 2.0",
        ),
        (
            lambda d: d.update(control_rate=100.0),
            "control step in the rule's ms: found 16.5, expected 33.0",
        ),
        (
            lambda d: d["observation"][4].update(name="tilt"),
            "observation: number 5: found 'tilt', expected 'other_0'",
        ),
        (
            lambda d: d["observation"][4].update(sensitivity=3.0),
            "sensitivities: number 5: found 3.0, expected 0.5",
        ),
        (
            lambda d: d["observation"].insert(0, d["observation"].pop(1)),
            "observation: number 1: found 'joint_1_vel",
        ),
        (lambda d: d["observation"].pop(), "observation: found 4 of them, expected 5"),
        (
            lambda d: d["network"]["drives"][1].update(weight=0.1),
            "network: drives: number 2: weight: found 0.1, expected -0.5",
        ),
        (lambda d: d["network"].update(hidden=3), "network: hidden: found 3, expected 2"),
    ],
)
def test_another_robot_is_refused_with_the_difference(tmp_path, change, message):
    data = robot_data()
    controller = lived(parse_robot(yaml.safe_dump(data)))
    changed = copy.deepcopy(data)
    change(changed)
    other = parse_robot(yaml.safe_dump(changed))
    path = tmp_path / "other.npz"
    checkpoint.save(path, other, new_controller(other))
    before = controller.state.tobytes()
    with pytest.raises(CheckpointError, match="made for another robot") as refusal:
        checkpoint.restore(controller, checkpoint.load(path))
    assert message in str(refusal.value)
    assert str(path) in str(refusal.value)
    assert controller.state.tobytes() == before


def test_another_network_is_refused_with_the_difference(tmp_path, walker):
    """The paper's layers have no constant inputs, so it has fewer synapses."""
    path = tmp_path / "paper.npz"
    checkpoint.save(path, walker, lived(walker, "paper"))
    controller = lived(walker, "authors")
    before = controller.state.tobytes()
    message = r"or by another version: weight: found \(432,\), expected \(438,\)"
    with pytest.raises(CheckpointError, match=message):
        checkpoint.restore(controller, checkpoint.load(path))
    assert controller.state.tobytes() == before


def test_a_poisoned_lifetime_is_refused(tmp_path, walker):
    controller = lived(walker)
    controller.weight[7] = np.nan
    checkpoint.save(tmp_path / "life.npz", walker, controller)
    with pytest.raises(CheckpointError, match="damaged: weight: not finite"):
        checkpoint.load(tmp_path / "life.npz").controller()


@pytest.mark.parametrize(
    ("folder", "reason"), [("none", "No such file"), ("file", "Not a directory")]
)
def test_folders_that_cannot_be_written_to_are_refused(tmp_path, small, folder, reason):
    (tmp_path / "file").write_text("x")
    path = tmp_path / folder / "life.npz"
    with pytest.raises(CheckpointError, match=f"cannot be written: {reason}") as refusal:
        checkpoint.write(path, small[1])
    assert str(path) in str(refusal.value)


WRITE = """
import os, resource, signal, sys
from dynsyn_controller.lifetime import checkpoint
path, how = sys.argv[1:]
data = open(path + ".new", "rb").read()
if how == "kill":
    os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
else:
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(data) // 2, len(data) // 2))
try:
    checkpoint.write(path, data)
except checkpoint.CheckpointError as error:
    sys.exit(str(error))
"""


def write_in_another_process(path: Path, data: bytes, how: str) -> subprocess.CompletedProcess:
    path.with_name(path.name + ".new").write_bytes(data)
    return subprocess.run(
        [sys.executable, "-c", WRITE, str(path), how],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def test_kill_before_the_rename_leaves_the_old_file(tmp_path, small):
    robot, old = small
    path = tmp_path / "life.npz"
    path.write_bytes(old)
    new = checkpoint.encode(robot, lived(robot, seed=2, steps=300))
    done = write_in_another_process(path, new, "kill")
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == old
    leftovers = set(tmp_path.glob(".life.npz.*"))
    assert leftovers, "it was not killed between writing and renaming"
    checkpoint.write(path, new)
    assert checkpoint.load(path).controller().steps == 300
    assert set(tmp_path.glob(".life.npz.*")) == leftovers


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, small):
    """A limit on the size of files stands for the disk: writing fails half way."""
    robot, old = small
    path = tmp_path / "life.npz"
    path.write_bytes(old)
    done = write_in_another_process(path, checkpoint.encode(robot, lived(robot, seed=2)), "full")
    assert done.returncode == 1
    assert f"checkpoint {path}: cannot be written: File too large" in done.stderr
    assert path.read_bytes() == old
    assert not list(tmp_path.glob(".life.npz.*"))


def test_a_snapshot_is_of_its_moment(small):
    """What `encode` returned does not change while the lifetime goes on."""
    robot, _ = small
    controller = lived(robot)
    data = checkpoint.encode(robot, controller)
    again = bytes(data)
    go_on(controller, 100)
    assert data == again
