"""`dynsyn sweep`: its file, its points, and real sweeps in processes and on Ray."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import yaml

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.robot.config_files import config_path
from dynsyn_lab.cli import main as cli
from dynsyn_lab.errors import UsageError
from dynsyn_lab.interrupts import Interrupts
from dynsyn_lab.sweeps.plan import Plan, read_plan
from dynsyn_lab.sweeps.point import Silence
from dynsyn_lab.training.limits import Limits
from dynsyn_lab.training.run_folder import RunFolder
from dynsyn_lab.training.trainer import Trainer

SMALL = {
    "robot": "walker",
    "learner": {"preset": "authors"},
    "vary": {"learner.learning_rate": [1e-5, 4e-5]},
    "lifetimes": 1,
    "seed": 5,
    "steps": 300,
    "backend": "in_process",
}
RANDOM = SMALL | {
    "learner": {},
    "search": "random",
    "samples": 40,
    "vary": {
        "learner.convergence_rate": {"low": 1e-9, "high": 1e-6, "scale": "log"},
        "learner.period_mean": {"low": 10.0, "high": 20.0},
        "network.oscillator_substeps": {"low": 1, "high": 3},
        "learner.preset": ["authors", "paper"],
    },
}


MEAN, STD = "learner.period_mean", "learner.period_std"


def write(folder: Path, data: dict) -> Path:
    path = folder / "sweep.yaml"
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    return path


def without(key: str) -> dict:
    return {name: value for name, value in SMALL.items() if name != key}


def sweep(*words) -> int:
    return cli.main(["sweep", *map(str, words)])


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "results.csv").open() as file:
        return list(csv.DictReader(file))


def states(out: Path) -> dict[str, bytes]:
    """Every lifetime's record, by its place in the sweep."""
    found = sorted(out.glob("point_*/lifetime_*/checkpoint.ckpt"))
    return {str(p.relative_to(out)): checkpoint.load(p).state.tobytes() for p in found}


def trained_plainly(folder: Path, plan: Plan, steps: int) -> dict[str, bytes]:
    """`states` of the same points without a sweep."""
    for point in plan.points:
        run = RunFolder.create(folder / "plain" / point.name, point.config)
        Trainer(run, Limits(steps), Silence(), Interrupts()).run()
    return states(folder / "plain")


def test_the_shipped_example_is_a_good_sweep() -> None:
    plan = read_plan(config_path("sweeps/example.yaml"))
    assert len(plan.points) == 6
    assert plan.points[0].config.setting("learner.period_std") == 8.0


def test_a_grid_is_every_combination(tmp_path: Path) -> None:
    vary = {
        "robot.joints": [3, 5],
        "learner.preset": ["authors", "dynsyn"],
        "learner.baseline_time": [0, 50.0],
    }
    data = SMALL | {"robot": "swimmer", "learner": {}, "vary": vary}
    plan = read_plan(write(tmp_path, data))
    assert [tuple(point.values.values()) for point in plan.points] == [
        (joints, preset, time)
        for joints in (3, 5)
        for preset in ("authors", "dynsyn")
        for time in (0, 50.0)
    ]
    last = plan.points[-1].config
    assert (last.robot_options["joints"], last.preset, last.setting("learner.baseline_time")) == (
        5,
        "dynsyn",
        50.0,
    )
    assert {point.config.seed for point in plan.points} == {5}


def test_network_and_body_differ_between_points(tmp_path: Path) -> None:
    """Options of either reach the run, and what is lived follows from them."""
    data = SMALL | {
        "robot": "swimmer",
        "network": {"initial": "uniform"},
        "robot_options": {"density": 4000.0},
        "vary": {"network.initial_magnitude": [0.3, 0.5], "robot.joints": [3, 5]},
    }
    path, out = write(tmp_path, data), tmp_path / "out"
    configs = [point.config for point in read_plan(path).points]
    networks = [yaml.safe_load(config.robot_file)["network"] for config in configs]
    assert [network["initial_magnitude"] for network in networks] == [0.3, 0.3, 0.5, 0.5]
    assert {network["initial"] for network in networks} == {"uniform"}
    assert [config.robot_options["joints"] for config in configs] == [3, 5, 3, 5]
    assert {config.robot_options["density"] for config in configs} == {4000.0}
    shipped = {"density": 4000.0}  # in the body of five joints
    vary = {"network.initial_magnitude": [0.3, 0.5]}
    write(tmp_path, data | {"robot_options": shipped, "vary": vary})
    assert sweep(path, "--out", out, "--workers", 2) == 0
    assert [row["network.initial_magnitude"] for row in rows(out)] == ["0.3", "0.5"]
    assert len(set(states(out).values())) == 2


def test_a_random_search_draws_within_the_ranges_and_again_the_same(tmp_path: Path) -> None:
    plan = read_plan(write(tmp_path, RANDOM))
    drawn = {key: [p.values[key] for p in plan.points] for key in RANDOM["vary"]}
    logs = np.log10(drawn["learner.convergence_rate"])
    assert logs.min() > -9
    assert logs.max() < -6
    assert abs(np.median(logs) + 7.5) < 0.6
    assert 10 < min(drawn["learner.period_mean"]) < 13 < 17 < max(drawn["learner.period_mean"]) < 20
    assert set(drawn["network.oscillator_substeps"]) == {1, 2, 3}
    assert all(type(value) is int for value in drawn["network.oscillator_substeps"])
    assert set(drawn["learner.preset"]) == {"authors", "paper"}
    assert [p.values for p in read_plan(tmp_path / "sweep.yaml").points] == [
        p.values for p in plan.points
    ]
    other = read_plan(write(tmp_path, RANDOM | {"draw_seed": 1}))
    assert other.points[0].values != plan.points[0].values


def test_a_number_that_yaml_takes_for_text(tmp_path: Path) -> None:
    path = write(tmp_path, SMALL)
    path.write_text(path.read_text().replace("1.0e-05", "1e-5"))
    assert isinstance(yaml.safe_load(path.read_text())["vary"]["learner.learning_rate"][0], str)
    assert read_plan(path).points[0].values == {"learner.learning_rate": 1e-5}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (SMALL | {"lifetime": 2}, "lifetime: unknown key; did you mean 'lifetimes'?"),
        (SMALL | {"vary": {"learner.learning_rat": [1e-5]}}, "did you mean 'learning_rate'?"),
        (SMALL | {"network": {"adaptatio": "none"}}, "did you mean 'adaptation'?"),
        (SMALL | {"robot": "wolker"}, "did you mean 'walker'?"),
        (SMALL | {"vary": {}}, "vary: found nothing"),
        (
            SMALL | {"vary": {"learning_rate": [1e-5]}},
            "learning_rate: unknown key, expected l",
        ),
        (SMALL | {"vary": {"lerner.learning_rate": [1]}}, "expected learner.learning_rate"),
        (SMALL | {"vary": {"network.hiden": [4]}}, "network.hiden: unknown key; did you mean"),
        (SMALL | {"vary": {"network.hidden": ["x"]}}, "network.hidden: found 'x'"),
        (SMALL | {"vary": {"learner.learning_rate": 1e-5}}, "found 1e-05, expected a list"),
        (SMALL | {"vary": {"learner.learning_rate": []}}, "expected a list of values"),
        (SMALL | {"vary": {"learner.learning_rate": [-1.0]}}, "found -1.0, expected 0 or more"),
        (SMALL | {"vary": {"learner.x": {"low": 1.0, "high": 2.0}}}, "search: random"),
        (SMALL | {"vary": {"robot.joints": [3]}}, "joints"),
        (SMALL | {"learner": {"learning_rate": 1}}, "learner.learning_rate: also under learner"),
        (
            SMALL | {"vary": {"robot.joints": [3]}, "robot_options": {"joints": 4}},
            "vary.robot.joints: also under robot_options",
        ),
        (SMALL | {"lifetimes": 0}, "lifetimes: found 0, expected 1 or more"),
        (SMALL | {"seed": -1}, "seed: found -1"),
        (SMALL | {"backend": "gym"}, "backend: found 'gym'"),
        (SMALL | {"samples": 3}, "samples: not used by search: grid"),
        (SMALL | {"search": "random"}, "samples: missing for search: random"),
        (without("steps"), "steps: missing"),
        (without("robot"), "robot: missing"),
        (
            RANDOM | {"vary": {"learner.period_mean": {"low": 2.0, "high": 1.0}}},
            "is not below high",
        ),
        (
            RANDOM | {"vary": {"learner.period_std": {"low": 0.0, "high": 1.0, "scale": "log"}}},
            "above 0",
        ),
        (
            RANDOM | {"vary": {"learner.period_mean": {"lo": 2.0, "high": 3.0}}},
            "period_mean.lo: unknown",
        ),
    ],
)
def test_what_a_file_must_not_say(tmp_path: Path, data: dict, message: str) -> None:
    path = write(tmp_path, data)
    with pytest.raises(UsageError) as caught:
        read_plan(path)
    assert str(caught.value).startswith(f"sweep {path}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_none(tmp_path: Path, capsys) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("vary: [1, 2")
    for path, message in ((bad, "not valid YAML"), (tmp_path / "no.yaml", "cannot be read")):
        assert sweep(path) == 2
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1


def test_a_dry_run_trains_nothing(tmp_path: Path, capsys) -> None:
    out = tmp_path / "out"
    assert sweep(write(tmp_path, SMALL), "--out", out, "--dry-run") == 0
    assert capsys.readouterr().out.splitlines()[1] == "point_001: learner.learning_rate 4e-05"
    assert not out.exists()


def test_a_sweep_goes_on_and_ends_where_plain_training_does(tmp_path: Path, capsys) -> None:
    path, out = write(tmp_path, SMALL), tmp_path / "out"
    assert sweep(path, "--out", out, "--workers", 2) == 0
    assert "[2/2]" in capsys.readouterr().out
    assert [(r["point"], float(r["learner.learning_rate"]), r["steps"]) for r in rows(out)] == [
        ("point_000", 1e-5, "300"),
        ("point_001", 4e-5, "300"),
    ]
    first = states(out)
    assert sweep(path, "--out", out) == 0
    assert "2 points" in capsys.readouterr().out
    assert states(out) == first

    write(tmp_path, SMALL | {"steps": 500})
    assert sweep(path, "--out", out) == 0
    assert {r["steps"] for r in rows(out)} == {"500"}
    assert states(out) == trained_plainly(tmp_path, read_plan(path), 500)

    write(tmp_path, SMALL | {"seed": 6})
    assert sweep(path, "--out", out) == 1
    assert "holds a sweep over other points" in capsys.readouterr().err


def test_a_point_that_fails_does_not_stop_the_others(tmp_path: Path, capsys) -> None:
    path, out = write(tmp_path, SMALL), tmp_path / "out"
    assert sweep(path, "--out", out, "--workers", 1) == 0
    (out / "point_000" / "summary.json").unlink()
    (out / "point_000" / "state.npz").write_bytes(b"damaged")
    write(tmp_path, SMALL | {"steps": 400})
    assert sweep(path, "--out", out, "--workers", 1) == 1
    assert "point_000: failed: run" in capsys.readouterr().out
    assert [r["steps"] for r in rows(out) if r["point"] == "point_001"] == ["400"]


def test_a_folder_that_holds_something_else(tmp_path: Path, capsys) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "precious").write_text("mine")
    assert sweep(write(tmp_path, SMALL), "--out", out) == 1
    assert "not empty and not a sweep" in capsys.readouterr().err


@pytest.mark.long
def test_an_interrupted_sweep_loses_nothing(tmp_path: Path) -> None:
    """Ctrl-C once a point lives: it is saved, and the same command ends as if nothing had been."""
    path, out = write(tmp_path, SMALL | {"steps": 8000, "save_every": 500}), tmp_path / "out"
    command = [
        sys.executable,
        "-c",
        "import sys; from dynsyn_lab.cli.main import main; sys.exit(main())",
    ]
    command += ["sweep", str(path), "--out", str(out), "--workers", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 120
        while not (out / "point_000" / "state.npz").exists():  # its first save
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "the same command goes on from here" in said
    steps = int(rows(out)[0]["steps"])
    assert 500 <= steps < 8000
    assert not (out / "point_001").exists()
    assert sweep(path, "--out", out, "--workers", min(2, os.cpu_count() or 1)) == 0
    assert states(out) == trained_plainly(tmp_path, read_plan(path), 8000)


def test_on_a_ray_cluster_of_this_machine(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed (requirements/extra-ray.txt)")
    path = write(tmp_path, SMALL)
    assert sweep(path, "--out", tmp_path / "ray", "--ray", "local", "--workers", 2) == 0
    assert sweep(path, "--out", tmp_path / "local", "--workers", 2) == 0
    assert states(tmp_path / "ray") == states(tmp_path / "local")


def test_ray_where_there_is_none(tmp_path: Path, capsys) -> None:
    out = tmp_path / "out"
    assert sweep(write(tmp_path, SMALL), "--out", out, "--ray", "127.0.0.1:1") == 1
    error = capsys.readouterr().err
    assert "not installed" in error or "no cluster answers" in error
    assert error.count("\n") == 1
