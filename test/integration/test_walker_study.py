"""The walkers' study: tables and figure of training runs, of real ones and of known curves."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from dynsyn_lab.cli import main as cli
from dynsyn_lab.interrupts import Interrupts
from dynsyn_lab.rollouts.evaluate import evaluate
from dynsyn_lab.sweeps.point import Silence
from dynsyn_lab.training.limits import Limits
from dynsyn_lab.training.run_folder import CURVE, RunFolder
from dynsyn_lab.training.run_setup import make_config
from dynsyn_lab.training.trainer import Trainer

STEPS = 100
"""Control steps of each episode of a made-up curve."""


@pytest.fixture(scope="module")
def real(tmp_path_factory) -> Path:
    """Two lifetimes of 3000 steps."""
    path = tmp_path_factory.mktemp("runs") / "real"
    config = make_config(
        "walker",
        preset="authors",
        settings={"learning_rate": 5e-5},
        lifetimes=2,
        seed=40,
        backend="in_process",
    )
    Trainer(RunFolder.create(path, config), Limits(3000), Silence(), Interrupts()).run()
    return path


def made_up(path: Path, *returns: np.ndarray, seed: int = 0, robot: str = "walker", **more) -> Path:
    """A run whose lifetimes earned these returns, in episodes of STEPS."""
    config = make_config(robot, lifetimes=len(returns), seed=seed, **more)
    folder = RunFolder.create(path, config)
    for lifetime, values in enumerate(returns):
        rows = [((i + 1) * STEPS, i + 1, value, STEPS) for i, value in enumerate(values)]
        folder.append(lifetime, "curve.csv", CURVE, rows)
    return path


def study(*words: object) -> int:
    return cli.main(["study", "walker", *map(str, words)])


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_real_run_is_told_as_its_folder_has_it(real: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "results"
    assert study(f"fast={real}", "--out", out, "--every", 1000) == 0
    table = rows(out / "table.csv")
    assert [row["seed"] for row in table] == ["40", "41"]
    summary = json.loads((real / "summary.json").read_text())
    for index, (row, lifetime) in enumerate(zip(table, summary["lifetimes"], strict=True)):
        curve = RunFolder(real).curve(index)
        assert row["arm"] == "fast"
        assert row["settings"] == "authors, learning_rate 5e-05"
        assert int(row["episodes"]) == lifetime["episodes"] == len(curve["return"])
        assert int(row["steps"]) == curve["step"][-1]
        assert float(row["simulated_hours"]) == pytest.approx(curve["step"][-1] / 180_000, abs=1e-3)
        assert float(row["wall_hours"]) == pytest.approx(summary["seconds"] / 3600, abs=2e-3)
        assert float(row["last"]) == pytest.approx(lifetime["return_average"], abs=1e-3)
        assert (row["solved"], row["best"], row["lifetimes_in_run"]) == ("no", "", "2")
    points = rows(out / "curves.csv")
    for seed, index in (("40", 0), ("41", 1)):
        curve = RunFolder(real).curve(index)
        own = [point for point in points if point["seed"] == seed]
        assert [point["step"] for point in own[:-1]] == ["1000", "2000"]
        for point in own:
            before = curve["return"][curve["step"] <= int(point["step"])]
            assert int(point["episode"]) == len(before)
            assert float(point["return_100"]) == pytest.approx(before.mean(), abs=0.01)
    for kind in ("png", "svg"):
        assert (out / f"learning.{kind}").stat().st_size > 5000
    printed = capsys.readouterr().out
    assert "2 lifetimes side by side on in_process" in printed
    assert "47,956" in printed
    assert str(tmp_path) not in printed
    assert not (out / "evaluations.csv").exists()


def test_an_option_that_came_after_a_run_is_told_as_off(tmp_path: Path) -> None:
    """Of a run folder of format 1, which kept preset and rule beside the robot file."""
    run = made_up(tmp_path / "run", np.zeros(3), preset="dynsyn")
    config = json.loads((run / "run.json").read_text())
    learner = RunFolder(run).config.sections["learner"]
    younger = ("type", "preset", "effort_cost", "fall_cost")
    rule = {key: value for key, value in learner.items() if key not in younger}
    config |= {"format": 1, "preset": "dynsyn", "rule": rule}
    (run / "run.json").write_text(json.dumps(config))
    assert study(f"old={run}", "--out", tmp_path / "results") == 0
    settings = rows(tmp_path / "results" / "table.csv")[0]["settings"].split(", ")
    assert settings[0] == "dynsyn"
    assert "effort_cost 0" in settings


def test_where_a_lifetime_was_solved(tmp_path: Path, capsys) -> None:
    """Rising by 2 an episode from 1, a mean of 100 episodes first reaches 300 at number 200."""
    rising = 2.0 * np.arange(260) + 1.0
    flat = np.full(150, 310.0)  # solved with its hundredth episode, no sooner
    first = made_up(tmp_path / "first", rising, flat, np.linspace(-100, 299, 400), seed=10)
    second = made_up(tmp_path / "second", np.full(99, 400.0), seed=20)
    out = tmp_path / "out"
    assert study(f"a={first},{second}", f"b={made_up(tmp_path / 'b', flat)}", "--out", out) == 0
    table = {(row["arm"], row["seed"]): row for row in rows(out / "table.csv")}
    mean = [rising[: i + 1][-100:].mean() for i in range(len(rising))]
    number = 1 + next(i for i in range(99, len(mean)) if mean[i] >= 300.0)
    assert number == 200
    found = table["a", "10"]
    assert (found["solved"], found["solved_episode"]) == ("yes", "200")
    assert found["solved_step"] == str(200 * STEPS)
    assert float(found["solved_simulated_hours"]) == pytest.approx(200 * STEPS / 180_000, abs=1e-3)
    assert float(found["best"]) == pytest.approx(mean[-1])
    assert (found["best_episode"], found["wall_hours"]) == ("260", "")
    assert table["a", "11"]["solved_episode"] == "100"
    assert (table["a", "12"]["solved"], table["a", "12"]["solved_step"]) == ("no", "")
    assert (table["a", "20"]["solved"], table["a", "20"]["best"]) == ("no", "")
    printed = capsys.readouterr().out
    assert "| a | 4 | 2 | 310.0 | 249.5 to 420.0 |" in printed
    # two of four were solved, so the median lifetime was not
    assert printed.count("| not |") == 1
    assert "| b | 1 | 1 | 310.0 | 310.0 to 310.0 | 310.0 | 310.0 to 310.0 | 10,000 |" in printed
    assert "unknown" in printed  # wall clock of a run that has not been saved


def test_evaluations_are_gathered_by_arm(real: Path, tmp_path: Path, capsys) -> None:
    files = []
    for index, learning in ((0, False), (1, False), (0, True)):
        result = evaluate(
            real / f"lifetime_{index:03d}" / "checkpoint.ckpt", 2, seed=9, learning=learning
        )
        files.append(tmp_path / f"{index}-{learning}.json")
        files[-1].write_text(json.dumps(result))
    out = tmp_path / "out"
    words = [f"x={real}", "--eval", f"x={files[0]},{files[1]}", "--eval", f"x={files[2]}"]
    assert study(*words, "--out", out) == 0
    table = rows(out / "evaluations.csv")
    assert [row["mode"] for row in table] == ["frozen", "frozen", "learning"]
    assert [row["lifetime"] for row in table][:2] == [
        f"{real.name}/lifetime_000/checkpoint.ckpt",
        f"{real.name}/lifetime_001/checkpoint.ckpt",
    ]
    means = [json.loads(file.read_text())["mean"] for file in files]
    assert [float(row["mean"]) for row in table] == pytest.approx(means, abs=1e-3)
    assert f"| x | frozen | 2 | 2 | {np.median(means[:2]):.1f} |" in capsys.readouterr().out


def test_what_cannot_be_told_is_one_clear_line(real: Path, tmp_path: Path, capsys) -> None:
    swimmer = made_up(tmp_path / "swimmer", np.zeros(3), robot="swimmer")
    unlived = made_up(tmp_path / "unlived", np.zeros(0))
    other = made_up(tmp_path / "other", np.zeros(3), seed=50, preset="paper")
    same_seed = made_up(
        tmp_path / "same", np.zeros(3), seed=41, preset="authors",
        settings={"learning_rate": 5e-5},
    )  # fmt: skip
    torn = made_up(tmp_path / "torn", np.zeros(3))
    with (torn / "lifetime_000" / "curve.csv").open("a") as file:
        file.write("400,4\n")
    note = tmp_path / "note.json"
    note.write_text('{"mode": "frozen"}')
    for words, code, message in [
        ([f"a={tmp_path / 'none'}"], 1, "run.json: No such file"),
        ([f"a={unlived}"], 1, "lifetime_000: no episode has ended yet"),
        ([f"a={swimmer}"], 1, "found robot swimmer, expected one with the body walker"),
        ([f"a={torn}"], 1, "curve.csv: damaged"),
        ([f"a={real}", f"a={other}"], 2, "arm a: given twice"),
        ([f"a={real}", f"b={real}"], 2, f"run {real}: given twice"),
        ([f"a={real},{other}"], 2, "arm a: its runs learnt in different ways"),
        ([f"a={real},{same_seed}"], 2, "arm a: seed 41 is in two of its runs"),
        ([f"a={real}", "--eval", f"a={tmp_path / 'no.json'}"], 1, "no.json: cannot be read"),
        ([f"a={real}", "--eval", f"a={note}"], 1, "note.json: no seed, expected"),
    ]:
        assert study(*words, "--out", tmp_path / "out") == code, words
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()
    with pytest.raises(SystemExit, match="2"):
        study(real)
    assert "expected ARM=PATH" in capsys.readouterr().err
