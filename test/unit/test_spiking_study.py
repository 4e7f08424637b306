"""The spiking study: lives are kept, gone on with and reported; the shipped lifetime balances."""

from __future__ import annotations

import csv

import numpy as np

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.robot.config_files import shipped_checkpoint
from dynsyn_lab.studies.defaults import SPIKING_PARTS
from dynsyn_lab.studies.spiking import live, main
from dynsyn_lab.studies.spiking_arena import newborn, random_actions
from dynsyn_lab.studies.spiking_arms import Arm, arms
from dynsyn_lab.studies.spiking_book import Book, control_key, key_of
from dynsyn_lab.studies.spiking_report import report, solved_after
from dynsyn_sim_bridge.robots.spec import describe


def test_arms_have_names_of_their_own():
    keys = [key_of(arm, 0) for arm in arms()]
    assert len(set(keys)) == len(keys)
    assert {arm.part for arm in arms()} == set(SPIKING_PARTS)
    table = [arm for arm in arms() if arm.part == "table_2"]
    assert len(table) == 20
    assert all(arm.seeds >= 20 for arm in table)


def test_the_shipped_lifetime_balances_from_the_first_frame_and_learns_on():
    saved = checkpoint.load(shipped_checkpoint("cart_pole"))
    life = newborn(describe("cart_pole").robot, 3)
    assert saved.state.dtype == life.record.dtype
    life.record[:] = saved.state
    before = life.record["centre"].copy()
    assert (life.episodes(10, 500) == 500).all()
    assert (life.record["centre"] != before).any()


def test_a_life_is_the_same_again_and_frozen_episodes_leave_no_trace():
    arm = Arm("dynamic", "short", {}, episodes=5, limit=500, until_solved=True)
    first = live(arm, 7)
    assert first == live(arm, 7)
    assert first != live(arm, 8)
    life = newborn(describe("cart_pole").robot, 7)
    life.episodes(5, 500)
    before = life.record.tobytes()
    life.episodes(3, 500, learning=False)
    assert life.record.tobytes() == before


def test_book_and_report(tmp_path):
    book = Book(tmp_path / "lives.jsonl")
    arm = next(arm for arm in arms() if arm.part == "dynamic")
    solved = [20] * 50 + [500] * 100
    book.write(key_of(arm, 0), frames=solved, tests=[500] * 20)
    book.write(key_of(arm, 1), frames=[9] * 200, tests=[9] * 20)
    book.write(control_key("random actions", 0), frames=list(range(10, 210)))
    again = Book(tmp_path / "lives.jsonl")
    assert again.lives == book.lives
    report(again, tmp_path / "out")
    rows = list(csv.DictReader((tmp_path / "out" / "summary.csv").open()))
    assert [row["part"] for row in rows] == ["controls", "dynamic"]
    assert rows[0]["best, median"] == "209.0"
    assert (rows[1]["lives"], rows[1]["solved"]) == ("2", "1")
    assert (tmp_path / "out" / "dynamic.svg").stat().st_size > 1000


def test_solved_after_so_many_episodes():
    frames = np.array([20] * 50 + [500] * 100)
    means = [frames[i : i + 100].mean() for i in range(51)]
    assert solved_after(frames, 500) == 100 + next(i for i, m in enumerate(means) if m >= 475)
    assert solved_after(frames[:120], 500) == 0
    assert solved_after(frames, 5000) == 0


def test_random_actions_are_the_known_baseline():
    frames = random_actions(np.random.default_rng(0), 400)
    assert 20 < frames.mean() < 25
    assert random_actions(np.random.default_rng(0), 50, 10.0).max() <= 11


def test_an_unknown_part_is_one_line(capsys) -> None:
    assert main(["figure_99"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("studies.spiking: error: found 'figure_99', expected one of table_2, ")
    assert said.count("\n") == 1
