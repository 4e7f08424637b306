"""A lifetime that does far worse than it could is found; one that goes up and down is not."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from dynsyn_controller.lifetime.performance import BLOCK, WINDOW, YOUNG, Performance

pytestmark = pytest.mark.faults


def live(performance: Performance, mean: float, blocks: int, spread: float = 0.0, seed=0) -> None:
    """Rewards of constant steps whose block means are spread around `mean`."""
    generator = np.random.default_rng(seed)
    for _ in range(blocks):
        reward = float(generator.normal(mean, spread))
        for _ in range(BLOCK):
            performance.add(reward)


def seasoned(mean: float = 0.24, spread: float = 0.02, fraction: float = 0.5) -> Performance:
    performance = Performance(fraction)
    live(performance, mean, 2 * YOUNG, spread)
    return performance


def test_a_walk_that_is_gone_is_found_within_a_window_and_no_sooner_than_half_is_lost():
    performance = seasoned()
    assert performance.now == pytest.approx(0.24, abs=0.03)
    assert performance.floor == pytest.approx(0.12, abs=0.02)
    live(performance, 0.15, 5 * WINDOW, 0.02, seed=1)
    assert not performance.lost
    live(performance, -0.1, WINDOW)
    assert performance.lost
    live(performance, -0.1, 10 * WINDOW)
    assert performance.lost  # and what is lost does not become what is usual


def test_noise_is_no_loss():
    for seed in range(10):
        performance = Performance(0.5)
        for block in range(20):
            live(performance, 0.0, 2 * YOUNG // 20, 0.3, seed=1000 * seed + block)
        for block in range(50):
            live(performance, 0.0, WINDOW, 0.3, seed=1000 * seed + 100 + block)
            assert not performance.lost, (seed, block, performance.now, performance.floor)


def test_a_young_lifetime_is_not_judged():
    performance = Performance(0.5)
    live(performance, 1.0, YOUNG // 2)
    live(performance, -5.0, YOUNG // 2 - 1)
    assert performance.floor == -math.inf
    assert not performance.lost


def test_the_present_can_be_accepted():
    performance = seasoned()
    live(performance, -0.1, WINDOW)
    performance.accept()
    assert not performance.lost
    live(performance, -0.1, 5 * WINDOW)
    assert not performance.lost
    live(performance, -3.0, WINDOW)
    assert performance.lost


def test_without_a_fraction_nothing_is_lost():
    performance = seasoned(fraction=0.0)
    live(performance, -100.0, 2 * WINDOW)
    assert not performance.lost


def test_it_goes_on_with_the_lifetime():
    performance = seasoned()
    again = Performance(0.5)
    again.begin(json.loads(json.dumps(performance.notes())))
    assert (again.now, again.best, again.floor) == pytest.approx(
        (performance.now, performance.best, performance.floor)
    )
    young = Performance(0.5)
    again.begin(json.loads(json.dumps(young.notes(), allow_nan=False)))
    assert math.isnan(again.now)
    again.begin({"of": "another version"})
    assert math.isnan(again.now)
