"""Lifetimes live the same wherever they live, however often they are saved and resumed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dynsyn_controller.robot.observation import Observer
from dynsyn_lab.interrupts import Interrupts
from dynsyn_lab.rollouts.senses import Senses
from dynsyn_lab.training.backends.envpool import (
    LIVING,
    REBORN,
    RESTING,
    make_pool,
    receive,
)
from dynsyn_lab.training.backends.registry import has_envpool
from dynsyn_lab.training.limits import Limits
from dynsyn_lab.training.progress import PlainProgress
from dynsyn_lab.training.run_folder import RunError, RunFolder
from dynsyn_lab.training.run_setup import make_config
from dynsyn_lab.training.trainer import Trainer
from dynsyn_sim_bridge.robots.bipedal_walker import BipedalWalker
from dynsyn_sim_bridge.robots.registry import entry
from dynsyn_sim_bridge.robots.walker_state import LAYOUT, decode_all

needs_envpool = pytest.mark.skipif(not has_envpool(), reason="envpool is not installed")
BACKENDS = ["in_process", "processes", pytest.param("envpool", marks=needs_envpool)]


def train(path: Path, *calls: int, **asked) -> RunFolder:
    """A run that is trained to each of these numbers of steps in turn.

    Under preset authors walkers fall early: short lives hold many courses.
    """
    asked = {"robot": "walker", "preset": "authors", "save_every": 300, "trace_every": 100, **asked}
    folder = RunFolder.create(path, make_config(**asked))
    for steps in calls:
        live(folder, Limits(steps=steps))
    return folder


def live(folder: RunFolder, limits: Limits) -> dict:
    with Interrupts() as interrupts, PlainProgress() as progress:
        return Trainer(folder, limits, progress, interrupts).run()


def assert_same_life(one: Path, other: Path) -> None:
    """The files of two lifetimes are the same, byte for byte."""
    names = {path.name for path in one.iterdir()}
    assert {"checkpoint.ckpt", "curve.csv", "trace.csv"} <= names
    assert names == {path.name for path in other.iterdir()}
    for name in names:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


@pytest.mark.parametrize("backend", BACKENDS)
def test_resumed_is_as_if_never_interrupted(tmp_path, backend) -> None:
    asked = {"lifetimes": 2, "backend": backend, "seed": 5}
    whole = train(tmp_path / "whole", 1000, **asked)
    parts = train(tmp_path / "parts", 450, 720, 1000, **asked)
    assert len(whole.curve(0)["step"]) >= 3
    assert whole.trace(1)["step"].tolist() == list(range(100, 1001, 100))
    for one, other in zip(whole.lifetimes, parts.lifetimes, strict=True):
        assert_same_life(one, other)


def test_processes_live_as_this_process(tmp_path) -> None:
    many = train(tmp_path / "many", 500, lifetimes=3, backend="processes", seed=5)
    one = train(tmp_path / "one", 500, lifetimes=1, backend="in_process", seed=7)
    assert_same_life(many.lifetime(2), one.lifetime(0))


@needs_envpool
def test_neighbours_make_no_difference(tmp_path) -> None:
    many = train(tmp_path / "many", 700, lifetimes=5, backend="envpool", seed=5)
    one = train(tmp_path / "one", 700, lifetimes=1, backend="envpool", seed=8)
    assert_same_life(many.lifetime(3), one.lifetime(0))
    assert many.trace(3)["drive.0.0.weight"].tolist() != many.trace(2)["drive.0.0.weight"].tolist()


def test_how_often_is_saved_makes_no_difference_in_this_process(tmp_path) -> None:
    one = train(tmp_path / "one", 600, save_every=100)
    other = train(tmp_path / "other", 600, save_every=1000)
    assert_same_life(one.lifetime(0), other.lifetime(0))


def test_a_robot_whose_courses_end_by_time(tmp_path) -> None:
    asked = {"robot": "swimmer", "robot_options": {"joints": 5, "course_steps": 150}}
    whole = train(tmp_path / "whole", 1000, **asked)
    parts = train(tmp_path / "parts", 333, 1000, **asked)
    assert_same_life(whole.lifetime(0), parts.lifetime(0))
    curve = whole.curve(0)
    assert curve["length"].tolist() == [150.0] * 6
    assert (curve["return"] > 50.0).all()  # it swims from birth: nobody's command is full speed


def test_resuming_puts_the_body_back_once(monkeypatch, tmp_path) -> None:
    folder = train(tmp_path / "run", 1500)
    assert len(folder.curve(0)["step"]) >= 5
    resets: list[int | None] = []
    reset = BipedalWalker.reset

    def counted(self: BipedalWalker, seed: int | None = None) -> None:
        resets.append(seed)
        reset(self, seed)

    monkeypatch.setattr(BipedalWalker, "reset", counted)
    live(folder, Limits(steps=1501))
    assert resets[:2] == [0, None]  # at birth, and onto the present course
    assert len(resets) <= 3  # or its last step ended it


@pytest.mark.parametrize("backend", ["in_process", "processes"])
def test_a_run_of_another_version_is_refused(tmp_path, backend) -> None:
    folder = train(tmp_path / "run", 400, backend=backend, lifetimes=2)
    parts = folder.load_state()
    del parts["world_generator_1"]
    folder.save_state(parts)
    with pytest.raises(RunError, match="no generator_1: saved by another version"):
        live(folder, Limits(steps=500))


@pytest.mark.parametrize("backend", BACKENDS)
def test_curve_agrees_with_the_lifetime(tmp_path, backend) -> None:
    folder = train(tmp_path / "run", 900, lifetimes=2, backend=backend)
    summary = live(folder, Limits(steps=1200))
    for lifetime in summary["lifetimes"]:
        curve = folder.curve(lifetime["index"])
        assert lifetime["steps"] == 1200
        assert curve["episode"].tolist() == list(range(1, lifetime["episodes"] + 1))
        assert curve["return"][-1] == lifetime["return_last"]
        assert curve["return"].mean() == pytest.approx(lifetime["return_average"])
        assert (curve["length"] >= 1).all()
        gaps = np.diff(np.concatenate([[0.0], curve["step"]])) - curve["length"]
        if backend == "envpool":  # a cut leaves the steps of one episode out
            assert (gaps >= 0).all()
            assert np.count_nonzero(gaps) <= 3
        else:
            assert not gaps.any()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_goal_in_episodes_ends_each_lifetime_there(tmp_path, backend) -> None:
    folder = train(tmp_path / "run", lifetimes=2, backend=backend)
    summary = live(folder, Limits(episodes=2))
    assert [lifetime["episodes"] for lifetime in summary["lifetimes"]] == [2, 2]
    for index in range(2):
        assert folder.curve(index)["episode"].tolist() == [1.0, 2.0]


def test_time_ends_a_run_and_it_can_go_on(tmp_path) -> None:
    folder = train(tmp_path / "run")
    summary = live(folder, Limits(seconds=0.05))
    steps = summary["lifetimes"][0]["steps"]
    assert steps > 0
    assert live(folder, Limits(steps=steps + 100))["lifetimes"][0]["steps"] == steps + 100


def test_what_fails_in_another_process_is_told_here(tmp_path) -> None:
    config = make_config("swimmer", lifetimes=2, backend="processes")
    config.robot_options["joints"] = 6  # not what the robot file says
    folder = RunFolder.create(tmp_path / "run", config)
    with pytest.raises(
        RuntimeError, match=r"ValueError: swimmer: found joints .*joint_6; its robot file"
    ):
        live(folder, Limits(steps=100))


def test_senses_of_a_walker_are_the_environments_own_observation() -> None:
    robot, body = entry("walker").robot(), entry("walker").create()
    senses, generator = Senses(robot, body), np.random.default_rng(2)
    body.reset(3)
    state = np.zeros((1, 24), dtype=np.float32)
    sensors, batch = np.zeros((1, LAYOUT.size)), np.zeros((1, 24))
    for _ in range(200):
        effort = generator.uniform(-80.0, 80.0, 4)
        if body.step(effort).terminal:
            body.reset()
            effort[:] = 0.0
        observation = senses.look()
        # The environment's state is float32, so the observation rounded to that is the state again
        # and the batch must make the same observation of it, to the last bit.
        state[0] = observation.astype(np.float32)
        decode_all(state, effort[np.newaxis], sensors)
        Observer(robot.observation, LAYOUT).observe(sensors, batch)
        np.testing.assert_array_equal(batch[0], observation)


@needs_envpool
@pytest.mark.parametrize("name", ["walker", "walker_hardcore"])
def test_observation_on_envpool_is_the_environments_own(name) -> None:
    pool, generator = (
        make_pool(entry(name).envpool.environment, [1, 2, 3]),
        np.random.default_rng(2),
    )
    state, _ = pool.reset()
    robot = entry(name).robot()
    sensors, observation = np.zeros((3, LAYOUT.size)), np.zeros((3, 24))
    for _ in range(200):
        decode_all(state, np.zeros((3, 4)), sensors)
        Observer(robot.observation, LAYOUT).observe(sensors, observation)
        np.testing.assert_allclose(observation, state, rtol=1e-6, atol=1e-7)
        state, *_ = pool.step(generator.uniform(-1, 1, (3, 4)).astype(np.float32))
    pool.close()


class Batch:
    """What `receive` needs, for two lifetimes."""

    def __init__(self, steps: tuple[int, int], until: tuple[int, int]) -> None:
        self.steps, self.until = np.array(steps), np.array(until)
        self.phase = np.zeros(2, dtype=np.int8)
        self.held, self.fed = np.zeros(2), np.zeros(2)
        self.held_terminal, self.fed_terminal = np.zeros((2, 2), dtype=bool)

    def receive(self, reward: tuple[float, float], ended: tuple[bool, bool]) -> tuple[int, int]:
        return receive(
            np.array(reward, dtype=np.float32),
            np.array(ended),
            np.zeros(2, dtype=bool),
            self.steps,
            self.until,
            self.phase,
            self.held,
            self.held_terminal,
            self.fed,
            self.fed_terminal,
        )


def test_reward_of_an_end_is_fed_with_the_body_put_back() -> None:
    batch = Batch((5, 5), (100, 100))
    assert batch.receive((0.5, -100.0), (False, True)) == (1, 0)
    assert batch.phase.tolist() == [LIVING, REBORN]
    assert batch.fed[0] == 0.5
    assert np.isnan(batch.fed[1])
    assert batch.receive((0.25, 0.0), (False, False)) == (0, 0)
    assert batch.fed.tolist() == [0.25, -100.0]
    assert batch.fed_terminal.tolist() == [False, True]
    assert batch.phase.tolist() == [LIVING, LIVING]


def test_a_resting_lifetime_holds_what_its_last_effort_brought() -> None:
    batch = Batch((7, 7), (7, 8))
    assert batch.receive((0.5, 0.25), (True, False)) == (1, 1)
    assert batch.phase.tolist() == [RESTING, LIVING]
    batch.steps[1] = 8
    assert batch.receive((9.0, -3.0), (False, False)) == (2, 2)
    assert batch.held.tolist() == [0.5, -3.0]
    assert batch.held_terminal.tolist() == [True, False]
    assert np.isnan(batch.fed).all()
