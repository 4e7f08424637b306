"""Faults injected into the running controller node: nothing of its lifetime is lost."""

from __future__ import annotations

import contextlib
import shutil
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from walker_nodes import EVENTS, MODULE, start, start_bridge, trigger, until

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.messages.conversions import stamp_nanoseconds
from dynsyn_controller.robot.config_files import shipped_checkpoint
from dynsyn_msgs.msg import Event, JointCommand, Reward, Status
from dynsyn_msgs.srv import LoadCheckpoint, Rollback, SaveCheckpoint

pytestmark = [pytest.mark.usefixtures("ros_domain"), pytest.mark.faults]


@pytest.fixture
def life(tmp_path):
    path = tmp_path / "life.ckpt"
    shutil.copy(shipped_checkpoint("walker"), path)
    return path


def check_black_box(path):
    """It holds the last minute, as docs/safety.md says."""
    with np.load(path) as box:
        rows = {name: box["rows"][:, at] for at, name in enumerate(box["columns"].tolist())}
        assert "emergency stop" in box["events"][-1]
    assert len(rows["reward"]) > 5
    assert (np.diff(rows["seconds"]) > 0).all()
    assert rows["effort.hip_1"].any()
    assert rows["observation.hull_angle"].any()


@pytest.mark.parametrize(
    "size",
    [
        1e6,
        pytest.param(1e4, marks=pytest.mark.long),
        pytest.param(1e300, marks=pytest.mark.long),
    ],
)
def test_one_wrong_reward_changes_nothing_that_matters(processes, peer, life, size):
    heard = peer.listen(Status, "dynsyn/status")
    start_bridge(processes)
    controller = start(processes, checkpoint_path=life)
    began = until(peer, heard, lambda s: s.latency_us_median > 0, "steps").steps
    sender = peer.publisher(Reward, "reward")

    def cut() -> bool:  # what is sent before the node has found its sender is lost
        sender.publish(Reward(value=size))
        peer.listen_for(0.5)
        return heard[-1].rewards_bounded > 0

    peer.wait_for(cut, "a reward cut")
    status = heard[-1]
    until(peer, heard, lambda s: s.steps > status.steps + 50, "more steps")
    assert controller.stop() == 0
    assert "far beyond what is usual" in controller.output
    before = checkpoint.load(shipped_checkpoint("walker")).state
    after = checkpoint.load(life).state
    assert after["steps"][0] > began
    # A single reward of this size used to move centres by more than they are large.
    assert np.abs(after["centre"] - before["centre"]).max() < 0.05


def test_an_emergency_stop_outlasts_the_process(processes, peer, life):
    heard = peer.listen(Status, "dynsyn/status")
    commands = peer.listen(JointCommand, "joint_command")
    start_bridge(processes)
    first = start(processes, checkpoint_path=life)
    until(peer, heard, lambda s: not s.neutral_because, "acting")
    begun = heard[-1].steps
    until(peer, heard, lambda s: s.steps > begun + 10, "steps for the black box")
    assert trigger(peer, "emergency_stop").success
    peer.wait_for((life.parent / "life.ckpt.stopped").exists, "the stop on disk")
    box = life.parent / "life.ckpt.black_box"
    peer.wait_for(lambda: list(box.glob("[!.]*.npz")), "the black box")
    check_black_box(next(box.glob("[!.]*.npz")))
    first.kill()
    killed = peer.node.get_clock().now().nanoseconds
    second = start(processes, checkpoint_path=life)
    status = until(peer, heard, lambda s: s.stopped, "stopped after the restart")
    assert status.neutral_because == "emergency stop"

    def answers():  # what the first one sent may be heard later
        return [c for c in commands if stamp_nanoseconds(c.header.stamp) > killed]

    peer.wait_for(lambda: len(answers()) > 50, "commands")
    assert not any(any(command.effort) for command in answers())
    assert "left on before the restart" in second.output
    assert trigger(peer, "rearm").success
    until(peer, heard, lambda s: not s.neutral_because, "acting again")
    assert second.stop() == 0
    assert not (life.parent / "life.ckpt.stopped").exists()


def test_a_second_controller_of_one_lifetime_is_refused_by_its_process_id(processes, peer, life):
    heard = peer.listen(Status, "dynsyn/status")
    first = start(processes, checkpoint_path=life)
    peer.wait_for(lambda: heard, "status")
    second = start(processes, checkpoint_path=life)
    assert second.wait() == 1
    (line,) = second.output.splitlines()
    assert f"another process, {first.popen.pid}; " in line
    assert first.stop(signal.SIGHUP) == 0
    assert start(processes, checkpoint_path=life).stop(signal.SIGTERM) in (0, -signal.SIGTERM)


def test_going_back_and_loading_keep_the_running_lifetime(processes, peer, life, tmp_path):
    heard = peer.listen(Status, "dynsyn/status")
    start_bridge(processes)
    start(processes, checkpoint_path=life)
    until(peer, heard, lambda s: s.latency_us_median > 0, "steps")
    saved = peer.call(SaveCheckpoint, "dynsyn/save_checkpoint", SaveCheckpoint.Request())
    assert saved.success, saved.message
    until(peer, heard, lambda s: s.steps > saved.steps + 20, "more steps")
    back = peer.call(Rollback, "dynsyn/rollback", Rollback.Request(hours=0.0))
    assert (back.success, back.steps) == (True, saved.steps), back.message
    folder = tmp_path / "life.ckpt.history"
    (left,) = folder.glob("left_*.ckpt")
    assert checkpoint.load(left).state["steps"][0] > saved.steps
    assert until(peer, heard, lambda s: s.rollbacks == 1, "the count").rollbacks == 1
    request = LoadCheckpoint.Request(path=str(left))
    loaded = peer.call(LoadCheckpoint, "dynsyn/load_checkpoint", request)
    assert loaded.success, loaded.message
    assert len(list(folder.glob("left_*.ckpt"))) == 2
    answer = peer.call(Rollback, "dynsyn/rollback", Rollback.Request(hours=1e6))
    assert not answer.success
    assert "no copy 1e+06 h before" in answer.message
    notes = tmp_path / "notes.txt"
    notes.write_text("mine")
    request = SaveCheckpoint.Request(path=str(notes))
    answer = peer.call(SaveCheckpoint, "dynsyn/save_checkpoint", request)
    assert "no checkpoint" in answer.message
    assert notes.read_text() == "mine"


def with_record_of(path, best):
    """Save a lifetime again, with what it is known to earn: `best` a step, for long."""
    saved = checkpoint.load(path)
    notes = {"performance": {"blocks": 200, "variance": 1e-4, "best": best, "recent": [best] * 10}}
    path.write_bytes(checkpoint.encode(saved.robot, saved.controller(), notes))
    return saved


@pytest.mark.long
def test_a_lifetime_that_lost_its_skill_goes_back_once_by_itself(processes, peer, life, tmp_path):
    saved = with_record_of(life, 0.24)
    worse = tmp_path / "worse.ckpt"
    controller = saved.controller()
    generator = np.random.default_rng(0)
    for quantity in ("centre", "weight"):
        generator.shuffle(controller.state[quantity][0])
    checkpoint.save(worse, saved.robot, controller)
    with_record_of(worse, 0.24)
    heard = peer.listen(Status, "dynsyn/status")
    events = peer.listen(Event, "dynsyn/events", qos=EVENTS)
    start_bridge(processes, lockstep=True)
    node = start(processes, checkpoint_path=life, lockstep=True)
    until(peer, heard, lambda s: s.steps > 6_000_000, "steps")
    answer = peer.call(SaveCheckpoint, "dynsyn/save_checkpoint", SaveCheckpoint.Request())
    assert answer.success, answer.message
    loaded = peer.call(
        LoadCheckpoint, "dynsyn/load_checkpoint", LoadCheckpoint.Request(path=str(worse))
    )
    assert loaded.success, loaded.message
    peer.wait_for(lambda: heard[-1].rollbacks == 1, "the way back", 240.0)
    (event,) = [each for each in events if each.name == "rolled_back"]
    assert "far below the 0.24 that it has earned: goes on with a lifetime of" in event.text
    assert event.text in node.output
    back = heard[-1].steps
    peer.wait_for(lambda: heard[-1].steps > back + 12_000, "steps of the better life", 240.0)
    assert heard[-1].rollbacks == 1
    assert heard[-1].reward_average > 0.2


def test_a_full_disk_stops_nothing_and_is_told(processes, peer, tmp_path):
    """The checkpoint lies in a small file system of the node's own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = 'mount -t tmpfs -o size=300k tmpfs "$1" || exit 77; shift; exec "$@"'
    node = [sys.executable, "-m", MODULE, "--ros-args", "-p", "robot_file:=walker"]
    node += ["-p", f"checkpoint_path:={disk / 'life.ckpt'}"]
    heard = peer.listen(Status, "dynsyn/status")
    start_bridge(processes)
    shell = ["unshare", "--mount", "--map-root-user", "sh", "-c", mount, "sh", str(disk)]
    controller = processes.start([*shell, *node])

    def acting():
        if controller.popen.poll() in (1, 77):
            pytest.skip(f"this machine lets nobody mount: {controller.output}")
        return heard and not heard[-1].neutral_because

    peer.wait_for(acting, "acting")
    inside = Path(f"/proc/{controller.popen.pid}/root{disk}")
    with contextlib.suppress(OSError), open(inside / "filler", "wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))
    request = SaveCheckpoint.Request()
    answer = peer.call(SaveCheckpoint, "dynsyn/save_checkpoint", request)
    assert not answer.success
    assert "No space left on device" in answer.message
    assert trigger(peer, "emergency_stop").success  # its black box has no place either
    peer.wait_for(lambda: "not kept for after a restart" in controller.output, "the stop")
    peer.wait_for(lambda: "black box" in controller.output, "the black box")
    assert trigger(peer, "rearm").success
    until(peer, heard, lambda s: not s.neutral_because, "acting again")
    (inside / "filler").unlink()
    assert peer.call(SaveCheckpoint, "dynsyn/save_checkpoint", request).success
    assert controller.stop() == 0
