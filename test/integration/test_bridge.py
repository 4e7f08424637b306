"""The bridge as a real process, over DDS."""

from __future__ import annotations

import math
import sys
import time

import numpy as np
import pytest
from nav_msgs.msg import Odometry
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Imu, JointState, LaserScan
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import SetBool

from dynsyn_controller.messages.conversions import SensorReader, stamp_nanoseconds
from dynsyn_msgs.msg import Contacts, JointCommand, Reward
from dynsyn_msgs.srv import Reset, Step
from dynsyn_sim_bridge.robots.registry import entry
from dynsyn_sim_bridge.simulation import Simulation

pytestmark = pytest.mark.faults

MODULE = "dynsyn_sim_bridge.bridge_node"
JOINTS = ["hip_1", "knee_1", "hip_2", "knee_2"]
PERIOD = 20_000_000
WITHOUT_EVENTS_EXECUTOR = """
import sys
sys.modules["rclpy.experimental"] = None  # as in Jazzy, which has no such module
from dynsyn_sim_bridge.program import bridge_node
bridge_node()
"""
SENSORS = {
    "joint_states": JointState,
    "imu": Imu,
    "odom": Odometry,
    "scan": LaserScan,
    "contacts": Contacts,
}


@pytest.fixture(params=["events executor", "single-threaded executor"])
def start_bridge(request, processes):
    """Starts the bridge on each of the executors that it can run on."""
    if request.param == "events executor":
        return lambda *arguments: processes.start([sys.executable, "-m", MODULE, *arguments])
    command = [sys.executable, "-c", WITHOUT_EVENTS_EXECUTOR]
    return lambda *arguments: processes.start([*command, *arguments])


def stamp(message) -> int:
    return stamp_nanoseconds(message.header.stamp)


def will(seed: int = 0):
    """Efforts that make the walker move and fall, the same every time."""
    generator = np.random.default_rng(seed)
    while True:
        yield generator.uniform(-80.0, 80.0, 4)


class Controller:
    """A plain lockstep controller: answers each observation with the next effort of a list.

    Attributes:
        lived: for each stamp answered: stamp, sensor vector, reward, terminal.
    """

    def __init__(self, peer, efforts) -> None:
        self._efforts = efforts
        layout = entry("walker").create().layout
        self._reader = SensorReader(layout, (), layout.blocks)
        self._reward = Reward()
        self.lived: list[tuple[int, bytes, float, bool]] = []
        for topic, kind in SENSORS.items():
            peer.listen(kind, topic, lambda message, topic=topic: self._sense(topic, message))
        peer.listen(Reward, "reward", self._rewarded)
        self._publisher = peer.publisher(JointCommand, "joint_command")

    def _sense(self, topic: str, message) -> None:
        self._reader.read(topic, message, time.monotonic_ns())
        self._answer()

    def _rewarded(self, message: Reward) -> None:
        self._reward = message
        self._answer()

    def _answer(self) -> None:
        now = stamp(self._reward)
        if now == 0 or not self._reader.complete(now):
            return
        if self.lived and self.lived[-1][0] == now:
            return
        sensors = self._reader.sensors.tobytes()
        self.lived.append((now, sensors, self._reward.value, self._reward.terminal))
        command = JointCommand(name=JOINTS[::-1], effort=next(self._efforts)[::-1].tolist())
        command.header.stamp = self._reward.header.stamp
        self._publisher.publish(command)


def test_publishes_a_robot_in_si_units(processes, peer):
    heard = {topic: peer.listen(kind, topic) for topic, kind in SENSORS.items()}
    heard["reward"] = peer.listen(Reward, "reward")
    processes.start_node(MODULE)
    peer.wait_for(lambda: all(len(messages) > 20 for messages in heard.values()), "all topics")
    joints, imu, odom = (heard[topic][-1] for topic in ("joint_states", "imu", "odom"))
    scan, contacts = heard["scan"][-1], heard["contacts"][-1]
    assert list(joints.name) == JOINTS
    assert all(len(v) == 4 for v in (joints.position, joints.velocity, joints.effort))
    for knee in (1, 3):
        assert -1.7 < joints.position[knee] < 0.0
    q = imu.orientation
    assert math.hypot(q.x, q.y, q.z, q.w) == pytest.approx(1.0)
    assert (q.x, q.z) == (0.0, 0.0)
    assert imu.linear_acceleration_covariance[0] == -1.0
    assert odom.child_frame_id == "base_stabilized"
    assert 0.0 < odom.pose.pose.position.x < 90.0
    assert len(scan.ranges) == 10
    assert scan.range_max == np.float32(160 / 30)
    assert all(0.0 < r <= scan.range_max or r == math.inf for r in scan.ranges)
    assert list(contacts.name) == ["foot_1", "foot_2"]
    assert {stamp(messages[-1]) for messages in heard.values()} <= {
        stamp(message) for message in heard["reward"]
    }


@pytest.mark.realtime
def test_real_time_keeps_its_rate_and_the_clock_of_the_node(processes, peer):
    rewards = peer.listen(Reward, "reward")
    processes.start_node(MODULE)
    peer.wait_for(lambda: len(rewards) > 10, "rewards")
    first = len(rewards)
    begin = time.monotonic()
    peer.wait_for(lambda: len(rewards) >= first + 100, "2 s of rewards")
    assert 100 / (time.monotonic() - begin) == pytest.approx(50.0, rel=0.04)
    assert abs(stamp(rewards[-1]) - time.time_ns()) < 1e9


@pytest.mark.realtime
def test_realtime_factor_scales_rate_and_publishes_clock(processes, peer):
    rewards = peer.listen(Reward, "reward")
    clock = peer.listen(Clock, "/clock")
    processes.start_node(MODULE, realtime_factor=2.0)
    peer.wait_for(lambda: len(clock) > 10, "/clock")
    first = len(rewards)
    begin = time.monotonic()
    peer.wait_for(lambda: len(rewards) >= first + 150, "1.5 s of rewards")
    assert 150 / (time.monotonic() - begin) == pytest.approx(100.0, rel=0.06)
    assert np.unique(np.diff([stamp(reward) for reward in rewards])).tolist() == [PERIOD]
    assert stamp_nanoseconds(clock[-1].clock) <= stamp(rewards[-1])


@pytest.mark.realtime
@pytest.mark.parametrize("by_topic", [False, True])
def test_command_is_applied_then_times_out_to_zero(processes, peer, by_topic):
    states = peer.listen(JointState, "joint_states")
    parameters = {"effort_topic": "effort_controller/commands"} if by_topic else {}
    processes.start_node(MODULE, command_timeout=0.3, **parameters)
    if by_topic:
        publisher = peer.publisher(Float64MultiArray, "effort_controller/commands")
        publisher.publish(Float64MultiArray(data=[10.0, -20.0, 30.0, -400.0]))
    else:
        publisher = peer.publisher(JointCommand, "joint_command")
        command = JointCommand(name=JOINTS[::-1], effort=[-400.0, 30.0, -20.0, 10.0])
        publisher.publish(command)
    applied = [10.0, -20.0, 30.0, -80.0]  # by name, and clamped
    peer.wait_for(lambda: states and list(states[-1].effort) == applied, "the effort")
    peer.wait_for(lambda: list(states[-1].effort) == [0.0] * 4, "zero effort")
    held = [stamp(state) for state in states if list(state.effort) == applied]
    assert 0.15 < (stamp(states[-1]) - held[0]) / 1e9 < 0.6  # 0.3, seen on a busy machine


def test_malformed_commands_count_as_none(processes, peer):
    states = peer.listen(JointState, "joint_states")
    bridge = processes.start_node(MODULE, effort_topic="efforts")
    by_name = peer.publisher(JointCommand, "joint_command")
    by_order = peer.publisher(Float64MultiArray, "efforts")
    peer.wait_for(lambda: len(states) > 1, "joint states")
    bad = [
        JointCommand(name=JOINTS[:3], effort=[9.0] * 3),
        JointCommand(name=[*JOINTS[:3], "tail"], effort=[9.0] * 4),
        JointCommand(name=JOINTS, effort=[9.0, 9.0, 9.0, math.nan]),
        JointCommand(name=JOINTS, effort=[9.0]),
        JointCommand(),
    ]
    for command in bad:
        by_name.publish(command)
    by_order.publish(Float64MultiArray(data=[9.0] * 5))
    by_order.publish(Float64MultiArray(data=[math.inf] * 4))
    seen = len(states)
    peer.wait_for(lambda: len(states) > seen + 20, "joint states")
    assert all(list(state.effort) == [0.0] * 4 for state in states)
    by_name.publish(JointCommand(name=JOINTS, effort=[7.0] * 4))
    peer.wait_for(lambda: list(states[-1].effort) == [7.0] * 4, "the good command's effort")
    assert "refused: command: found joints hip_1, knee_1, hip_2, expected" in bridge.output


def test_lockstep_is_the_simulation_itself_bit_for_bit(processes, peer):
    """Over falls: sensors, rewards and stamps are those of the same simulation without ROS."""
    clock = peer.listen(Clock, "/clock")
    processes.start_node(MODULE, lockstep=True, seed=3)
    controller = Controller(peer, will())
    peer.wait_for(lambda: len(controller.lived) >= 300, "300 control steps")
    simulation, efforts = Simulation(entry("walker").create(), seed=3), will()
    for step, (now, sensors, reward, terminal) in enumerate(controller.lived, start=1):
        assert now == step * PERIOD
        assert sensors == simulation.sensors.tobytes()
        assert (reward, terminal) == (simulation.reward, simulation.terminal)
        simulation.advance(next(efforts))
    assert simulation.falls > 0
    assert np.unique(np.diff([stamp_nanoseconds(tick.clock) for tick in clock])).tolist() == [
        PERIOD
    ]


def test_lockstep_waits_and_repeats_itself(processes, peer):
    """Without an answer the same observation comes again; a wrong stamp is no answer."""
    rewards = peer.listen(Reward, "reward")
    processes.start_node(MODULE, lockstep=True)
    publisher = peer.publisher(JointCommand, "joint_command")
    peer.wait_for(lambda: len(rewards) >= 3, "repeated rewards")
    assert {stamp(reward) for reward in rewards} == {PERIOD}
    command = JointCommand(name=JOINTS, effort=[1.0] * 4)
    for wrong in (0, 2 * PERIOD):
        command.header.stamp.nanosec = wrong
        publisher.publish(command)
    seen = len(rewards)
    peer.wait_for(lambda: len(rewards) >= seen + 2, "repeated rewards")
    assert {stamp(reward) for reward in rewards} == {PERIOD}
    command.header.stamp.nanosec = PERIOD
    publisher.publish(command)
    peer.wait_for(lambda: stamp(rewards[-1]) == 2 * PERIOD, "the next observation")


def test_pause_and_step(start_bridge, peer):
    start_bridge("--ros-args", "-p", "lockstep:=true")
    controller = Controller(peer, will())
    peer.wait_for(lambda: len(controller.lived) > 50, "control steps")
    refused = peer.call(Step, "sim/step", Step.Request(n=5))
    assert (refused.success, refused.message) == (False, "not paused: call sim/pause first")
    assert peer.call(SetBool, "sim/pause", SetBool.Request(data=True)).message == "paused"
    assert not peer.call(Step, "sim/step", Step.Request(n=0)).success
    before = peer.call(Step, "sim/step", Step.Request(n=1)).steps
    answer = peer.call(Step, "sim/step", Step.Request(n=7))
    assert (answer.success, answer.steps) == (True, before + 7)
    peer.wait_for(lambda: controller.lived[-1][0] == (before + 8) * PERIOD, "the last observation")
    peer.listen_for(0.5)  # it stands still
    assert controller.lived[-1][0] == (before + 8) * PERIOD
    peer.call(SetBool, "sim/pause", SetBool.Request(data=False))
    peer.wait_for(lambda: controller.lived[-1][0] > (before + 50) * PERIOD, "control steps")


def test_pause_interrupts_steps_in_real_time(start_bridge, peer):
    rewards = peer.listen(Reward, "reward")
    start_bridge()
    peer.wait_for(lambda: len(rewards) > 1, "rewards")
    peer.call(SetBool, "sim/pause", SetBool.Request(data=True))
    asked = peer.begin(Step, "sim/step", Step.Request(n=100_000))
    seen = len(rewards)
    peer.wait_for(lambda: len(rewards) > seen + 5, "steps")
    assert not peer.call(Step, "sim/step", Step.Request(n=1)).success
    peer.call(SetBool, "sim/pause", SetBool.Request(data=True))
    answer = peer.finish(asked, "sim/step")
    assert (answer.success, answer.message) == (False, "interrupted by sim/pause")
    assert 5 <= answer.steps < 100_000


def test_reset_puts_the_body_back_and_says_so(processes, peer):
    processes.start_node(MODULE, lockstep=True)
    controller = Controller(peer, will())
    start = Simulation(entry("walker").create(), seed=9).sensors.tobytes()
    peer.wait_for(lambda: len(controller.lived) > 30, "control steps")
    assert peer.call(Reset, "sim/reset", Reset.Request(seed=9)).success
    # The answer may overtake the messages of the body put back.
    peer.wait_for(lambda: start in {lived[1] for lived in controller.lived}, "the body's start")
    known = len(controller.lived)
    peer.wait_for(lambda: len(controller.lived) > known + 30, "control steps")
    found = [lived for lived in controller.lived if lived[1] == start]
    assert len(found) == 1
    assert found[0][2:] == (0.0, True)
    known = len(controller.lived)
    assert peer.call(Reset, "sim/reset", Reset.Request()).success  # carries on with the courses
    since = len(controller.lived)
    peer.wait_for(lambda: len(controller.lived) > since + 30, "control steps")
    first = Simulation(entry("walker").create(), seed=0).sensors.tobytes()
    assert first not in {lived[1] for lived in controller.lived[known:]}
    refused = peer.call(Reset, "sim/reset", Reset.Request(seed=-2))
    assert (refused.success, refused.message) == (False, "seed: found -2, expected -1 or more")


def test_reset_in_real_time(processes, peer):
    rewards = peer.listen(Reward, "reward")
    odom = peer.listen(Odometry, "odom")
    processes.start_node(MODULE)
    peer.wait_for(lambda: len(rewards) > 5, "rewards")
    del rewards[:], odom[:]
    assert peer.call(Reset, "sim/reset", Reset.Request(seed=1)).success
    peer.wait_for(lambda: any(r.terminal and r.value == 0.0 for r in rewards), "the reward of it")
