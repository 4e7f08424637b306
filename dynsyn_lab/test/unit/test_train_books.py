"""What a run notes of its lifetimes: episodes, bests, when solved, and its folder on disk."""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import replace

import numpy as np
import pytest
import yaml

from dynsyn_controller.core.statistics import WINDOW
from dynsyn_controller.core.step import step_batch
from dynsyn_controller.lifetime import checkpoint
from dynsyn_lab.training.journal import Goal
from dynsyn_lab.training.population import Population
from dynsyn_lab.training.run_folder import CURVE, RunError, RunFolder
from dynsyn_lab.training.run_setup import default_folder, make_config
from dynsyn_sim_bridge.robots.spec import describe
from dynsyn_sim_bridge.robots.task import Task

WALKER = Task(solved_return=300.0)


def population_of(lifetimes: int = 1, goal: Goal | None = None, seed: int = 4) -> Population:
    spec = describe("walker")
    spec = replace(spec, robot=spec.robot.choose(preset="authors"))
    return Population(spec, range(seed, seed + lifetimes), goal or Goal(task=WALKER), 1000)


class Fed:
    """A lifetime that is fed rewards, with its journal."""

    def __init__(self, goal: Goal | None = None) -> None:
        self.population = population_of(goal=goal)
        self.journal, self.record = self.population.journals[0], self.population.states[0]
        self.observation = np.zeros((1, len(self.population.spec.robot.observation)))
        self.endings = []
        self.step(0.0)

    def step(self, reward: float, terminal: bool = False) -> None:
        refused = step_batch(
            self.population.states,
            self.population.blueprint.parameters,
            self.observation,
            np.array([reward]),
            np.array([terminal]),
            True,
        )
        assert refused == 0
        if terminal:
            self.endings.append(self.journal.close_episode(self.record))

    def episode(self, total: float, length: int = 3) -> None:
        for _ in range(length - 1):
            self.step(1.0)
        self.step(total - (length - 1), terminal=True)


def test_rows_of_the_curve_are_return_and_length() -> None:
    fed = Fed()
    fed.episode(10.0, 3)
    fed.episode(-7.5, 5)
    rows = [(e.step, e.episode, e.total, e.length) for e in fed.endings]
    assert rows == [(3, 1, 10.0, 3), (8, 2, -7.5, 5)]


def test_solved_at_the_first_hundred_that_average_300() -> None:
    fed = Fed(Goal(until_solved=True, task=WALKER))
    for _ in range(WINDOW - 1):
        fed.episode(400.0)
    assert not any(ending.solved for ending in fed.endings)
    assert not fed.journal.done(fed.record)
    fed.episode(-9_700.0)  # the mean is now 299
    assert not fed.endings[-1].solved
    fed.episode(500.0)  # a 400 goes, a 500 comes: exactly 300
    assert fed.endings[-1].solved
    assert fed.journal.done(fed.record)
    fed.episode(500.0)
    assert not fed.endings[-1].solved
    assert fed.population.books[0]["solved_episode"] == WINDOW + 1
    assert fed.population.books[0]["solved_step"] == fed.endings[WINDOW].step == 3 * (WINDOW + 1)


def test_what_was_earned_before_the_run_does_not_solve_its_task() -> None:
    fed = Fed(Goal(until_solved=True, task=WALKER, before=WINDOW))
    for _ in range(2 * WINDOW - 1):
        fed.episode(400.0)
    assert not any(ending.solved or ending.record is not None for ending in fed.endings)
    fed.episode(400.0)
    assert fed.endings[-1].solved


def test_a_best_is_kept_as_the_lifetime_was() -> None:
    fed = Fed()
    for _ in range(WINDOW):
        fed.episode(10.0)
    assert [ending.record is not None for ending in fed.endings] == [False] * 99 + [True]
    kept = fed.endings[-1].record
    assert kept.tobytes() == fed.record.tobytes()
    fed.episode(60.0)  # the mean rises by 0.5: not worth a file
    assert fed.endings[-1].record is None
    fed.episode(60.0)
    assert fed.endings[-1].record["return_average"] == pytest.approx(11.0)
    assert kept.tobytes() != fed.record.tobytes()


def test_goal_in_episodes() -> None:
    fed = Fed(Goal(episodes=2))
    fed.episode(1.0)
    assert not fed.journal.done(fed.record)
    fed.episode(1.0)
    assert fed.journal.done(fed.record)


def test_a_restart_episode_is_in_no_return() -> None:
    fed = Fed()
    fed.step(5.0)
    fed.step(6.0)
    fed.journal.restart_episode(fed.record, reward=8.0)
    fed.step(8.0)  # of the effort before the cut
    fed.episode(20.0, 4)
    ending = fed.endings[0]
    assert (ending.total, ending.episode) == (20.0, 1)
    assert ending.length == 4


def test_trace_names_what_it_samples() -> None:
    population = population_of()
    record = population.states[0]
    row = dict(zip(population.trace.columns, population.trace.row(record), strict=True))
    hidden, drive, action = population.blueprint.layers
    assert row["step"] == 0
    assert row["amplitude.action"] == pytest.approx(record["amplitude"][action.slice].mean())
    last = hidden.start + (hidden.rows - 1) * hidden.columns
    assert row[f"hidden.{hidden.rows - 1}.0.centre"] == record["centre"][last]
    assert row["drive.1.0.weight"] == record["weight"][drive.start + drive.columns]


def test_lifetimes_are_born_from_seeds_that_follow_each_other() -> None:
    many, one = population_of(3, seed=4), population_of(1, seed=6)
    assert many.states[2].tobytes() == one.states[0].tobytes()
    assert many.states[1].tobytes() != one.states[0].tobytes()


@pytest.fixture
def folder(tmp_path) -> RunFolder:
    config = make_config("walker", lifetimes=2, seed=3, backend="processes", preset="paper")
    return RunFolder.create(tmp_path / "run", config)


def test_configuration_is_whole_and_read_back(folder) -> None:
    again = RunFolder(folder.path)
    assert again.config == folder.config
    written = json.loads((folder.path / "run.json").read_text())
    assert set(written) == {field.name for field in dataclasses.fields(folder.config)}
    network = yaml.safe_load(written["robot_file"])["network"]
    assert network["oscillator_b"] == again.config.setting("network.oscillator_b") == 0.2
    assert {"python", "numpy", "numba", "gymnasium"} <= set(written["versions"])
    assert [path.name for path in again.lifetimes] == ["lifetime_000", "lifetime_001"]


@pytest.mark.faults
def test_a_row_that_is_being_written_is_not_read(folder) -> None:
    folder.append(0, "curve.csv", CURVE, [(100, 1, -5.0, 90), (250, 2, 7.5, 150)])
    path = folder.lifetime(0) / "curve.csv"
    for cut in range(1, len("250,2,7.5,150\n")):
        path.write_bytes(path.read_bytes()[:-1])
        assert folder.curve(0)["step"].tolist() == [100.0], cut
    path.write_text("step,epis")
    assert folder.curve(0) == {}


def test_one_process_at_a_time_trains_into_a_folder(folder) -> None:
    lock = folder.hold()
    with pytest.raises(RunError, match=f"is being trained by process {os.getpid()}; end that"):
        RunFolder(folder.path).hold()
    lock.release()
    RunFolder(folder.path).hold().release()


@pytest.mark.faults
def test_folders_of_runs_in_one_second_differ(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    folders = [default_folder(describe("walker")) for _ in range(3)]
    assert len(set(folders)) == 3
    assert all(folder.is_dir() for folder in folders)


def test_curve_is_read_back_and_shorten(folder) -> None:
    rows = [(100, 1, -1.25, 100), (250, 2, 1 / 3, 150)]
    folder.append(1, "curve.csv", CURVE, rows[:1])
    folder.append(1, "curve.csv", CURVE, rows[1:])
    curve = folder.curve(1)
    assert list(curve) == ["step", "episode", "return", "length"]
    assert curve["return"].tolist() == [-1.25, 1 / 3]
    whole = (folder.lifetime(1) / "curve.csv").read_bytes()
    with (folder.lifetime(1) / "curve.csv").open("a") as file:
        file.write("300,3,5.0,50\n31")  # beyond the saved state, and a line cut by a kill
    folder.shorten(1, 250)
    assert (folder.lifetime(1) / "curve.csv").read_bytes() == whole


def test_a_folder_that_holds_something_is_refused(folder) -> None:
    with pytest.raises(RunError, match=r"not empty.*--resume"):
        RunFolder.create(folder.path, folder.config)


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 3}', '{"format": 2}', '{"format": 1}'])
def test_a_damaged_run_is_refused(folder, text) -> None:
    (folder.path / "run.json").write_text(text)
    with pytest.raises(RunError, match=r"run\.json"):
        RunFolder(folder.path)


def test_a_damaged_state_is_refused(folder) -> None:
    assert folder.load_state() is None
    folder.save_state({"states": np.arange(1000)})
    assert folder.load_state()["states"].sum() == 499_500
    path = folder.path / "state.npz"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(RunError, match=r"state\.npz: damaged"):
        folder.load_state()


def test_exported_lifetime_is_a_checkpoint(tmp_path) -> None:
    fed = Fed()
    fed.episode(3.0)
    controller = fed.population.controller(fed.record)
    checkpoint.save(tmp_path / "a.ckpt", fed.population.spec.robot, controller)
    loaded = checkpoint.load(tmp_path / "a.ckpt")
    assert loaded.state[0].tobytes() == fed.record.tobytes()
    assert loaded.robot.learner["preset"] == "authors"
    assert loaded.controller().learner.options == fed.population.blueprint.learner.options
