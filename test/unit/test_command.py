"""Commands besides efforts: what a robot file says of them, and how they are kept safe."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from oracle import robot_data

from dynsyn_controller.lifetime.checkpoint import CheckpointError, check_same, load, save
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.robot import Robot, RobotFileError
from dynsyn_controller.robot.robot_file import parse_robot
from dynsyn_controller.robot.safety.chain import SafetyChain
from dynsyn_controller.robot.safety.target_chain import REACH, TargetChain, safety_chain
from dynsyn_sim_bridge.robots.spec import describe

pytestmark = pytest.mark.faults

RANGE = {"position_minimum": -1.0, "position_maximum": 2.0, "velocity_limit": 5.0}
LIMITS = {
    "position": RANGE,
    "velocity": {"velocity_limit": 5.0, "position_minimum": -1.0, "position_maximum": 2.0},
    "pd": {**RANGE, "effort_limit": 4.0, "kp": 20.0, "kd": 0.5},
}


def commanded(kind: str, joints: int = 1, **limits) -> Robot:
    """Joints at 50 Hz that take commands of this type."""
    data = robot_data(joints=joints)
    for joint in data["joints"]:
        del joint["effort_limit"]
        joint |= LIMITS[kind] | limits
        for key in [key for key, value in joint.items() if value is None]:
            del joint[key]
    return parse_robot(yaml.safe_dump({**data, "command": {"type": kind}}))


def sensed(robot: Robot, position: float, velocity: float = 0.0) -> np.ndarray:
    sensors = robot.layout.zeros()
    robot.layout.view(sensors, "joint_states.position")[:] = position
    robot.layout.view(sensors, "joint_states.velocity")[:] = velocity
    return sensors


@pytest.mark.parametrize(
    ("kind", "limits", "error"),
    [
        ("position", {"position_maximum": None}, r"joints\[0\].position_maximum: missing; joint_1"),
        (
            "position",
            {"velocity_limit": None},
            "velocity_limit: missing; joint_1 needs it with com",
        ),
        ("velocity", {"velocity_limit": None}, "velocity_limit: missing"),
        ("pd", {"kp": None}, "kp: missing; joint_1 needs it with command type pd"),
        ("pd", {"effort_limit": None}, "effort_limit: missing"),
        ("pd", {"kp": 0.0}, "kp: found 0.0, expected a number above 0"),
        ("pd", {"kd": -1.0}, "kd: found -1.0, expected 0 or more"),
        ("position", {"effort_limit": 3.0}, "effort_limit: found 3.0, which limits nothing with"),
        ("velocity", {"effort_rate": 3.0}, "effort_rate: found 3.0, which limits nothing"),
        ("velocity", {"neutral_effort": 3.0}, "neutral_effort: found 3.0, which limits nothing"),
        ("position", {"stiffness": 3.0}, "stiffness: found 3.0, which limits nothing"),
        ("velocity", {"acceleration_limit": 0.0}, "acceleration_limit: found 0.0, expected a numb"),
        ("position", {"position_minimum": 3.0}, "position_minimum: found 3.0, expected less than"),
    ],
)
def test_limits_that_cannot_be_are_named(kind, limits, error):
    with pytest.raises(RobotFileError, match=error):
        commanded(kind, **limits)


def test_a_type_that_there_is_not_is_named():
    data = {**robot_data(), "command": {"type": "torque"}}
    with pytest.raises(
        RobotFileError, match=r"command.type: found 'torque' .* expected one of eff"
    ):
        parse_robot(yaml.safe_dump(data))
    data = robot_data()
    data["joints"][0]["kp"] = 3.0
    with pytest.raises(RobotFileError, match=r"joints: joint_1: kp: found 3.0, which limits nothi"):
        parse_robot(yaml.safe_dump(data))


def test_simulated_bodies_take_efforts(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text(commanded("position").source + "simulation: {robot: walker}\n")
    with pytest.raises(RobotFileError, match=r"command.type: found position, expected effort"):
        describe(str(path))


def test_outputs_span_the_range():
    assert commanded("position").command_range.middle.tolist() == [0.5]
    assert commanded("pd").body.effort_limit.tolist() == [1.5]
    assert commanded("velocity").body.effort_limit.tolist() == [5.0]
    assert commanded("pd").command_range.parts(np.array([2.0])).tolist() == [1.0]


@pytest.mark.parametrize("kind", ["position", "pd"])
def test_nothing_is_known_before_the_joints_are_heard_and_then_they_are_held(kind):
    robot = commanded(kind)
    chain = safety_chain(robot)
    chain.compile()
    chain.stop()
    chain.hold(sensed(robot, 0.0))
    assert not chain.ready
    assert chain.stop(sensed(robot, 0.3)).tolist() == [0.3]
    assert chain.ready
    assert chain.hold(sensed(robot, 0.0)).tolist() == [0.3]


def test_it_begins_where_the_joint_is_and_goes_no_faster_than_it_may():
    robot = commanded("position")
    chain, there = TargetChain(robot), sensed(robot, 0.3)
    sent = [chain.limit(np.array([9.0]), there)[0] for _ in range(30)]
    assert np.allclose(sent[:3], [0.4, 0.5, 0.6], rtol=0, atol=1e-12)  # 5 rad/s at 50 Hz
    assert sent[-1] == 2.0


def test_the_ramp_leads_away_from_where_it_is_held():
    robot = commanded("position", velocity_limit=100.0)
    chain = TargetChain(robot)
    chain.stop(sensed(robot, 1.0))
    sent = [chain.limit(np.array([2.0]), sensed(robot, 1.0), r)[0] for r in (0.25, 0.5, 1.0)]
    assert sent == [1.25, 1.5, 2.0]
    chain.limit(np.array([0.0]), sensed(robot, 1.0))  # as an operator's override does
    assert chain.limit(np.array([2.0]), sensed(robot, 1.0), 0.5)[0] == 1.0


def test_a_stop_holds_the_joint_where_it_is_and_a_pause_where_it_was_sent():
    robot = commanded("position")
    chain, there = TargetChain(robot), sensed(robot, 0.3)
    chain.limit(np.array([2.0]), there)
    last = chain.limit(np.array([2.0]), there)
    assert chain.hold(there).tolist() == last.tolist()
    assert chain.stop(None).tolist() == last.tolist()
    assert chain.stop(sensed(robot, 0.35)).tolist() == [0.35]
    assert chain.stop(sensed(robot, 0.4)).tolist() == [0.35]  # it does not creep
    far = 0.35 + 1.01 * REACH * 3.0
    assert chain.stop(sensed(robot, far)).tolist() == [far]  # somebody has moved it


def test_what_is_no_number_leaves_the_joint_where_it_is_held():
    robot = commanded("position", joints=2)
    chain = TargetChain(robot)
    chain.stop(sensed(robot, 0.3))
    assert chain.limit(np.array([np.nan, 0.31]), sensed(robot, 0.3)).tolist() == [0.3, 0.31]
    assert chain.acted() == "not a finite target of joint_1"


def test_gains_ask_for_no_more_than_the_effort_limit():
    robot = commanded("pd", velocity_limit=100.0)
    chain = TargetChain(robot)
    target = chain.limit(np.array([2.0]), sensed(robot, 0.0, velocity=-1.0))[0]
    assert 20.0 * target + 0.5 == pytest.approx(4.0)
    assert chain.acted() == "effort limit of joint_1"


@given(st.lists(st.tuples(st.floats(), st.floats(-3.0, 3.0), st.floats(-9.0, 9.0)), max_size=20))
def test_targets_stay_within_all_limits_whatever_is_wanted(steps):
    robot = commanded("pd")
    chain, last = TargetChain(robot), None
    for wanted, position, velocity in steps:
        target = chain.limit(np.array([wanted]), sensed(robot, position, velocity))[0]
        effort = 20.0 * (target - position) - 0.5 * velocity
        assert abs(effort) <= 4.0 + 1e-9
        if last is not None and -1.0 <= last <= 2.0 and abs(effort) < 4.0 - 1e-9:
            assert abs(target - last) <= 5.0 / 50.0 + 1e-9
            assert -1.0 <= target <= 2.0
        last = target


def test_velocities_fade_before_a_stop_and_end_with_one():
    robot = commanded("velocity", acceleration_limit=100.0)
    chain = safety_chain(robot)
    assert isinstance(chain, SafetyChain)
    middle = sensed(robot, 0.5)
    sent = [chain.limit(np.array([9.0]), middle)[0] for _ in range(4)]
    assert sent == [2.0, 4.0, 5.0, 5.0]  # 100 rad/s^2 at 50 Hz; at most 5 rad/s
    assert chain.limit(np.array([9.0]), sensed(robot, 1.95))[0] == pytest.approx(2.5)
    assert chain.hold(middle)[0] == pytest.approx(0.5)
    assert chain.stop().tolist() == [0.0]


def test_a_lifetime_is_not_continued_with_other_commands(tmp_path):
    robot = commanded("position")
    path = tmp_path / "life.ckpt"
    save(path, robot, new_controller(robot, seed=1))
    check_same(robot, load(path))
    with pytest.raises(CheckpointError, match="command type: found 'position', expected 'pd'"):
        check_same(commanded("pd"), load(path))
    shifted = commanded("position", position_minimum=-2.0, position_maximum=1.0)
    with pytest.raises(CheckpointError, match=r"middles of position limits: number 1: found 0.5"):
        check_same(shifted, load(path))
