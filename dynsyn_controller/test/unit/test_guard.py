"""The controller node's steps in real time, without ROS."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from walker_guard import (
    ABSENT,
    MS,
    ROBOT,
    STALE,
    header,
    new_guard,
    reward,
    sense,
    sensor_messages,
    tick,
    vector,
    without,
)

from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.messages.conversions import MessageError
from dynsyn_controller.node.freshness import FRESH_STEPS
from dynsyn_controller.node.guard import Guard
from dynsyn_controller.robot.robot_file import parse_robot

pytestmark = pytest.mark.faults


@pytest.fixture
def guard() -> Guard:
    return new_guard()


def test_waits_for_every_channel_and_the_reward(guard):
    messages = sensor_messages(5 * MS)
    scan = messages.pop("scan")
    for source, message in messages.items():
        guard.read(source, message, 1)
    assert not tick(guard, 2).any()
    assert guard.senses.missing() == [f"lidar_{ray}" for ray in range(10)] + ["reward"]
    assert guard.stamp == 0
    guard.read("scan", scan, 3)
    assert guard.senses.missing() == ["reward"]
    guard.read_reward(reward(5 * MS), 4)
    assert guard.senses.missing() == []
    assert tick(guard, 5).any()
    assert (guard.lifetime.controller.steps, guard.stamp) == (1, 5 * MS)


def test_lives_what_the_same_controller_lives_alone(guard):
    alone = new_controller(ROBOT, seed=1)
    for step in range(50):
        sense(guard, step * 20 * MS, value=0.1 * step, terminal=step == 30, hip=0.01 * step)
        effort = tick(guard, step * 20 * MS)
        observation = guard.senses.observation.copy()
        wanted = alone.step(observation, 0.1 * step, step == 30)
        np.testing.assert_array_equal(effort, wanted)
    assert guard.lifetime.controller.state.tobytes() == alone.state.tobytes()


def test_rewards_between_two_ticks_add_up(guard):
    sense(guard, 0)
    tick(guard, 0)
    sense(guard, 1)
    guard.read_reward(reward(2, 1.5), 2)
    guard.read_reward(reward(3, -4.0, terminal=True), 3)
    guard.read_reward(reward(4, 1.0), 4)
    tick(guard, 5)
    assert guard.lifetime.controller.statistics.reward == -1.5
    assert guard.lifetime.controller.statistics.episodes == 1
    sense(guard, 6)
    tick(guard, 6)
    assert guard.lifetime.controller.statistics.reward == 0.0
    assert guard.lifetime.controller.statistics.episodes == 1


@pytest.mark.parametrize("silent", ["joint_states", "imu", "odom", "scan", "contacts", "reward"])
def test_any_silent_source_makes_it_stale_and_nothing_is_lived(guard, silent):
    sense(guard, 0)
    assert tick(guard, 0).any()
    later = STALE + 1
    for source, message in sensor_messages(later).items():
        if source != silent:
            guard.read(source, message, later)
    if silent != "reward":
        guard.read_reward(reward(later, -100.0), later)
    before = guard.lifetime.controller.state.tobytes()
    assert not tick(guard, later).any()
    assert guard.stale
    assert guard.freshness.late(later, STALE) == [f"{silent} 0.06 s"]
    assert guard.lifetime.controller.state.tobytes() == before
    for step in range(1, FRESH_STEPS):  # a margin, so that it does not switch on and off
        sense(guard, later + step, value=-7.0, terminal=step == 1)
        assert not tick(guard, later + step).any()
        assert guard.stale
    sense(guard, later + FRESH_STEPS, value=-7.0)
    assert tick(guard, later + FRESH_STEPS).any()
    assert not guard.stale
    # What happened meanwhile was not the controller's doing; that an episode ended is kept.
    assert guard.lifetime.controller.statistics.reward == 0.0
    assert guard.lifetime.controller.statistics.episodes == 1


def test_just_not_stale(guard):
    sense(guard, 0)
    tick(guard, 0)
    assert tick(guard, STALE).any()


def test_emergency_stop_holds_until_rearmed(guard):
    sense(guard, 0)
    tick(guard, 0)
    assert not guard.stop().any()
    for now in range(1, 10):
        sense(guard, now, value=-1.0)
        assert not tick(guard, now).any()
    assert guard.lifetime.controller.steps == 1
    guard.arming.rearm()
    sense(guard, 10, value=2.0)
    assert tick(guard, 10).any()
    assert guard.lifetime.controller.statistics.reward == 0.0
    sense(guard, 11, value=3.0)
    tick(guard, 11)
    assert guard.lifetime.controller.statistics.reward == 3.0


def test_slew_limit_holds_on_the_way_to_neutral_but_not_for_a_stop():
    guard = new_guard(slew_limit=0.01)
    efforts = []
    for step in range(40):
        sense(guard, step)
        efforts.append(tick(guard, step))
    efforts += [tick(guard, later) for later in range(STALE + 40, STALE + 43)]
    steps = np.abs(np.diff([np.zeros(4), *efforts], axis=0))
    assert steps.max() == pytest.approx(0.8)
    assert efforts[-1].any()
    assert not guard.stop().any()


def test_frozen_stands_at_its_centres(guard):
    guard.learning = False
    for step in range(5):
        sense(guard, step, value=1.0)
        tick(guard, step)
    np.testing.assert_array_equal(
        guard.lifetime.controller.weight, guard.lifetime.controller.quantity("centre")
    )


def test_a_reward_that_is_no_number_is_refused(guard):
    with pytest.raises(MessageError, match="reward: found nan"):
        guard.read_reward(reward(0, math.nan), 0)
    assert guard.senses.missing()[-1] == "reward"


def test_a_reading_beyond_all_numbers_is_refused_by_the_step():
    document = yaml.safe_load(ROBOT.source)
    (channel,) = [c for c in document["observation"] if c.get("field") == "twist.linear.x"]
    channel["scale"] = 1e307
    robot = parse_robot(yaml.safe_dump(document))
    guard = Guard(robot, new_controller(robot, seed=1))
    sense(guard, 0)
    tick(guard, 0)
    sense(guard, 1)
    message = sensor_messages(1)["odom"]
    message.twist.twist.linear.x = 100.0
    guard.read("odom", message, 1)
    assert not tick(guard, 1).any()
    assert guard.held == "refused observation"
    assert guard.lifetime.controller.steps == 1
    sense(guard, 2)
    tick(guard, 2)
    assert guard.held == ""


def test_an_observation_is_whole_with_its_last_message_and_once(guard):
    for now in (20 * MS, 40 * MS):
        *first, last = sensor_messages(now).items()
        for source, message in first:
            guard.read(source, message, now)
            assert not guard.makes_whole(source)
        guard.read_reward(reward(now), now)
        assert not guard.makes_whole("reward")  # another came before, and one is missing
        guard.read(*last, now)
        assert guard.makes_whole(last[0])
        guard.tick(now, STALE, ABSENT)
        assert guard.stamp == now
        assert not guard.makes_whole(last[0])
    guard.read("imu", sensor_messages(50 * MS)["imu"], 50 * MS)
    assert not guard.makes_whole("imu")  # a sensor of another rate


def test_a_joint_that_vanishes_from_its_message_is_named(guard):
    sense(guard, 0)
    tick(guard, 0)
    for now in (STALE // 3, 2 * STALE // 3, STALE, STALE + 1):
        messages = sensor_messages(now)
        messages["joint_states"] = without("knee_2", now)
        for source, message in messages.items():
            guard.read(source, message, now)
        guard.read_reward(reward(now), now)
        effort = tick(guard, now)
    assert not effort.any()
    assert guard.stale
    assert guard.freshness.late(now, STALE) == ["knee_2_position 0.06 s", "knee_2_velocity 0.06 s"]


def test_reward_computed_from_the_observation():
    guard = new_guard(computed=True)
    efforts = guard.effort
    assert "reward" not in guard.senses.sources
    for step, (x, pitch) in enumerate([(0.0, 0.0), (0.3, 0.0), (0.3, -0.2), (0.3, 1.55)]):
        for source, message in sensor_messages(step, x=x, pitch=pitch).items():
            guard.read(source, message, step)
        assert tick(guard, step).any()
        spent = 0.028 * np.abs(efforts / 80.0).sum()
        efforts = guard.effort
        statistics = guard.lifetime.controller.statistics
        if step == 1:
            assert statistics.reward == pytest.approx(0.3 * 130 / 30 - spent)
        elif step == 2:
            assert statistics.reward == pytest.approx(-5.0 * 0.2 - spent)
    assert (statistics.reward, statistics.episodes, statistics.falls) == (-100.0, 1, 1)


def test_an_operators_command_that_does_not_come_is_its_default():
    text = """
name: cart
description: two wheels
control_rate: 50.0
time_scale: 1.65
joints: [{name: left, effort_limit: 2.0}, {name: right, effort_limit: 2.0}]
observation:
  - {name: angle, source: joint_states, joint: left, field: position, unit: rad}
  - {name: speed, source: joint_states, joint: left, field: velocity, unit: rad/s}
  - {name: other_angle, source: joint_states, joint: right, field: position, unit: rad}
  - {name: other_speed, source: joint_states, joint: right, field: velocity, unit: rad/s}
  - {name: order, source: command, field: linear.x, unit: m/s, default: 0.25}
network: {type: walker, hidden: 2, oscillators: 1}
"""
    robot = parse_robot(text)
    guard = Guard(robot, new_controller(robot))
    assert guard.senses.sources == ("joint_states", "command", "reward")

    def sense_joint(now: int) -> None:
        message = SimpleNamespace(
            header=header(now),
            name=["left", "right"],
            position=[0.0] * 2,
            velocity=[0.0] * 2,
            effort=[],
        )
        guard.read("joint_states", message, now)
        guard.read_reward(reward(now), now)

    def order(now: int) -> float:
        for _ in range(FRESH_STEPS):
            sense_joint(now)
            tick(guard, now)
        assert guard.held == ""
        return guard.senses.observation[4]

    assert order(0) == 0.25
    guard.read("command", SimpleNamespace(linear=vector(x=1.0), angular=vector()), 10 * MS)
    assert order(20 * MS) == 1.0
    assert guard.learning_paused == "an operator commands"
    assert order(10 * MS + ABSENT) == 1.0
    assert order(11 * MS + ABSENT) == 0.25
    assert guard.learning_paused == ""
