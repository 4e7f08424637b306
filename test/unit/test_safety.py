"""Limits on efforts: finite, clamped, slew-limited."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from oracle import robot_data

from dynsyn_controller.robot.robot_file import Robot, parse_robot
from dynsyn_controller.robot.safety import Safety


def make_robot() -> Robot:
    """Two joints: limits 2 and 3 N m, neutral 0 and -0.5 N m."""
    data = robot_data(joints=2)
    data["joints"][1]["neutral_effort"] = -0.5
    return parse_robot(yaml.safe_dump(data))


ROBOT = make_robot()
LIMIT = np.array([2.0, 3.0])
NEUTRAL = np.array([0.0, -0.5])

efforts = st.lists(st.tuples(st.floats(), st.floats()), min_size=1, max_size=20)
slews = st.one_of(st.just(0.0), st.floats(0.001, 2.0))


@given(efforts, slews)
def test_whatever_comes_in_what_goes_out_is_safe(wanted, slew):
    safety = Safety(ROBOT, slew)
    last = NEUTRAL
    for effort in wanted:
        safe = safety.limit(np.array(effort))
        assert np.all(np.abs(safe) <= LIMIT)
        if slew:
            assert np.all(np.abs(safe - last) <= slew * LIMIT * (1 + 1e-12))
        last = safe


@given(efforts, slews)
def test_it_is_as_near_to_the_wanted_effort_as_it_may_be(wanted, slew):
    safety, last = Safety(ROBOT, slew), NEUTRAL.copy()
    for effort in wanted:
        safe = safety.limit(np.array(effort))
        for joint, value in enumerate(effort):
            goal = value if np.isfinite(value) else NEUTRAL[joint]
            goal = min(max(goal, -LIMIT[joint]), LIMIT[joint])
            if slew:
                reach = slew * LIMIT[joint]
                goal = min(max(goal, last[joint] - reach), last[joint] + reach)
            assert safe[joint] == goal
        last = safe


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_becomes_neutral_for_that_joint_alone(broken):
    assert Safety(ROBOT).limit(np.array([1.0, broken])).tolist() == [1.0, -0.5]
    assert Safety(ROBOT).limit(np.array([broken, 1.0])).tolist() == [0.0, 1.0]


def test_a_stop_is_at_once_and_the_way_back_is_slow():
    safety = Safety(ROBOT, 0.1)
    for _ in range(30):
        safety.limit(np.array([2.0, 3.0]))
    assert safety.stop().tolist() == [0.0, -0.5]
    assert np.allclose(safety.limit(np.array([2.0, 3.0])), [0.2, -0.2], rtol=0, atol=1e-12)


def test_nothing_is_shared_with_the_caller():
    safety = Safety(ROBOT, 0.5)
    wanted = np.array([5.0, 5.0])
    safe = safety.limit(wanted)
    assert wanted.tolist() == [5.0, 5.0]
    safe[:] = 100.0
    safety.stop()[:] = 100.0
    assert safety.limit(np.array([0.0, -0.5])).tolist() == [0.0, -0.5]
    assert safety.neutral.tolist() == [0.0, -0.5]


@pytest.mark.parametrize("slew", [-0.1, 2.1, np.nan, np.inf])
def test_slew_limits_out_of_range_are_refused(slew):
    with pytest.raises(ValueError, match=f"slew_limit: found {slew}, expected 0 to 2"):
        Safety(ROBOT, slew)
