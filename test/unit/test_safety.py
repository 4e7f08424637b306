"""The safety chain: what it lets through, alone and with any limits together."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import robot_data

from dynsyn_controller.robot.robot import Robot, RobotFileError
from dynsyn_controller.robot.robot_file import parse_robot
from dynsyn_controller.robot.safety.arming import Arming
from dynsyn_controller.robot.safety.chain import SafetyChain
from dynsyn_controller.robot.safety.standby import Standby
from dynsyn_controller.robot.safety.trip import BodyTrip

pytestmark = pytest.mark.faults


def make_robot() -> Robot:
    """Two joints: limits 2 and 3 N m, neutral 0 and -0.5 N m."""
    data = robot_data(joints=2)
    data["joints"][1]["neutral_effort"] = -0.5
    return parse_robot(yaml.safe_dump(data))


ROBOT = make_robot()
LIMIT = np.array([2.0, 3.0])
NEUTRAL = np.array([0.0, -0.5])
STILL = ROBOT.layout.zeros()


@pytest.fixture(autouse=True, scope="module")
def compiled() -> None:
    """The chain's kernel, before Hypothesis takes the time of the examples."""
    SafetyChain(ROBOT).limit(NEUTRAL, STILL)


efforts = st.lists(st.tuples(st.floats(), st.floats()), min_size=1, max_size=20)
slews = st.one_of(st.just(0.0), st.floats(0.001, 2.0))


@given(efforts, slews)
def test_whatever_comes_in_what_goes_out_is_safe(wanted, slew):
    safety = SafetyChain(ROBOT, slew)
    last = NEUTRAL
    for effort in wanted:
        safe = safety.limit(np.array(effort), STILL)
        assert np.all(np.abs(safe) <= LIMIT)
        if slew:
            assert np.all(np.abs(safe - last) <= slew * LIMIT * (1 + 1e-12))
        last = safe


@given(efforts, slews)
def test_it_is_as_near_to_the_wanted_effort_as_it_may_be(wanted, slew):
    safety, last = SafetyChain(ROBOT, slew), NEUTRAL.copy()
    for effort in wanted:
        safe = safety.limit(np.array(effort), STILL)
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
    assert SafetyChain(ROBOT).limit(np.array([1.0, broken]), STILL).tolist() == [1.0, -0.5]
    assert SafetyChain(ROBOT).limit(np.array([broken, 1.0]), STILL).tolist() == [0.0, 1.0]


def test_a_stop_is_at_once_and_the_way_back_is_slow():
    safety = SafetyChain(ROBOT, 0.1)
    for _ in range(30):
        safety.limit(np.array([2.0, 3.0]), STILL)
    assert safety.stop().tolist() == [0.0, -0.5]
    assert np.allclose(safety.limit(np.array([2.0, 3.0]), STILL), [0.2, -0.2], rtol=0, atol=1e-12)


def test_nothing_is_shared_with_the_caller():
    safety = SafetyChain(ROBOT, 0.5)
    wanted = np.array([5.0, 5.0])
    safe = safety.limit(wanted, STILL)
    assert wanted.tolist() == [5.0, 5.0]
    safe[:] = 100.0
    safety.stop()[:] = 100.0
    assert safety.limit(np.array([0.0, -0.5]), STILL).tolist() == [0.0, -0.5]
    assert safety.neutral.tolist() == [0.0, -0.5]


@pytest.mark.parametrize("slew", [-0.1, 2.1, np.nan, np.inf])
def test_slew_limits_out_of_range_are_refused(slew):
    with pytest.raises(ValueError, match=f"slew_limit: found {slew}, expected 0 to 2"):
        SafetyChain(ROBOT, slew)


def limited(**limits) -> tuple[Robot, SafetyChain]:
    """One joint of 10 N m at 100 Hz with these limits of its own."""
    data = robot_data(joints=1)
    data["joints"][0] |= {"effort_limit": 10.0, **limits}
    robot = parse_robot(yaml.safe_dump({**data, "control_rate": 100.0}))
    return robot, SafetyChain(robot)


def sensed(robot: Robot, position: float = 0.0, velocity: float = 0.0) -> np.ndarray:
    sensors = robot.layout.zeros()
    for field, value in (("position", position), ("velocity", velocity)):
        block = robot.layout.blocks.get(f"joint_states.{field}")
        if block is not None:
            sensors[block.start] = value
    return sensors


@pytest.mark.parametrize(
    ("position", "towards", "away"),
    [
        (0.0, 10.0, -10.0),
        (0.79, 10.0, -10.0),
        (0.9, 5.0, -10.0),
        (1.0, 0.0, -10.0),
        (3.0, 0.0, -10.0),
    ],
)
def test_effort_towards_a_soft_stop_fades_out_and_away_from_it_passes(position, towards, away):
    robot, safety = limited(position_minimum=-1.0, position_maximum=1.0, stop_zone=0.2)
    for side in (1.0, -1.0):
        there = sensed(robot, side * position)
        assert safety.limit(np.array([side * 10.0]), there)[0] == pytest.approx(side * towards)
        assert safety.limit(np.array([side * -10.0]), there)[0] == pytest.approx(side * away)
    assert safety.acted() == ("soft stop of joint_1" if position > 0.8 else "")
    assert safety.acted() == ""


def test_effort_in_the_direction_of_motion_fades_out_below_the_velocity_limit():
    robot, safety = limited(velocity_limit=5.0)
    for velocity, with_it in ((0.0, 10.0), (4.5, 10.0), (4.75, 5.0), (5.0, 0.0), (50.0, 0.0)):
        for side in (1.0, -1.0):
            moving = sensed(robot, velocity=side * velocity)
            effort = safety.limit(np.array([side * 10.0]), moving)[0]
            assert effort == pytest.approx(side * with_it)
            assert safety.limit(np.array([side * -10.0]), moving)[0] == side * -10.0
    assert safety.acted() == "velocity limit of joint_1"


def test_a_motor_bears_its_peak_for_a_while_and_its_continuous_effort_for_ever():
    robot, safety = limited(continuous_effort=4.0, thermal_time=10.0)
    efforts = np.array([safety.limit(np.array([10.0]), sensed(robot))[0] for _ in range(10_000)])
    assert (efforts[:100] == 10.0).all()  # 1 s at the peak
    heat = 0.0
    for effort in efforts:
        heat += (effort**2 - heat) / 1000.0
        assert heat <= 16.0 * 1.001
    assert efforts[-1] == pytest.approx(4.0, abs=0.2)
    assert safety.acted() == "continuous effort of joint_1"
    rest = [safety.limit(np.zeros(1), sensed(robot))[0] for _ in range(3000)]
    assert not any(rest)
    assert safety.limit(np.array([10.0]), sensed(robot))[0] == 10.0  # cooled down


def test_a_motor_cools_while_stopped():
    robot, safety = limited(continuous_effort=4.0, thermal_time=10.0)
    for _ in range(5000):
        safety.limit(np.array([10.0]), sensed(robot))
    assert safety.limit(np.array([10.0]), sensed(robot))[0] < 5.0
    for _ in range(3000):
        safety.stop()
    assert safety.limit(np.array([10.0]), sensed(robot))[0] == 10.0


def test_an_effort_rate_of_the_robot_file_and_the_slew_limit_hold_together():
    robot, safety = limited(effort_rate=50.0)  # 0.5 N m a step
    assert safety.limit(np.array([10.0]), STILL)[0] == 0.5
    tighter = SafetyChain(robot, 0.01)
    assert tighter.limit(np.array([10.0]), STILL)[0] == pytest.approx(0.1)
    looser = SafetyChain(robot, 1.0)
    assert looser.limit(np.array([10.0]), STILL)[0] == 0.5


def test_the_ramp_goes_from_neutral_to_what_is_wanted():
    safety = SafetyChain(ROBOT)
    for ramp, expected in ((0.0, [0.0, -0.5]), (0.5, [1.0, 0.5]), (1.0, [2.0, 1.5])):
        assert safety.limit(np.array([2.0, 1.5]), STILL, ramp).tolist() == expected


numbers = st.floats(allow_nan=False, allow_infinity=False)


@settings(deadline=None)  # a robot file is read for each
@given(
    st.lists(st.tuples(st.floats(), numbers, numbers, st.floats(0.0, 1.0)), min_size=1, max_size=30)
)
def test_whatever_is_sensed_no_effort_leaves_its_limits(steps):
    robot, safety = limited(
        position_minimum=-1.0, position_maximum=2.0, velocity_limit=3.0, continuous_effort=2.0
    )
    for effort, position, velocity, ramp in steps:
        safe = safety.limit(np.array([effort]), sensed(robot, position, velocity), ramp)[0]
        assert abs(safe) <= 10.0
        assert not (position >= 2.0 and safe > 0.0)
        assert not (position <= -1.0 and safe < 0.0)
        assert not (abs(velocity) >= 3.0 and safe * velocity > 0.0)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"velocity_limit": 0.0}, "velocity_limit: found 0.0"),
        ({"stop_zone": -1.0}, "stop_zone: found -1.0"),
        ({"position_minimum": 1.0, "position_maximum": 1.0}, "position_minimum: found 1.0"),
        ({"stiffness": -2.0}, "stiffness: found -2.0"),
        ({"continuous_efort": 2.0}, "did you mean 'continuous_effort'"),
    ],
)
def test_limits_that_cannot_be_are_refused(limits, said):
    with pytest.raises(RobotFileError, match=said):
        limited(**limits)


def test_a_held_joint_is_pulled_to_its_standby_position():
    data = robot_data(joints=2)
    data["joints"][0] |= {"standby_position": 0.5, "stiffness": 2.0, "damping": 0.1}
    data["joints"][1]["neutral_effort"] = 0.25
    robot = parse_robot(yaml.safe_dump(data))
    standby = Standby(robot)
    assert standby.holds
    sensors = sensed(robot, position=0.3, velocity=1.0)
    assert standby.effort(sensors) == pytest.approx([2.0 * 0.2 - 0.1, 0.25])
    assert not Standby(ROBOT).holds
    assert Standby(ROBOT).effort(STILL).tolist() == NEUTRAL.tolist()


def body(**safety) -> tuple[Robot, BodyTrip]:
    robot = parse_robot(yaml.safe_dump({**robot_data(joints=1), "safety": safety}))
    return robot, BodyTrip(robot)


def test_a_body_that_has_fallen_trips_and_a_single_wrong_reading_does_not():
    robot, trip = body(tilt_limit=1.0)
    upright, fallen = robot.layout.zeros(), robot.layout.zeros()
    robot.layout.view(fallen, "imu.orientation")[:] = [0.0, np.sin(0.6), 0.0, np.cos(0.6)]
    seen = [fallen, fallen, upright, fallen, fallen, fallen]
    assert [bool(trip.look(sensors)) for sensors in seen] == [False] * 5 + [True]
    assert trip.look(fallen) == "tilted by 1.20 rad, more than 1"
    robot, trip = body(height_minimum=-0.25)
    low = robot.layout.zeros()
    robot.layout.view(low, "odom.position")[2] = -0.5
    assert [trip.look(low) for _ in range(3)][-1] == "at a height of -0.50 m, below -0.25"
    robot, trip = body()
    assert not any(trip.look(robot.layout.zeros()) for _ in range(10))


def test_arming_and_the_emergency_stop_are_two_things():
    arming = Arming(armed=False, ramp_steps=4)
    assert arming.why_not == "disarmed"
    arming.arm()
    assert arming.why_not == ""
    assert [arming.advance() for _ in range(6)] == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    arming.stop()
    assert arming.why_not == "emergency stop"
    arming.disarm()
    arming.rearm()
    assert arming.why_not == "disarmed"
    arming.arm()
    assert arming.advance() == 0.25
    arming.begin_anew()
    assert arming.advance() == 0.25
    assert Arming().advance() == 1.0
