"""The guard with everything that keeps robot and lifetime safe, without ROS."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from oracle import robot_data

from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.node.evaluations import EVALUATION
from dynsyn_controller.node.events import Event, Events
from dynsyn_controller.node.freshness import FRESH_STEPS
from dynsyn_controller.node.guard import Guard
from dynsyn_controller.node.guard_options import GuardOptions
from dynsyn_controller.node.learning_pause import SETTLING
from dynsyn_controller.node.reports import fill_status
from dynsyn_controller.node.timing import LoopTiming
from dynsyn_controller.robot.robot_file import parse_robot
from dynsyn_msgs.msg import Status

pytestmark = pytest.mark.faults

MS = 1_000_000
TICK, STALE, ABSENT = 20 * MS, 60 * MS, 500 * MS


class Body:
    """A guard over two joints, and messages for it."""

    def __init__(self, safety=None, joints=None, command="effort", **options) -> None:
        data = robot_data(joints=2)
        for joint in data["joints"]:
            if command in ("position", "velocity"):
                del joint["effort_limit"]
            joint.update(joints or {})
        sections = {"safety": safety or {}, "command": {"type": command}}
        self.robot = parse_robot(yaml.safe_dump({**data, **sections}))
        self.told: list[Event] = []
        self.guard = Guard(
            self.robot,
            new_controller(self.robot, seed=1),
            GuardOptions(**options),
            events=Events(self.told.append),
        )
        self.guard.warm_up()
        self.now = 0
        self.tilt, self.position = 0.0, 0.1
        self.reward, self.terminal = 0.1, False

    def hear(self, *silent: str) -> None:
        seconds, nanoseconds = divmod(self.now, 1000 * MS)
        header = SimpleNamespace(stamp=SimpleNamespace(sec=seconds, nanosec=nanoseconds))
        count = len(self.robot.joints)
        sine, cosine = np.sin(self.tilt / 2), np.cos(self.tilt / 2)
        quaternion = SimpleNamespace(x=0.0, y=float(sine), z=0.0, w=float(cosine))
        zero = SimpleNamespace(x=0.0, y=0.0, z=0.0)
        messages = {
            "joint_states": SimpleNamespace(
                header=header,
                name=list(self.robot.joint_names),
                position=[self.position] * count,
                velocity=[0.0] * count,
                effort=[],
            ),
            "imu": SimpleNamespace(
                header=header,
                orientation=quaternion,
                orientation_covariance=[0.0] * 9,
                angular_velocity=zero,
                angular_velocity_covariance=[0.0] * 9,
                linear_acceleration=zero,
                linear_acceleration_covariance=[0.0] * 9,
            ),
        }
        for source in self.guard.reader.sources:
            if source not in silent:
                self.guard.read(source, messages[source], self.now)
        if "reward" not in silent:
            reward = SimpleNamespace(header=header, value=self.reward, terminal=self.terminal)
            self.guard.read_reward(reward, self.now)

    def step(self, *silent: str) -> np.ndarray:
        self.now += TICK
        self.hear(*silent)
        return self.guard.tick(self.now, STALE, ABSENT)

    def run(self, steps: int, *silent: str) -> np.ndarray:
        return np.array([self.step(*silent) for _ in range(steps)])


def test_a_lifetime_found_unsound_goes_on_from_its_copy():
    body = Body()
    body.run(100)
    steps = body.guard.lifetime.controller.steps
    body.guard.lifetime.controller.weight[0] = np.nan
    assert not body.step().any()
    assert body.guard.held == "rolled back"
    assert body.guard.lifetime.vitals.went_back == 1
    assert steps - 60 < body.guard.lifetime.controller.steps <= steps
    assert [event.name for event in body.told] == ["rolled_back"]
    assert body.step().any()
    assert body.guard.lifetime.vitals.sound()


@pytest.mark.parametrize("size", [10.0**power for power in range(3, 308, 20)])
def test_one_wrong_reward_is_learnt_as_a_small_one(size):
    wrong, right = Body(), Body()
    for body in (wrong, right):
        body.run(100)
    wrong.reward = size
    wrong.step()
    right.step()
    wrong.reward = 0.1
    wrong.run(10)
    right.run(10)
    assert wrong.guard.rewards.bounds.cut == 1
    assert wrong.guard.reward == right.guard.reward == 0.1
    assert [event.name for event in wrong.told] == ["reward_cut"]
    difference = wrong.guard.lifetime.controller.weight - right.guard.lifetime.controller.weight
    assert np.abs(difference).max() < 0.02


def test_disarmed_it_neither_acts_nor_lives_and_armed_it_ramps_up():
    body = Body(armed=False, ramp_time=10 / 100)
    assert not body.run(10).any()
    assert (body.guard.held, body.guard.lifetime.controller.steps) == ("disarmed", 0)
    body.guard.arming.arm()
    assert body.step().any()
    assert body.guard.learning_paused == "efforts ramp up"
    body.run(12)
    assert body.guard.learning_paused == ""


def test_the_deadman_switch_must_be_held():
    body = Body(deadman=True, deadman_timeout=0.1)
    assert not body.run(5).any()
    assert body.guard.held == "deadman switch"
    body.guard.operator.hear_deadman(True, body.now)
    assert body.run(5).any(axis=1).all()
    assert not body.run(2)[-1].any()  # it has fallen silent
    body.guard.operator.hear_deadman(True, body.now)
    assert body.step().any()
    body.guard.operator.hear_deadman(False, body.now)
    assert not body.step().any()


def test_an_operators_own_efforts_go_through_the_limits_and_nothing_is_lived():
    body = Body(joints={"effort_limit": 2.0}, override_timeout=0.1)
    body.run(3)
    names = list(body.robot.joint_names)
    body.guard.operator.hear_override(SimpleNamespace(name=names, effort=[1.0, -9.0]), body.now)
    assert body.run(5).tolist() == [[1.0, -2.0]] * 5
    assert (body.guard.held, body.guard.lifetime.controller.steps) == ("override", 3)
    body.run(2)
    assert body.guard.lifetime.controller.steps == 5


def test_the_standby_pose_is_held_while_another_source_is_stale():
    gains = {"standby_position": 0.5, "stiffness": 1.0, "effort_limit": 2.0}
    body = Body(safety={"tilt_limit": 1.0}, joints=gains)
    body.run(5)
    assert body.run(6, "reward")[-1] == pytest.approx([0.4, 0.4])
    assert body.guard.held == "stale"
    body.run(10)
    assert body.guard.held == ""
    assert not body.run(6, "joint_states")[-1].any()  # it is not known where the joints are


RANGE = {"position_minimum": -1.0, "position_maximum": 1.0, "velocity_limit": 5.0}


@pytest.mark.parametrize("command", ["position", "pd"])
def test_position_targets_begin_where_the_joints_are_and_are_held(command):
    gains = {"kp": 10.0, "kd": 1.0, "effort_limit": 50.0} if command == "pd" else {}
    body = Body(command=command, joints=RANGE | gains, armed=False, override_timeout=0.1)
    body.step("joint_states")
    assert not body.guard.chain.ready  # nothing is sent
    assert (body.run(5) == 0.1).all()
    assert body.guard.chain.ready
    assert body.guard.lifetime.controller.steps == 0
    body.guard.arming.arm()
    acting = body.run(20)
    assert np.abs(np.diff(acting, axis=0, prepend=0.1)).max() <= 5.0 / 50.0 + 1e-12
    assert (acting[-1] != 0.1).all()
    stale = body.run(6, "joint_states")
    assert body.guard.held == "stale"
    assert (stale[-1] == stale[-2]).all()
    body.run(10)
    names = list(body.robot.joint_names)
    own = SimpleNamespace(name=names, position=[0.2, 9.0], effort=[])
    body.guard.operator.hear_override(own, body.now)
    for _ in range(30):
        body.guard.operator.hear_override(own, body.now)
        overridden = body.step()
    assert overridden.tolist() == [0.2, 1.0]
    body.position = 0.15
    body.step()
    assert body.guard.stop().tolist() == [0.15, 0.15]


def test_velocity_targets_are_none_at_rest():
    body = Body(command="velocity", joints={"velocity_limit": 5.0, "acceleration_limit": 50.0})
    acting = body.run(20)
    assert np.abs(acting).max() <= 5.0
    assert np.abs(np.diff(acting, axis=0, prepend=0.0)).max() <= 1.0 + 1e-12
    pausing = body.run(12, "joint_states")
    assert np.abs(np.diff(pausing, axis=0)).max() <= 1.0 + 1e-12
    assert not pausing[-1].any()
    body.run(20)
    assert not body.guard.stop().any()


def test_a_fall_disarms():
    body = Body(safety={"tilt_limit": 1.0})
    body.run(5)
    body.tilt = 1.2
    assert not body.run(3)[-1].any()
    assert body.guard.held == "disarmed"
    assert not body.guard.arming.armed
    assert "tilted by 1.20 rad" in body.told[-1].text
    body.tilt = 0.0
    assert not body.run(5).any()


def test_in_a_dry_run_nothing_is_learnt():
    body = Body(dry_run=True)
    assert body.run(5).any()
    assert body.guard.learning_paused == "dry run"


def learns(body: Body, steps: int, *silent: str) -> list[bool]:
    """Of each of so many steps, whether anything was learnt from it."""
    learnt: list[bool] = []
    body.guard.follow(lambda lived, learning: learnt.append(learning))
    body.run(steps, *silent)
    return learnt


def test_nothing_is_learnt_until_a_disturbed_body_has_settled():
    body = Body(settle_time=0.2)  # 10 steps
    assert all(learns(body, 20))  # a new-born has nothing to lose
    assert not any(learns(body, 5, "imu")[3:])
    lived = FRESH_STEPS - 1
    assert learns(body, 30) == [False] * (lived + 10) + [True] * (20 - lived)
    body.now += 10 * TICK  # the process stood still, which a recording has as a step held
    assert learns(body, 12) == [False] * 11 + [True] * 2
    body.reward = 1e9
    assert learns(body, 1) == [False]
    body.reward = 0.1
    assert learns(body, 12) == [False] * 9 + [True] * 3
    assert body.guard.learning_paused == ""
    again = Body(settle_time=0.2)
    again.guard.begin(body.guard.lifetime.controller, {})
    assert learns(again, 12) == [False] * 10 + [True] * 2


def test_an_episode_s_end_ends_the_settling_and_is_not_learnt_from():
    body = Body(settle_time=1.0)
    body.run(5)
    body.run(5, "imu")
    body.run(FRESH_STEPS)
    assert body.guard.learning_paused == SETTLING
    learnt: list[bool] = []
    body.guard.follow(lambda lived, learning: learnt.append(learning))
    episodes = body.guard.lifetime.controller.statistics.episodes
    body.terminal = True
    body.step()
    body.terminal = False
    body.step()
    assert learnt == [False, True]
    assert body.guard.lifetime.controller.statistics.episodes == episodes + 1


def episode(body: Body, steps: int, *silent: str) -> list[bool]:
    """Live until an episode has ended; of each step, whether anything was learnt from it."""
    learnt = learns(body, steps - 1, *silent)
    body.terminal = True
    learnt += learns(body, 1)
    body.terminal = False
    return learnt


def test_an_evaluation_is_lived_without_learning_unless_it_is_disturbed():
    body = Body(evaluate_every=2)
    assert all(episode(body, 5))
    body.reward = 0.3
    weights = body.guard.lifetime.controller.quantity("centre").copy()
    assert not any(episode(body, 5))
    assert body.guard.learning_paused == EVALUATION
    assert (body.guard.lifetime.controller.quantity("centre") == weights).all()
    assert body.guard.lifetime.evaluations.average == pytest.approx(5 * 0.3)
    assert all(episode(body, 5))
    assert body.guard.learning_paused == ""
    assert not any(episode(body, 20, "imu"))  # stands still in it: that is not what it can
    status = Status()
    fill_status(status, body.robot, body.guard, LoopTiming(), 0, body.now)
    assert (status.evaluations, status.evaluation_average) == (1, pytest.approx(1.5))
    again = Body(evaluate_every=2)
    again.guard.begin(body.guard.lifetime.controller, body.guard.lifetime.notes())
    assert again.guard.lifetime.evaluations.count == 1


def test_the_reward_of_a_time_in_which_the_process_stood_still_is_dropped():
    body = Body()
    body.run(5)
    body.reward = -5.0
    body.now += 10 * TICK
    body.step()
    assert body.guard.reward == 0.0
    body.step()
    assert body.guard.reward == -5.0
