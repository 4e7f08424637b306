"""`dynsyn bench train --robot swimmer`: MuJoCo alone goes the way that the lifetime went."""

from __future__ import annotations

import pytest

from dynsyn_lab.bench import swimmer as bench_swimmer
from dynsyn_lab.bench import train as bench_train


def test_figures_of_a_lifetime_beside_mujoco_alone() -> None:
    result = bench_train.measure("swimmer", rounds=2)
    assert result.pop("robot") == "swimmer"
    assert result.keys() == {"env_steps_per_s", "single_steps_per_s", "single_fraction"}
    assert 0.0 < result["single_fraction"] < 1.5


def test_a_replay_that_goes_another_way_is_found_out() -> None:
    recorded = [([1e-4, -1e-4, 0.0, 0.0, 1e-4], 0.123, False)] * 10
    with pytest.raises(RuntimeError, match="another way"):
        bench_swimmer.Replay(1, recorded).go(10)
