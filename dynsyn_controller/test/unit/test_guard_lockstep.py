"""The controller node's answers in lockstep, without ROS."""

from __future__ import annotations

import numpy as np
import pytest
from walker_guard import ABSENT, MS, new_guard, reward, sensor_messages, without

from dynsyn_controller.node.guard import Guard

pytestmark = pytest.mark.faults


@pytest.fixture
def guard() -> Guard:
    return new_guard()


def answers(guard: Guard, order: list[str], stamp: int, value: float = 0.0) -> list:
    """What the guard answers to the messages of one stamp, in this order."""
    messages = sensor_messages(stamp)
    found = []
    for source in order:
        if source == "reward":
            guard.read_reward(reward(stamp, value), stamp, add=False)
        else:
            guard.read(source, messages[source], stamp)
        effort = guard.answer(source, stamp, ABSENT)
        found.append(None if effort is None else effort.copy())
    return found


SOURCES = ["joint_states", "imu", "odom", "scan", "contacts", "reward"]


@pytest.mark.parametrize("first", range(6))
def test_lockstep_answers_once_all_of_one_stamp_is_there(guard, first):
    order = SOURCES[first:] + SOURCES[:first]
    for step in range(1, 4):
        found = answers(guard, order, step * 20 * MS, value=float(step))
        assert [effort is None for effort in found] == [True] * 5 + [False]
        assert guard.stamp == step * 20 * MS
        assert guard.lifetime.controller.steps == step
        if step > 1:  # a lifetime's first step has done nothing yet to be rewarded for
            assert guard.lifetime.controller.statistics.reward == step


def test_lockstep_answers_again_without_living_again(guard):
    (*_, first) = answers(guard, SOURCES, 20 * MS, value=1.0)
    before = guard.lifetime.controller.state.tobytes()
    again = answers(guard, SOURCES, 20 * MS, value=1.0)
    assert [effort is None for effort in again] == [True] * 5 + [False]
    np.testing.assert_array_equal(again[-1], first)
    assert guard.lifetime.controller.state.tobytes() == before
    (*_, second) = answers(guard, SOURCES, 40 * MS, value=0.5)
    assert second is not None
    assert guard.lifetime.controller.statistics.reward == 0.5


def test_lockstep_does_not_mix_two_stamps(guard):
    answers(guard, SOURCES, 20 * MS)
    assert answers(guard, SOURCES[:3], 40 * MS) == [None] * 3
    assert answers(guard, SOURCES[3:], 60 * MS) == [None] * 3
    assert answers(guard, SOURCES[:3], 60 * MS)[-1] is not None


def test_lockstep_goes_on_with_a_simulation_that_began_anew(guard):
    for stamp in (20 * MS, 40 * MS, 20 * MS):
        assert answers(guard, SOURCES, stamp)[-1] is not None
    assert guard.lifetime.controller.steps == 3


def test_lockstep_tells_when_something_has_fallen_silent(guard):
    guard.listen(10**12, 1000 * MS)
    assert not guard.stale  # waiting, not stale
    answers(guard, SOURCES, 20 * MS)
    answers(guard, SOURCES[1:], 40 * MS)
    guard.listen(1020 * MS, 1000 * MS)
    assert not guard.stale
    guard.listen(1021 * MS, 1000 * MS)
    assert guard.stale
    assert guard.freshness.late(1021 * MS, 1000 * MS) == ["joint_states 1.00 s"]


def test_lockstep_does_not_answer_without_a_joint_that_was_there(guard):
    answers(guard, SOURCES, 20 * MS)
    assert answers(guard, SOURCES[1:], 40 * MS) == [None] * 5
    guard.read("joint_states", without("hip_1", 40 * MS), 40 * MS)
    assert guard.answer("joint_states", 40 * MS, ABSENT) is None
    later = 1021 * MS
    for source in ("joint_states", *SOURCES[1:]):  # sent again, for want of an answer
        if source == "reward":
            guard.read_reward(reward(40 * MS), later, add=False)
        elif source == "joint_states":
            guard.read(source, without("hip_1", 40 * MS), later)
        else:
            guard.read(source, sensor_messages(40 * MS)[source], later)
    guard.listen(later, 1000 * MS)
    assert guard.stale
    assert guard.freshness.late(later, 1000 * MS) == [
        "hip_1_position 1.00 s",
        "hip_1_velocity 1.00 s",
    ]


def test_lockstep_answers_a_stop_with_neutral_efforts(guard):
    answers(guard, SOURCES, 20 * MS)
    guard.stop()
    (*_, effort) = answers(guard, SOURCES, 40 * MS)
    assert not effort.any()
    assert guard.lifetime.controller.steps == 1
