"""`dynsyn bench train`: the comparison is of like with like, and its keys are stable."""

from __future__ import annotations

import pytest

from dynsyn_lab.bench import train as bench_train
from dynsyn_lab.training.backends.registry import has_envpool


def test_figures_of_a_single_lifetime() -> None:
    single = bench_train.measure_single("walker", rounds=2)
    assert single.keys() == {
        "env_steps_per_s",
        "single_steps_per_s",
        "single_fraction",
        "numpy_loop_steps_per_s",
        "single_to_numpy_loop",
    }
    assert all(value > 0 for value in single.values())


def test_a_replay_that_goes_another_way_is_found_out() -> None:
    recorded = [([10.0, -10.0, 5.0, 0.0], 123.0, False)] * bench_train.SINGLE_STEPS
    replay = bench_train.Replay("walker", 1, recorded)
    with pytest.raises(RuntimeError, match="another way"):
        replay.go(bench_train.SINGLE_STEPS)


def test_figures_of_a_batch() -> None:
    batch = bench_train.measure_batch("walker", 4, rounds=2)
    names = {"batch_env_steps_per_s", "batch_steps_per_s", "batch_fraction"}
    assert batch.keys() == names | {"memory_per_lifetime"}
    if has_envpool():
        assert 0 < batch["memory_per_lifetime"] < 100_000
        assert all(batch[name] > 0 for name in names)
    else:
        assert set(batch.values()) == {None}
