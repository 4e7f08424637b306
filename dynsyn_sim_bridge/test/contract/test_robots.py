"""What every registered robot keeps to, whatever its body."""

from __future__ import annotations

import json
import math
import pickle

import numpy as np
import pytest

from dynsyn_controller.node.parameter_table import ParameterError
from dynsyn_controller.robot.observation import Observer
from dynsyn_controller.robot.robot_file import parse_robot
from dynsyn_sim_bridge.robots.registry import ROBOTS, entry
from dynsyn_sim_bridge.robots.spec import RobotSpec, describe, new_robot_file, of_checkpoint
from dynsyn_sim_bridge.simulation import Simulation

ENVIRONMENTS = (
    "Pendulum-v1",  # Box actions
    "CartPole-v1",  # two discrete actions
    "Hopper-v5",  # MuJoCo
)
MORE = (
    "Acrobot-v1",  # three discrete actions
    "MountainCarContinuous-v0",
    "LunarLander-v3",  # Box2D, as the walker
)
NAMES = (
    *ROBOTS,
    *(f"gymnasium:{name}" for name in ENVIRONMENTS),
    *(pytest.param(f"gymnasium:{name}", marks=pytest.mark.long) for name in MORE),
)
CHANGED = {
    "changed walker": (
        "walker",
        {"torque": 0.9, "delay": 2, "gravity": 1.2, "legs": 0.9, "knee_speed": 0.8, "noise": 0.2},
    ),
    "changed swimmer": (
        "swimmer",
        {"torque": 0.9, "delay": 2, "noise": 0.2, "dead_joint": 2, "stiff_joint": 4},
    ),
}
"""Registered robots that are not as new: they keep to what the others do, but for their efforts."""


def described(name: str) -> RobotSpec:
    """The robot of a test, whose courses end."""
    reference, options = CHANGED.get(name, (name, {}))
    return describe(reference, options, ends=True)


class Body:
    """A registered robot with its robot file and an arbitrary but repeatable will of its own."""

    def __init__(self, name: str, seed: int = 1) -> None:
        self.spec = described(name)
        self.description = self.spec.robot
        self.robot = self.spec.create()
        self.limit = np.array([joint.effort_limit for joint in self.description.joints])
        self.will = np.random.default_rng(7)
        self.robot.reset(seed)

    def sense(self) -> np.ndarray:
        sensors = self.robot.layout.zeros()
        self.robot.sense(sensors)
        return sensors

    def act(self) -> np.ndarray:
        return self.will.uniform(-self.limit, self.limit)

    def live(self, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """Sensor vectors (steps, size) and rewards (steps,) of a life in which bodies fall."""
        sensors, rewards = [], []
        for _ in range(steps):
            outcome = self.robot.step(self.act())
            if outcome.terminal:
                self.robot.reset()
            sensors.append(self.sense())
            rewards.append(outcome.reward)
        return np.array(sensors), np.array(rewards)


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def body(name: str):
    made = Body(name)
    yield made
    made.robot.close()


@pytest.fixture(params=(*NAMES, *CHANGED))
def any_name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def any_body(any_name: str):
    made = Body(any_name)
    yield made
    made.robot.close()


def test_robot_and_robot_file_describe_the_same_body(body: Body):
    assert body.robot.layout.joints == body.description.joint_names
    assert body.robot.control_period == pytest.approx(1.0 / body.description.control_rate)
    Observer(body.description.observation, body.robot.layout)  # raises where a reading is missing


def test_readings_are_finite_and_lie_where_the_layout_says(any_body: Body):
    sensors, rewards = any_body.live(300)
    assert sensors.shape == (300, any_body.robot.layout.size)
    assert np.isfinite(sensors).all()
    assert np.isfinite(rewards).all()
    if "contacts" in any_body.robot.layout.blocks:
        contacts = any_body.robot.layout.view(sensors, "contacts")
        assert np.isin(contacts, (0.0, 1.0)).all()
    for block in {"imu.orientation", "odom.orientation"} & any_body.robot.layout.blocks.keys():
        length = np.linalg.norm(any_body.robot.layout.view(sensors, block), axis=1)
        np.testing.assert_allclose(length, 1.0, atol=1e-12)


def test_rays_are_what_a_laser_scan_carries(any_body: Body):
    sensors, _ = any_body.live(300)
    if "scan" not in any_body.robot.layout.sensors:
        pytest.skip("no lidar")
    rays = any_body.robot.layout.view(sensors, "scan")
    range_max = any_body.robot.layout.sensors["scan"].range_max
    assert (rays == rays.astype(np.float32)).all()
    assert (rays >= 0.0).all()
    assert (rays <= range_max).all()
    assert range_max == np.float32(range_max)


def test_no_channel_stands_still(body: Body):
    """But for what an operator says, every element of the observation moves."""
    sensors, _ = body.live(600)
    observation = np.empty((600, len(body.description.observation)))
    Observer(body.description.observation, body.robot.layout).observe(sensors, observation)
    still = [
        channel.name
        for channel, spread in zip(
            body.description.observation, np.ptp(observation, axis=0), strict=True
        )
        if spread == 0.0 and channel.source != "command"
    ]
    assert still == []


def test_same_seed_same_life(any_name: str):
    """Bit for bit, over falls and new courses."""
    first, second = Body(any_name), Body(any_name)
    sensors, rewards = first.live(400)
    sensors_again, rewards_again = second.live(400)
    assert sensors.tobytes() == sensors_again.tobytes()
    assert rewards.tobytes() == rewards_again.tobytes()


def test_other_seed_other_start(name: str):
    assert Body(name, 1).sense().tobytes() != Body(name, 2).sense().tobytes()


def test_seeded_reset_leaves_nothing_of_the_past(any_body: Body, any_name: str):
    """In mid-motion, after falls: the life that follows is that of a new body."""
    any_body.live(200)
    any_body.robot.reset(seed=5)
    any_body.will = np.random.default_rng(7)
    fresh = Body(any_name, seed=5)
    assert any_body.sense().tobytes() == fresh.sense().tobytes()
    sensors, rewards = any_body.live(300)
    sensors_fresh, rewards_fresh = fresh.live(300)
    assert sensors.tobytes() == sensors_fresh.tobytes()
    assert rewards.tobytes() == rewards_fresh.tobytes()


def test_generator_and_efforts_since_say_it_all(any_body: Body, any_name: str):
    """A fresh body with the generator that another had before its course lives the same."""
    any_body.live(200)
    generator = json.dumps(any_body.robot.generator.bit_generator.state)
    any_body.robot.reset()
    fresh = Body(any_name, seed=9)
    fresh.robot.generator.bit_generator.state = json.loads(generator)
    fresh.robot.reset()
    assert fresh.sense().tobytes() == any_body.sense().tobytes()
    fresh.will = np.random.default_rng(8)
    any_body.will = np.random.default_rng(8)
    for ours, theirs in zip(any_body.live(300), fresh.live(300), strict=True):
        assert ours.tobytes() == theirs.tobytes()
    any_body.robot.reset()
    fresh.robot.reset()
    assert fresh.sense().tobytes() == any_body.sense().tobytes()


def test_what_was_sensed_and_applied_is_not_shared(body: Body):
    effort = body.act()
    body.robot.step(effort)
    before, kept = body.sense(), effort.copy()
    copy = before.copy()
    assert effort.tobytes() == kept.tobytes()
    effort[:] = 0.0
    assert body.sense().tobytes() == copy.tobytes(), "sense() reads the caller's effort"
    body.robot.step(body.act())
    assert before.tobytes() == copy.tobytes(), "the body writes into a vector it has handed out"


def test_applied_effort_is_sensed_and_clamped(body: Body):
    asked = body.limit * np.linspace(-2.0, 0.5, body.limit.size)
    body.robot.step(asked)
    applied = body.robot.layout.view(body.sense(), "joint_states.effort")[: body.limit.size]
    np.testing.assert_allclose(applied, np.clip(asked, -body.limit, body.limit), rtol=1e-12)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_effort_that_is_no_number_is_refused(any_body: Body, bad: float):
    effort = any_body.act()
    effort[-1] = bad
    before = any_body.sense()
    with pytest.raises(ValueError, match="finite"):
        any_body.robot.step(effort)
    assert any_body.sense().tobytes() == before.tobytes()


def test_an_effort_too_few_or_too_many_is_refused(body: Body):
    before, effort = body.sense(), body.act()
    for wrong in (effort[:-1], np.append(effort, 0.0)):
        with pytest.raises(ValueError, match=f"expected {effort.size} finite"):
            body.robot.step(wrong)
    assert body.sense().tobytes() == before.tobytes()


def test_only_the_body_is_put_back(name: str):
    """A life of falls goes on: the reward says so, and the body stands at its start again."""
    body = Body(name)
    simulation = Simulation(body.robot, seed=3)
    start = simulation.sensors.copy()
    ends = 0
    for _ in range(600):
        simulation.advance(body.act())
        assert not simulation.terminal or np.isfinite(simulation.reward)
        ends += simulation.terminal
        if simulation.terminal and "odom.position" in body.robot.layout.blocks:
            place = body.robot.layout.view(simulation.sensors, "odom.position")
            np.testing.assert_allclose(
                place, body.robot.layout.view(start, "odom.position"), atol=0.5
            )
    assert simulation.steps == 600
    assert simulation.falls <= ends
    if name.startswith("walker"):
        assert simulation.falls > 0
    simulation.put_back()
    assert simulation.terminal
    assert simulation.reward == 0.0


def test_picture_shows_something(body: Body):
    body.live(20)
    picture = body.robot.frame()
    assert picture.dtype == np.uint8
    assert picture.ndim == 3
    assert picture.shape[2] == 3
    assert np.unique(picture @ (1, 256, 65536)).size > 3  # colours


def test_courses_last_no_longer_than_the_task_says(body: Body):
    """With efforts of zero, so that most bodies come to the end of the time."""
    limit, task = body.spec.task.episode_steps, body.spec.task
    assert limit > 0
    assert 1 <= task.window <= 100
    assert any(body.robot.step(np.zeros(body.limit.size)).terminal for _ in range(limit))


def test_close_up_is_a_part_of_the_picture(body: Body):
    if body.spec.entry.close_up is None:
        pytest.skip("the whole picture")
    left, top, right, bottom = body.spec.entry.close_up
    assert 0.0 <= left < right <= 1.0
    assert 0.0 <= top < bottom <= 1.0


def test_a_spec_travels_to_other_processes(any_name: str):
    spec = described(any_name)
    again: RobotSpec = pickle.loads(pickle.dumps(spec))
    assert (again.reference, again.options) == (spec.reference, spec.options)
    assert again.task == spec.task
    assert again.robot.source == spec.robot.source
    again.create().close()


def test_a_robot_file_finds_its_robot_again(any_name: str):
    reference, options = CHANGED.get(any_name, (any_name, {}))
    spec = describe(reference, options)
    again = of_checkpoint(parse_robot(spec.robot.source))
    assert (again.reference, again.options) == (reference, spec.options)
    assert again.robot.source == spec.robot.source


def test_a_robot_file_to_edit_is_a_robot(name: str, tmp_path):
    path = tmp_path / "robot.yaml"
    path.write_text(new_robot_file(name))
    spec = describe(str(path))
    assert spec.reference == name
    assert spec.robot.observation == describe(name).robot.observation
    path.write_text(path.read_text().replace("description: ", "description: my "))
    assert describe(str(path)).robot.description.startswith("my ")


def test_unknown_option_is_an_error(name: str):
    with pytest.raises(ParameterError, match="colour: unknown parameter"):
        entry(name).create(colour="red")


def test_unknown_robot_is_named():
    with pytest.raises(ValueError, match="no robot named 'wlaker'; did you mean 'walker'"):
        entry("wlaker")


@pytest.fixture(params=["walker", "walker_hardcore"])
def walker(request: pytest.FixtureRequest):
    made = Body(request.param)
    yield made
    made.robot.close()


def test_walker_observation_is_the_environments_own(walker: Body):
    """Over SI units and back; to the precision of the environment's float32."""
    observer = Observer(walker.description.observation, walker.robot.layout)
    observation = np.empty(24)
    turned = 0.0
    for _ in range(1000):
        outcome = walker.robot.step(walker.act())
        state = walker.robot.state
        observer.observe(walker.sense(), observation)
        np.testing.assert_allclose(observation, state, rtol=2e-7, atol=3e-7)
        turned = max(turned, abs(float(state[0])))
        if outcome.terminal:
            walker.robot.reset()
    assert turned > 1.0


def test_walker_course_ends_by_time_and_that_is_no_fall(walker: Body):
    assert walker.robot.course_steps in (1600, 2000)
    walker.robot.course_steps = 12  # too short to fall in
    outcomes = [walker.robot.step(np.zeros(4)) for _ in range(12)]
    assert [outcome.terminal for outcome in outcomes] == [False] * 11 + [True]
    assert not any(outcome.fell for outcome in outcomes)


def test_walker_falls(walker: Body):
    outcome = walker.robot.step(np.zeros(4))
    while not outcome.terminal:
        outcome = walker.robot.step(walker.limit * (1.0, 1.0, -1.0, -1.0))
    assert outcome.fell
    assert outcome.reward == -100.0
