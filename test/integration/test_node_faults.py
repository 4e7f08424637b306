"""Faults injected into the running controller node: what it does, and that nothing is lost."""

from __future__ import annotations

import contextlib
import shutil
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import yaml
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import Trigger

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.messages.conversions import stamp_nanoseconds
from dynsyn_controller.robot.config_files import config_path, shipped_checkpoint
from dynsyn_controller.robot.robot_file import load_robot
from dynsyn_msgs.msg import Event, JointCommand, Reward, Status
from dynsyn_msgs.srv import LoadCheckpoint, Rollback, SaveCheckpoint

pytestmark = [pytest.mark.usefixtures("ros_domain"), pytest.mark.faults]
EVENTS = QoSProfile(
    depth=50, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL
)
MODULE = "dynsyn_controller.node.controller_node"


@pytest.fixture
def life(tmp_path):
    path = tmp_path / "life.ckpt"
    shutil.copy(shipped_checkpoint("walker"), path)
    return path


def start(processes, **parameters):
    return processes.start_node(MODULE, robot_file="walker", **parameters)


def start_bridge(processes, **parameters):
    return processes.start_node("dynsyn_sim_bridge.bridge_node", robot="walker", **parameters)


def until(peer, heard, true, what):
    del heard[:]
    peer.wait_for(lambda: heard and true(heard[-1]), what)
    return heard[-1]


def trigger(peer, name):
    return peer.call(Trigger, f"dynsyn/{name}", Trigger.Request())


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


def test_disarmed_at_the_start_until_it_is_armed(processes, peer):
    heard = peer.listen(Status, "dynsyn/status")
    commands = peer.listen(JointCommand, "joint_command")
    start_bridge(processes)
    start(processes, armed_at_start=False, ramp_time=0.5)
    status = until(peer, heard, lambda s: s.neutral_because == "disarmed", "disarmed")
    assert not status.armed
    until(peer, heard, lambda s: not s.waiting_for, "all channels")
    assert not any(any(command.effort) for command in commands)
    events = peer.listen(Event, "dynsyn/events", qos=EVENTS)
    peer.wait_for(lambda: [e for e in events if e.name == "disarmed" and e.active], "the event")
    assert trigger(peer, "arm").success
    until(peer, heard, lambda s: s.learning_paused == "efforts ramp up", "the ramp")
    until(peer, heard, lambda s: not s.learning_paused and not s.neutral_because, "acting")
    assert trigger(peer, "disarm").success
    until(peer, heard, lambda s: not s.armed, "disarmed again")
    del commands[:]
    peer.wait_for(lambda: len(commands) > 10, "commands")
    assert not any(any(command.effort) for command in commands)


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


def test_a_dry_run_sends_nothing(processes, peer):
    heard = peer.listen(Status, "dynsyn/status")
    commands = peer.listen(JointCommand, "joint_command")
    start_bridge(processes)
    start(processes, dry_run=True)
    status = until(peer, heard, lambda s: any(s.effort), "efforts in the status")
    assert status.learning_paused == "dry run"
    assert not commands


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


def test_two_senders_of_a_reward_and_two_controllers_are_told(processes, peer):
    heard = peer.listen(Status, "dynsyn/status")
    start_bridge(processes)
    controller = start(processes)
    until(peer, heard, lambda s: s.latency_us_median > 0, "steps")
    peer.publisher(Reward, "reward")
    peer.publisher(JointCommand, "joint_command")
    peer.wait_for(lambda: "reward: 2 senders" in controller.output, "the reward's senders")
    peer.wait_for(lambda: "joint_command: 2 controllers" in controller.output, "the controllers")
    peer.listen_for(3.0)
    assert controller.output.count("reward: 2 senders") == 1


def test_the_relay_is_neutral_within_its_timeout_when_the_controller_is_killed(processes, peer):
    arrivals: list[tuple[float, list[float]]] = []

    def take(message: Float64MultiArray) -> None:
        arrivals.append((time.monotonic(), list(message.data)))

    peer.listen(Float64MultiArray, "driver/commands", take)
    heard = peer.listen(Status, "dynsyn/status")
    start_bridge(processes)
    relay = processes.start_node(
        "dynsyn_controller.node.effort_relay",
        robot_file="walker",
        effort_topic="driver/commands",
        timeout=0.1,
    )
    peer.wait_for(lambda: arrivals, "neutral efforts while there is no controller")
    assert not any(any(effort) for _, effort in arrivals)
    controller = start(processes)
    until(peer, heard, lambda s: not s.neutral_because, "acting")
    peer.wait_for(lambda: any(arrivals[-1][1]), "efforts through the relay")
    controller.kill()
    peer.wait_for(lambda: not any(arrivals[-1][1]), "neutral efforts")
    last = max(when for when, effort in arrivals if any(effort))
    first = min(when for when, effort in arrivals if when > last)
    assert first - last < 0.1 + 0.4  # the time-out, and what a busy machine adds
    assert relay.stop() == 0


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


class Swimmer:
    """A swimmer made by hand, in lockstep; `x` is where it is, m."""

    def __init__(self, peer) -> None:
        self.peer, self.x, self.stamp = peer, 0.0, 0
        self.commands = peer.listen(JointCommand, "joint_command")
        self.joints = peer.publisher(JointState, "joint_states")
        self.odometry = peer.publisher(Odometry, "odom")

    def send(self, apart: int = 0) -> None:
        """The next observation; `apart`: ns between the stamps of its messages."""
        self.stamp += 1_000_000
        joints = JointState(name=[f"joint_{i}" for i in range(1, 6)], position=[0.1] * 5)
        joints.header.stamp.nanosec = self.stamp
        odometry = Odometry()
        odometry.header.stamp.nanosec = self.stamp + apart
        odometry.pose.pose.position.x = self.x
        self.joints.publish(joints)
        self.odometry.publish(odometry)

    def live(self, steps: int = 1) -> None:
        """Swim on a little at each step, answered by a command."""
        for _ in range(steps):
            self.x += 0.003
            self.send()
            self.peer.wait_for(self._answered, "a command")

    def _answered(self) -> bool:
        return bool(self.commands) and self.commands[-1].header.stamp.nanosec == self.stamp


def test_stamps_apart_a_held_command_and_jumps_of_a_robot_in_lockstep(processes, peer, tmp_path):
    document = yaml.safe_load(load_robot(config_path("robots/swimmer.yaml")).source)
    document["reward"] = {"progress": 10.0}
    file = tmp_path / "swimmer.yaml"
    file.write_text(yaml.safe_dump(document))
    heard = peer.listen(Status, "dynsyn/status")
    node = processes.start_node(
        MODULE,
        robot_file=file,
        lockstep=True,
        reward_source="computed",
        operator_timeout=10.0,
    )
    swimmer = Swimmer(peer)

    def told() -> bool:
        swimmer.send(apart=1000)
        return "stamps of one observation differ" in node.output

    peer.wait_for(told, "the event")
    # Looked at between the two messages of an observation, odom is that of the one before.
    assert "odom +1 us" in node.output or "joint_states +999 us" in node.output
    assert not swimmer.commands
    swimmer.live(20)
    until(peer, heard, lambda s: s.steps == 20 and not s.learning_paused, "all steps")
    command = peer.publisher(Twist, "command")
    stop = Twist()
    stop.angular.z = 0.25
    command.publish(stop)

    def paused() -> bool:
        swimmer.live()
        return heard[-1].learning_paused == "an operator commands"

    peer.wait_for(paused, "no learning under a command")
    stop.linear.x, stop.angular.z = 0.1, 0.0  # what nobody need command
    command.publish(stop)
    peer.wait_for(lambda: not paused() and heard[-1].learning_paused == "", "learning")
    for jump in (10.0, 1e5, -1e5):
        swimmer.x += jump
        swimmer.live()
        assert swimmer.commands[-1].effort
        lived = until(peer, heard, lambda s: s.reward == 0.0, "no progress")
        swimmer.live(5)
        until(peer, heard, lambda s, n=lived.steps: s.steps == n + 5, "steps")
        assert heard[-1].reward == pytest.approx(0.03)
    assert node.output.count("position jumped by") >= 1
    assert heard[-1].rewards_bounded == 0
    assert node.stop() == 0
