"""`dynsyn bench train`: the comparison is of like with like, and its keys are stable."""

from __future__ import annotations

import numpy as np
import pytest

from dynsyn_lab.bench import train as bench_train
from dynsyn_lab.bench.replays import Way, make_replay
from dynsyn_lab.training.backends.registry import has_envpool
from dynsyn_sim_bridge.robots.spec import describe

BARE = {"env_steps_per_s", "single_steps_per_s", "single_fraction"}


def test_figures_of_a_single_lifetime() -> None:
    single = bench_train.measure_single(describe("walker"), rounds=2)
    assert single.keys() == BARE | {"numpy_loop_steps_per_s", "single_to_numpy_loop"}
    assert all(value > 0 for value in single.values())


@pytest.mark.parametrize(
    "robot",
    [
        "swimmer",
        pytest.param("gymnasium:CartPole-v1", marks=pytest.mark.long),
        pytest.param("gymnasium:Hopper-v5", marks=pytest.mark.long),
    ],
)
def test_figures_of_a_lifetime_beside_its_simulator_alone(robot: str) -> None:
    result = bench_train.measure(robot, rounds=2)
    assert result.pop("robot") == robot
    assert tuple(result) == bench_train.KEYS
    assert {key for key, value in result.items() if value is not None} == BARE
    assert 0.0 < result["single_fraction"] < 1.5


@pytest.mark.parametrize("robot", ["walker", "swimmer", "gymnasium:Pendulum-v1"])
def test_a_replay_that_goes_another_way_is_found_out(robot: str) -> None:
    spec = describe(robot)
    efforts = np.tile([0.1 * joint.effort_limit for joint in spec.robot.joints], (10, 1))
    replay = make_replay(spec.create(), Way(efforts, [123.0] * 10, [False] * 10), 1)
    with pytest.raises(RuntimeError, match="another way"):
        replay.go(10)


def test_figures_of_a_batch() -> None:
    batch = bench_train.measure_batch(describe("walker"), 4, rounds=2)
    names = {"batch_env_steps_per_s", "batch_steps_per_s", "batch_fraction"}
    assert batch.keys() == names | {"memory_per_lifetime"}
    if has_envpool():
        assert 0 < batch["memory_per_lifetime"] < 100_000
        assert all(batch[name] > 0 for name in names)
    else:
        assert set(batch.values()) == {None}
