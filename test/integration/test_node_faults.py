"""Faults around the running controller node: what it does, and sends."""

from __future__ import annotations

import time

import pytest
import yaml
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from walker_nodes import EVENTS, MODULE, start, start_bridge, trigger, until

from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot_file import load_robot
from dynsyn_msgs.msg import Event, JointCommand, Reward, Status

pytestmark = [pytest.mark.usefixtures("ros_domain"), pytest.mark.faults]


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


def test_a_dry_run_sends_nothing(processes, peer):
    heard = peer.listen(Status, "dynsyn/status")
    commands = peer.listen(JointCommand, "joint_command")
    start_bridge(processes)
    start(processes, dry_run=True)
    status = until(peer, heard, lambda s: any(s.effort), "efforts in the status")
    assert status.learning_paused == "dry run"
    assert not commands


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
