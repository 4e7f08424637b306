"""Reward from the robot's own quantities, beside the environment's own."""

from __future__ import annotations

import math

import numpy as np
import pytest
from quaternions import planar_quaternion

from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.reward import RewardMeter
from dynsyn_controller.robot.robot_file import load_robot
from dynsyn_sim_bridge.robots.registry import entry

pytestmark = pytest.mark.faults

ROBOT = load_robot(config_path("robots/walker.yaml"))
LAYOUT = ROBOT.layout
STILL = np.zeros(4)


def standing(x: float = 0.0, pitch: float = 0.0) -> np.ndarray:
    """Sensors of a walker at `x` (m) with its hull at `pitch` (rad)."""
    sensors = LAYOUT.zeros()
    LAYOUT.view(sensors, "odom.position")[0] = x
    LAYOUT.view(sensors, "imu.orientation")[:] = planar_quaternion(1, pitch)
    return sensors


@pytest.fixture
def meter() -> RewardMeter:
    return RewardMeter(ROBOT, LAYOUT)


def test_is_the_environments_reward():
    """Step for step over whole courses, but for the falls, which the environment sees by touch."""
    walker = entry("walker").create()
    meter = RewardMeter(ROBOT, walker.layout)
    walker.reset(seed=4)
    will = np.random.default_rng(2)
    sensors = walker.layout.zeros()
    walker.sense(sensors)
    meter.step(sensors, STILL)
    own, computed = [], []
    for _ in range(3000):
        effort = will.uniform(-100.0, 100.0, 4)
        outcome = walker.step(effort)
        walker.sense(sensors)
        rewarded = meter.step(sensors, effort)
        if not outcome.fell and not rewarded.fell and abs(walker.state[0]) < 1.4:
            own.append(outcome.reward)
            computed.append(rewarded.value)
        if outcome.terminal:
            walker.reset()
            walker.sense(sensors)
            meter.restart()
            meter.step(sensors, STILL)
    assert len(own) > 2800
    np.testing.assert_allclose(computed, own, atol=1e-5)


def test_first_step_has_no_progress(meter: RewardMeter):
    assert meter.step(standing(x=3.0), STILL).value == 0.0


def test_progress_tilt_and_effort_each_count(meter: RewardMeter):
    meter.step(standing(), STILL)
    assert meter.step(standing(x=0.3), STILL).value == pytest.approx(0.3 * 130.0 / 30.0)
    assert meter.step(standing(x=0.3, pitch=-0.2), STILL).value == pytest.approx(-1.0)
    assert meter.step(standing(x=0.3, pitch=0.2), STILL).value == pytest.approx(0.0)
    effort = np.array([80.0, -40.0, 0.0, 500.0])
    assert meter.step(standing(x=0.3, pitch=0.2), effort).value == pytest.approx(-0.028 * 2.5)


def test_a_fall_is_punished_once_and_lifting_is_not_rewarded(meter: RewardMeter):
    meter.step(standing(), STILL)
    down = standing(x=1.0, pitch=1.55)
    fallen = meter.step(down, STILL)
    assert (fallen.value, fallen.fell) == (-100.0, True)
    for _ in range(3):
        lying = meter.step(down, STILL)
        assert (lying.value, lying.fell) == (0.0, False)
    lifted = meter.step(standing(x=9.0), STILL)
    assert (lifted.value, lifted.fell) == (0.0, False)
    assert meter.step(standing(x=9.3), STILL).value == pytest.approx(1.3)
    assert meter.step(down, STILL).fell


@pytest.mark.parametrize("jump", [0.6, -10.0, 1e5, 1e300])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_jump_of_the_position_is_no_progress(meter: RewardMeter, jump: float, axis: int):
    meter.step(standing(x=1.0), STILL)
    place = standing(x=1.1)
    LAYOUT.view(place, "odom.position")[axis] += jump
    jumped = meter.step(place, STILL)
    assert (jumped.value, jumped.fell) == (0.0, False)
    assert jumped.jump == pytest.approx(abs(jump), abs=0.2)
    assert meter.step(place, STILL).value == 0.0
    LAYOUT.view(place, "odom.position")[0] += 0.3
    if abs(jump) < 1e6:  # else the metre's digits are lost
        onward = meter.step(place, STILL)
        assert (onward.value, onward.jump) == (pytest.approx(1.3, rel=1e-3), 0.0)


def test_odometry_slower_than_control_may_move_for_all_its_time(meter: RewardMeter):
    meter.step(standing(), STILL)
    for x in (1.5, 3.0, 4.5):  # m, every 5 steps of 0.02 s: 15 m/s
        for _ in range(4):
            meter.step(standing(x=x - 1.5), STILL)
        assert meter.step(standing(x=x), STILL).value == pytest.approx(6.5)
    for _ in range(1000):  # standing still for long does not buy a jump
        meter.step(standing(x=4.5), STILL)
    assert meter.step(standing(x=25.0), STILL).jump == pytest.approx(20.5)


def test_restart_forgets_where_the_body_was(meter: RewardMeter):
    meter.step(standing(x=5.0), STILL)
    meter.restart()
    assert meter.step(standing(x=1.0), STILL).value == 0.0
    assert math.isfinite(meter.step(standing(x=1.1), STILL).value)
