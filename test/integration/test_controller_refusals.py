"""What the controller node refuses: wrong parameters, files and messages."""

from __future__ import annotations

import math

import pytest
from hand_made_robot import HandMadeRobot
from sensor_msgs.msg import JointState

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot_file import load_robot
from dynsyn_msgs.msg import JointCommand, Status

MODULE = "dynsyn_controller.node.controller_node"
pytestmark = [pytest.mark.usefixtures("ros_domain"), pytest.mark.faults]


@pytest.mark.parametrize(
    ("parameters", "code", "said"),
    [
        ({"robot_fil": "walker"}, 2, "robot_fil: unknown parameter; did you mean 'robot_file'?"),
        ({}, 2, "robot_file: missing"),
        pytest.param(
            {"robot_file": "/nowhere/walker.yaml"}, 2, "cannot be read", marks=pytest.mark.long
        ),
        ({"robot_file": "wlaker"}, 2, "walker.yaml"),
        pytest.param(
            {"robot_file": "walker", "seed": -1}, 2, "seed: found -1", marks=pytest.mark.long
        ),
        ({"robot_file": "walker", "stale_periods": 0.0}, 2, "stale_periods: found 0.0"),
        pytest.param(
            {"robot_file": "walker", "preset": "autors"},
            2,
            "preset: found 'autors'",
            marks=pytest.mark.long,
        ),
        ({"robot_file": "walker", "settings": "learner.learning_rte=1"}, 2, "learning_rate"),
        pytest.param(
            {"robot_file": "walker", "settings": "learning_rate"},
            2,
            "expected name=value",
            marks=pytest.mark.long,
        ),
        pytest.param(
            {"robot_file": "walker", "modules": 3},
            2,
            "fixed number of modules",
            marks=pytest.mark.long,
        ),
        ({"robot_file": "walker", "effort_topic": "a b"}, 2, "effort_topic"),
        ({"robot_file": "walker", "checkpoint_path": "/nowhere/a.ckpt"}, 1, "no folder /nowhere"),
        (
            {"robot_file": "walker", "qos_overrides./lidar.subscription.reliability": "reliable"},
            2,
            "qos_overrides./lidar.subscription.reliability: unknown parameter",
        ),
        (
            {"robot_file": "walker", "qos_overrides./imu.subscription.reliability": "seldom"},
            2,
            "qos_overrides./imu.subscription.reliability: found 'seldom', expected one of reliable",
        ),
        (
            {"robot_file": "walker", "qos_overrides./imu.subscription.depth": -3},
            2,
            "qos_overrides./imu.subscription.depth: found -3, expected a whole number from 1",
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
def test_wrong_parameters_end_it_in_one_line(processes, parameters, code, said):
    controller = processes.start_node(MODULE, **parameters)
    assert controller.wait() == code, controller.output
    (line,) = controller.output.splitlines()
    assert line.startswith("controller_node: error: ")
    assert said in line


def test_wrong_arguments_end_it_in_one_line(processes):
    controller = processes.start_node(MODULE, "--robot", "walker", robot_file="walker")
    assert controller.wait() == 2
    (line,) = controller.output.splitlines()
    assert "'--robot'" in line


@pytest.mark.parametrize("what", ["damaged", "cut short", "another network"])
def test_a_wrong_checkpoint_is_refused_and_left_alone(processes, tmp_path, what):
    robot = load_robot(config_path("robots/walker.yaml"))
    path = tmp_path / "life.ckpt"
    checkpoint.save(path, robot, new_controller(robot, "paper"))
    data = path.read_bytes()
    if what == "damaged":
        middle = len(data) // 2
        data = (
            data[:middle]
            + bytes(byte ^ 0xFF for byte in data[middle : middle + 64])
            + data[middle + 64 :]
        )
    elif what == "cut short":
        data = data[: len(data) // 2]
    path.write_bytes(data)
    preset = {"preset": "authors"} if what == "another network" else {}
    controller = processes.start_node(MODULE, robot_file="walker", checkpoint_path=path, **preset)
    assert controller.wait() == 1, controller.output
    (line,) = controller.output.splitlines()
    assert f"checkpoint {path}: " in line
    assert ("another network" if preset else "damaged") in line
    assert path.read_bytes() == data


def test_says_which_channels_are_missing_and_waits_for_them(processes, peer):
    commands = peer.listen(JointCommand, "joint_command")
    heard = peer.listen(Status, "dynsyn/status")
    controller = processes.start_node(MODULE, robot_file="walker", stale_periods=1000.0)
    robot = HandMadeRobot(peer)
    robot.publish("joint_states", "odom", "scan", "contacts", "reward")
    names = ["hull_angle", "hull_angular_velocity"]
    peer.wait_for(lambda: heard and heard[-1].waiting_for == names, "what is missing")
    peer.wait_for(lambda: "waiting for topic /imu" in controller.output, "the log")
    assert heard[-1].steps == 0
    assert commands
    assert not any(any(c.effort) or c.header.stamp.sec for c in commands)
    robot.publish("imu")
    peer.wait_for(lambda: heard[-1].steps > 5, "steps")
    assert heard[-1].waiting_for == []
    assert "order of its sender: 0 knee_2, 1 hip_2, 2 knee_1, 3 hip_1" in controller.output


@pytest.mark.parametrize(
    ("topic", "spoil", "said"),
    [
        pytest.param(
            "imu",
            lambda m: setattr(m.angular_velocity, "y", math.nan),
            "angular_velocity",
            marks=pytest.mark.long,
        ),
        ("joint_states", lambda m: m.position.__setitem__(3, math.nan), "hip_1"),
        pytest.param(
            "scan", lambda m: m.ranges.pop(), "9 rays, expected 10", marks=pytest.mark.long
        ),
        ("joint_states", lambda m: m.velocity.__setitem__(1, 2e253), "velocity of hip_2: found 2e"),
        pytest.param(
            "odom",
            lambda m: setattr(m.twist.twist.linear, "x", -1e4),
            "expected -1000 to 1000 m/s",
            marks=pytest.mark.long,
        ),
        ("reward", lambda m: setattr(m, "value", math.nan), "reward: found nan"),
    ],
)
def test_a_reading_that_cannot_be_is_refused(processes, peer, topic, spoil, said):
    heard = peer.listen(Status, "dynsyn/status")
    commands = peer.listen(JointCommand, "joint_command")
    # Long enough for a test that shares the machine; what is stale after it is that one topic.
    controller = processes.start_node(MODULE, robot_file="walker", stale_periods=25.0)
    robot = HandMadeRobot(peer)

    def until(true, what: str) -> None:
        peer.wait_for(lambda: robot.publish() or true(), what)

    until(lambda: heard and heard[-1].steps > 5, "steps")
    spoil(robot.messages[topic])
    until(lambda: heard[-1].stale, "stale")
    steps = heard[-1].steps
    del heard[:], commands[:]
    until(lambda: len(heard) > 3 and len(commands) > 3, "status while stale")
    assert {status.steps for status in heard} == {steps}
    assert not any(any(command.effort) for command in commands)
    assert all(math.isfinite(status.reward) for status in heard)
    refusals = [line for line in controller.output.splitlines() if "refused: " in line]
    assert refusals
    assert all(topic in line and said in line for line in refusals)
    assert len(refusals) < 3  # throttled


def leave_out(message: JointState, name: str) -> None:
    """Take a joint out of its message."""
    at = message.name.index(name)
    for values in (message.name, message.position, message.velocity):
        del values[at]


@pytest.mark.parametrize(
    ("topic", "spoil", "said"),
    [
        ("joint_states", lambda m: leave_out(m, "knee_1"), ["knee_1_position", "knee_1_velocity"]),
        ("scan", lambda m: m.ranges.__setitem__(2, math.nan), ["lidar_2"]),
    ],
)
def test_a_reading_that_vanishes_from_its_message_is_named(processes, peer, topic, spoil, said):
    heard = peer.listen(Status, "dynsyn/status")
    controller = processes.start_node(MODULE, robot_file="walker", stale_periods=25.0)
    robot = HandMadeRobot(peer)

    def until(true, what: str) -> None:
        peer.wait_for(lambda: robot.publish() or true(), what)

    until(lambda: heard and heard[-1].steps > 5, "steps")
    spoil(robot.messages[topic])
    until(lambda: heard[-1].stale, "stale")
    until(lambda: "stale: " in controller.output, "the log")
    (line,) = (line for line in controller.output.splitlines() if "stale: " in line)
    assert [word for word in line.split() if word.startswith(topic) or "_" in word] == said


def test_each_order_of_two_senders_of_joints_is_said_once(processes, peer):
    heard = peer.listen(Status, "dynsyn/status")
    controller = processes.start_node(MODULE, robot_file="walker", stale_periods=1000.0)
    robot = HandMadeRobot(peer)
    joints = robot.messages["joint_states"]
    legs = (["hip_1", "knee_1"], ["knee_2", "hip_2"])

    def publish_in_turn() -> None:
        for leg in legs:
            joints.name, joints.position, joints.velocity = leg, [0.1] * 2, [0.2] * 2
            robot.publish("joint_states")
        robot.publish("imu", "odom", "scan", "contacts", "reward")

    peer.wait_for(lambda: publish_in_turn() or (heard and heard[-1].steps > 60), "steps")
    said = [line for line in controller.output.splitlines() if "joint_states: order" in line]
    orders = sorted(line.split("sender: ")[1] for line in said)
    assert orders == ["0 hip_1, 1 knee_1", "0 knee_2, 1 hip_2"]
