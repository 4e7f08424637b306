"""Curves of a training run for TensorBoard, read back by TensorBoard's own reader."""

from __future__ import annotations

import csv
import json
import sys

import pytest

from dynsyn_lab.cli.main import main

NAMES = {
    "rollout/ep_rew_mean",
    "rollout/ep_len_mean",
    "rollout/reward_mean",
    "time/fps",
    "time/time_elapsed",
    "time/total_timesteps",
    "train/amplitude",
}


def curves(folder) -> dict[str, list]:
    """Name -> points of the curve, as TensorBoard shows them."""
    reading = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    found = reading.EventAccumulator(str(folder))
    found.Reload()
    return {name: found.Scalars(name) for name in found.Tags()["scalars"]}


def test_names_and_values_are_those_that_tensorboard_users_expect(tmp_path):
    pytest.importorskip("tensorboardX")
    run = tmp_path / "run"
    words = ["train", "cart_pole", "--steps", "2000", "--tensorboard"]
    assert main([*words, "--out", str(run)]) == 0
    folder = run / "tensorboard" / "lifetime_000"
    found = curves(folder)
    assert found.keys() == NAMES
    lifetime = json.loads((run / "summary.json").read_text())["lifetimes"][0]
    assert found["time/total_timesteps"][-1].step == 2000
    assert found["rollout/ep_rew_mean"][-1].value == pytest.approx(lifetime["return_average"])
    with (run / "lifetime_000" / "curve.csv").open() as file:
        lengths = [float(row["length"]) for row in csv.DictReader(file)]
    length = sum(lengths[-100:]) / len(lengths[-100:])
    assert found["rollout/ep_len_mean"][-1].value == pytest.approx(length)
    assert found["time/fps"][-1].value > 0.0
    assert main(["train", "--resume", str(run), "--steps", "3000", "--tensorboard"]) == 0
    steps = [point.step for point in curves(folder)["time/total_timesteps"]]
    assert steps == sorted(set(steps))
    assert steps[-1] == 3000


def test_without_the_library_nothing_is_begun(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    run = tmp_path / "run"
    assert main(["train", "cart_pole", "--steps", "10", "--tensorboard", "--out", str(run)]) == 2
    assert "pip install -r requirements/extra-tensorboard.txt" in capsys.readouterr().err
    assert not run.exists()
