"""The controller node's steps, without ROS: messages are plain objects with the same fields."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.messages.conversions import MessageError
from dynsyn_controller.node.guard import Pilot
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot_file import load_robot, parse_robot

MS = 1_000_000
STALE = 60 * MS
ABSENT = 500 * MS
ROBOT = load_robot(config_path("robots/walker.yaml"))


def header(stamp: int) -> SimpleNamespace:
    seconds, nanoseconds = divmod(stamp, 1000 * MS)
    return SimpleNamespace(stamp=SimpleNamespace(sec=seconds, nanosec=nanoseconds))


def vector(**axes: float) -> SimpleNamespace:
    return SimpleNamespace(**{"x": 0.0, "y": 0.0, "z": 0.0, **axes})


def sensor_messages(stamp: int, hip: float = 0.1, pitch: float = 0.0, x: float = 0.0) -> dict:
    orientation = SimpleNamespace(x=0.0, y=math.sin(pitch / 2), z=0.0, w=math.cos(pitch / 2))
    known = [0.0] * 9
    messages = {
        "joint_states": SimpleNamespace(
            name=["knee_2", "hip_2", "knee_1", "hip_1"],
            position=[0.1, 0.2, 0.3, hip],
            velocity=[0.0] * 4,
            effort=[],
        ),
        "imu": SimpleNamespace(
            orientation=orientation,
            orientation_covariance=known,
            angular_velocity=vector(),
            angular_velocity_covariance=known,
            linear_acceleration=vector(),
            linear_acceleration_covariance=known,
        ),
        "odom": SimpleNamespace(
            pose=SimpleNamespace(
                pose=SimpleNamespace(position=vector(x=x), orientation=orientation)
            ),
            twist=SimpleNamespace(twist=SimpleNamespace(linear=vector(), angular=vector())),
        ),
        "scan": SimpleNamespace(ranges=[1.0] * 10, range_min=0.0, range_max=5.0),
        "contacts": SimpleNamespace(name=["foot_1", "foot_2"], in_contact=[True, False]),
    }
    for message in messages.values():
        message.header = header(stamp)
    return messages


def reward(stamp: int, value: float = 0.0, terminal: bool = False) -> SimpleNamespace:
    return SimpleNamespace(header=header(stamp), value=value, terminal=terminal)


def sense(pilot: Pilot, now: int, value: float = 0.0, terminal: bool = False, **body) -> None:
    for source, message in sensor_messages(now, **body).items():
        pilot.read(source, message, now)
    pilot.read_reward(reward(now, value, terminal), now)


def new_pilot(**options) -> Pilot:
    return Pilot(ROBOT, new_controller(ROBOT, seed=1), **options)


@pytest.fixture
def pilot() -> Pilot:
    return new_pilot()


def tick(pilot: Pilot, now: int) -> np.ndarray:
    return pilot.tick(now, STALE, ABSENT)


def test_waits_for_every_channel_and_the_reward(pilot):
    messages = sensor_messages(5 * MS)
    scan = messages.pop("scan")
    for source, message in messages.items():
        pilot.read(source, message, 1)
    assert not tick(pilot, 2).any()
    assert pilot.missing() == [f"lidar_{ray}" for ray in range(10)] + ["reward"]
    assert pilot.stamp == 0
    pilot.read("scan", scan, 3)
    assert pilot.missing() == ["reward"]
    pilot.read_reward(reward(5 * MS), 4)
    assert pilot.missing() == []
    assert tick(pilot, 5).any()
    assert (pilot.controller.steps, pilot.stamp) == (1, 5 * MS)


def test_lives_what_the_same_controller_lives_alone(pilot):
    alone = new_controller(ROBOT, seed=1)
    for step in range(50):
        sense(pilot, step * 20 * MS, value=0.1 * step, terminal=step == 30, hip=0.01 * step)
        effort = tick(pilot, step * 20 * MS)
        observation = pilot._observation.copy()
        wanted = alone.step(observation, 0.1 * step, step == 30)
        np.testing.assert_array_equal(effort, wanted)
    assert pilot.controller.state.tobytes() == alone.state.tobytes()


def test_rewards_between_two_ticks_add_up(pilot):
    sense(pilot, 0)
    tick(pilot, 0)
    sense(pilot, 1)
    pilot.read_reward(reward(2, 1.5), 2)
    pilot.read_reward(reward(3, -4.0, terminal=True), 3)
    pilot.read_reward(reward(4, 1.0), 4)
    tick(pilot, 5)
    assert pilot.controller.statistics.reward == -1.5
    assert pilot.controller.statistics.episodes == 1
    sense(pilot, 6)
    tick(pilot, 6)
    assert pilot.controller.statistics.reward == 0.0
    assert pilot.controller.statistics.episodes == 1


@pytest.mark.parametrize("silent", ["joint_states", "imu", "odom", "scan", "contacts", "reward"])
def test_any_silent_source_makes_it_stale_and_nothing_is_lived(pilot, silent):
    sense(pilot, 0)
    assert tick(pilot, 0).any()
    later = STALE + 1
    for source, message in sensor_messages(later).items():
        if source != silent:
            pilot.read(source, message, later)
    if silent != "reward":
        pilot.read_reward(reward(later, -100.0), later)
    before = pilot.controller.state.tobytes()
    assert not tick(pilot, later).any()
    assert pilot.stale
    assert pilot.late(later, STALE) == [f"{silent} 0.06 s"]
    assert pilot.controller.state.tobytes() == before
    sense(pilot, later + 1, value=-7.0, terminal=True)
    assert tick(pilot, later + 1).any()
    assert not pilot.stale
    # What happened meanwhile was not the controller's doing; that an episode ended is kept.
    assert pilot.controller.statistics.reward == 0.0
    assert pilot.controller.statistics.episodes == 1


def test_just_not_stale(pilot):
    sense(pilot, 0)
    tick(pilot, 0)
    assert tick(pilot, STALE).any()


def test_emergency_stop_holds_until_rearmed(pilot):
    sense(pilot, 0)
    tick(pilot, 0)
    assert not pilot.stop().any()
    for now in range(1, 10):
        sense(pilot, now, value=-1.0)
        assert not tick(pilot, now).any()
    assert pilot.controller.steps == 1
    pilot.rearm()
    sense(pilot, 10, value=2.0)
    assert tick(pilot, 10).any()
    assert pilot.controller.statistics.reward == 0.0
    sense(pilot, 11, value=3.0)
    tick(pilot, 11)
    assert pilot.controller.statistics.reward == 3.0


def test_slew_limit_holds_on_the_way_to_neutral_but_not_for_a_stop():
    pilot = new_pilot(slew_limit=0.01)
    efforts = []
    for step in range(40):
        sense(pilot, step)
        efforts.append(tick(pilot, step))
    efforts += [tick(pilot, later) for later in range(STALE + 40, STALE + 43)]
    steps = np.abs(np.diff([np.zeros(4), *efforts], axis=0))
    assert steps.max() == pytest.approx(0.8)
    assert efforts[-1].any()
    assert not pilot.stop().any()


def test_frozen_stands_at_its_centres(pilot):
    pilot.learning = False
    for step in range(5):
        sense(pilot, step, value=1.0)
        tick(pilot, step)
    np.testing.assert_array_equal(pilot.controller.weight, pilot.controller.centre)


def test_a_reward_that_is_no_number_is_refused(pilot):
    with pytest.raises(MessageError, match="reward: found nan"):
        pilot.read_reward(reward(0, math.nan), 0)
    assert pilot.missing()[-1] == "reward"


def test_a_reading_beyond_all_numbers_is_refused_by_the_step(pilot):
    sense(pilot, 0)
    tick(pilot, 0)
    sense(pilot, 1)
    message = sensor_messages(1)["odom"]
    message.twist.twist.linear.x = 100.0
    pilot.read("odom", message, 1)
    pilot._observer.scale[:] = 1e307
    assert not tick(pilot, 1).any()
    assert "hull_velocity_x is inf" in pilot.refusal
    assert pilot.controller.steps == 1
    sense(pilot, 2)
    tick(pilot, 2)
    assert pilot.refusal == ""


def answers(pilot: Pilot, order: list[str], stamp: int, value: float = 0.0) -> list:
    """What the pilot answers to the messages of one stamp, in this order."""
    messages = sensor_messages(stamp)
    found = []
    for source in order:
        if source == "reward":
            pilot.read_reward(reward(stamp, value), stamp, add=False)
        else:
            pilot.read(source, messages[source], stamp)
        effort = pilot.answer(source, stamp, ABSENT)
        found.append(None if effort is None else effort.copy())
    return found


SOURCES = ["joint_states", "imu", "odom", "scan", "contacts", "reward"]


@pytest.mark.parametrize("first", range(6))
def test_lockstep_answers_once_all_of_one_stamp_is_there(pilot, first):
    order = SOURCES[first:] + SOURCES[:first]
    for step in range(1, 4):
        found = answers(pilot, order, step * 20 * MS, value=float(step))
        assert [effort is None for effort in found] == [True] * 5 + [False]
        assert pilot.stamp == step * 20 * MS
        assert pilot.controller.steps == step
        if step > 1:  # a lifetime's first step has done nothing yet to be rewarded for
            assert pilot.controller.statistics.reward == step


def test_lockstep_answers_again_without_living_again(pilot):
    (*_, first) = answers(pilot, SOURCES, 20 * MS, value=1.0)
    before = pilot.controller.state.tobytes()
    again = answers(pilot, SOURCES, 20 * MS, value=1.0)
    assert [effort is None for effort in again] == [True] * 5 + [False]
    np.testing.assert_array_equal(again[-1], first)
    assert pilot.controller.state.tobytes() == before
    (*_, second) = answers(pilot, SOURCES, 40 * MS, value=0.5)
    assert second is not None
    assert pilot.controller.statistics.reward == 0.5


def test_lockstep_does_not_mix_two_stamps(pilot):
    answers(pilot, SOURCES, 20 * MS)
    assert answers(pilot, SOURCES[:3], 40 * MS) == [None] * 3
    assert answers(pilot, SOURCES[3:], 60 * MS) == [None] * 3
    assert answers(pilot, SOURCES[:3], 60 * MS)[-1] is not None


def test_lockstep_goes_on_with_a_simulation_that_began_anew(pilot):
    for stamp in (20 * MS, 40 * MS, 20 * MS):
        assert answers(pilot, SOURCES, stamp)[-1] is not None
    assert pilot.controller.steps == 3


def test_lockstep_tells_when_something_has_fallen_silent(pilot):
    pilot.listen(10**12, 1000 * MS)
    assert not pilot.stale  # waiting, not stale
    answers(pilot, SOURCES, 20 * MS)
    answers(pilot, SOURCES[1:], 40 * MS)
    pilot.listen(1020 * MS, 1000 * MS)
    assert not pilot.stale
    pilot.listen(1021 * MS, 1000 * MS)
    assert pilot.stale
    assert pilot.late(1021 * MS, 1000 * MS) == ["joint_states 1.00 s"]


def without(name: str, stamp: int) -> SimpleNamespace:
    """Joint states that leave out one joint."""
    message = sensor_messages(stamp)["joint_states"]
    at = message.name.index(name)
    for values in (message.name, message.position, message.velocity):
        del values[at]
    return message


def test_a_joint_that_vanishes_from_its_message_is_named(pilot):
    sense(pilot, 0)
    tick(pilot, 0)
    for now in (STALE, STALE + 1):
        messages = sensor_messages(now)
        messages["joint_states"] = without("knee_2", now)
        for source, message in messages.items():
            pilot.read(source, message, now)
        pilot.read_reward(reward(now), now)
        effort = tick(pilot, now)
    assert not effort.any()
    assert pilot.stale
    assert pilot.late(now, STALE) == ["knee_2_position 0.06 s", "knee_2_velocity 0.06 s"]


def test_lockstep_does_not_answer_without_a_joint_that_was_there(pilot):
    answers(pilot, SOURCES, 20 * MS)
    assert answers(pilot, SOURCES[1:], 40 * MS) == [None] * 5
    pilot.read("joint_states", without("hip_1", 40 * MS), 40 * MS)
    assert pilot.answer("joint_states", 40 * MS, ABSENT) is None
    later = 1021 * MS
    for source in ("joint_states", *SOURCES[1:]):  # sent again, for want of an answer
        if source == "reward":
            pilot.read_reward(reward(40 * MS), later, add=False)
        elif source == "joint_states":
            pilot.read(source, without("hip_1", 40 * MS), later)
        else:
            pilot.read(source, sensor_messages(40 * MS)[source], later)
    pilot.listen(later, 1000 * MS)
    assert pilot.stale
    assert pilot.late(later, 1000 * MS) == ["hip_1_position 1.00 s", "hip_1_velocity 1.00 s"]


def test_lockstep_answers_a_stop_with_neutral_efforts(pilot):
    answers(pilot, SOURCES, 20 * MS)
    pilot.stop()
    (*_, effort) = answers(pilot, SOURCES, 40 * MS)
    assert not effort.any()
    assert pilot.controller.steps == 1


def test_reward_computed_from_the_observation():
    pilot = new_pilot(computed=True)
    efforts = pilot.effort
    assert "reward" not in pilot.sources
    for step, (x, pitch) in enumerate([(0.0, 0.0), (0.3, 0.0), (0.3, -0.2), (0.3, 1.55)]):
        for source, message in sensor_messages(step, x=x, pitch=pitch).items():
            pilot.read(source, message, step)
        assert tick(pilot, step).any()
        spent = 0.028 * np.abs(efforts / 80.0).sum()
        efforts = pilot.effort
        statistics = pilot.controller.statistics
        if step == 1:
            assert statistics.reward == pytest.approx(0.3 * 130 / 30 - spent)
        elif step == 2:
            assert statistics.reward == pytest.approx(-5.0 * 0.2 - spent)
    assert (statistics.reward, statistics.episodes, statistics.falls) == (-100.0, 1, 1)


def test_an_operators_command_that_does_not_come_is_its_default():
    text = """
name: cart
description: one wheel
control_rate: 50.0
time_scale: 1.65
joints: [{name: wheel, effort_limit: 2.0}]
observation:
  - {name: angle, source: joint_states, joint: wheel, field: position, unit: rad}
  - {name: speed, source: joint_states, joint: wheel, field: velocity, unit: rad/s}
  - {name: order, source: command, field: linear.x, unit: m/s, default: 0.25}
network: {type: walker, hidden: 2, oscillators: 1}
"""
    robot = parse_robot(text)
    pilot = Pilot(robot, new_controller(robot))
    assert pilot.sources == ("joint_states", "command", "reward")

    def sense_joint(now: int) -> None:
        message = SimpleNamespace(
            header=header(now), name=["wheel"], position=[0.0], velocity=[0.0], effort=[]
        )
        pilot.read("joint_states", message, now)
        pilot.read_reward(reward(now), now)

    def order(now: int) -> float:
        sense_joint(now)
        assert tick(pilot, now).any()
        return pilot._observation[2]

    assert order(0) == 0.25
    pilot.read("command", SimpleNamespace(linear=vector(x=1.0), angular=vector()), 10 * MS)
    assert order(20 * MS) == 1.0
    assert order(10 * MS + ABSENT) == 1.0
    assert order(11 * MS + ABSENT) == 0.25
