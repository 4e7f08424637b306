"""`dynsyn bench train`: the comparison is of like with like, and its keys are stable."""

from __future__ import annotations

import numpy as np
import pytest

from dynsyn_lab.bench import train as bench_train
from dynsyn_lab.bench.replays import Way, make_replay
from dynsyn_lab.training.backends.registry import has_envpool
from dynsyn_sim_bridge.robots.spec import describe

SINGLE = {"env_steps_per_s", "single_steps_per_s", "single_fraction"}
PLAIN = {"numpy_loop_steps_per_s", "single_to_numpy_loop"}
BATCH = {"batch_env_steps_per_s", "batch_steps_per_s", "batch_fraction", "memory_per_lifetime"}


@pytest.mark.parametrize(
    ("robot", "known"), [("swimmer", SINGLE), ("gymnasium:Pendulum-v1", SINGLE)]
)
def test_figures_of_one_lifetime(robot: str, known: set[str]) -> None:
    result = bench_train.measure(robot, rounds=2)
    assert result.pop("robot") == robot
    assert set(result) == SINGLE | PLAIN | BATCH | {"batch_lifetimes"}
    assert {key for key, value in result.items() if value is not None} == known
    assert 0.0 < result["single_fraction"] < 1.5


def test_figures_of_one_walker() -> None:
    single = bench_train.measure_single(describe("walker"), rounds=2)
    assert set(single) == SINGLE | PLAIN
    assert all(value > 0 for value in single.values())


@pytest.mark.parametrize("robot", ["walker", "swimmer", "gymnasium:Pendulum-v1"])
def test_a_replay_that_goes_another_way_is_found_out(robot: str) -> None:
    body, steps = describe(robot).create(), 10
    efforts = np.zeros((steps, len(body.layout.joints)))
    replay = make_replay(body, Way(efforts, [123.0] * steps, [False] * steps), seed=1)
    with pytest.raises(RuntimeError, match="another way"):
        replay.go(steps)


def test_figures_of_a_batch() -> None:
    batch = bench_train.measure_batch(describe("walker"), 4, rounds=2)
    assert batch.keys() == BATCH
    if has_envpool():
        assert 0 < batch["memory_per_lifetime"] < 100_000
        assert all(value > 0 for value in batch.values())
    else:
        assert set(batch.values()) == {None}
