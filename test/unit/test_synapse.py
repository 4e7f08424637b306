"""The dynamic-synapse rule alone: fluctuations, signs of learning, convergence."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from records import parameter_record

from dynsyn_controller.core.learners.dynamic_synapse.kernels import (
    advance,
    effort_spent,
    give_birth,
    synapse_fields,
)
from dynsyn_controller.core.learners.dynamic_synapse.settings import (
    DynamicSynapseSettings as Settings,
)
from dynsyn_controller.core.learners.dynamic_synapse.settings import (
    kernel_settings,
)
from dynsyn_controller.core.noise import NOISE_FIELDS, uniform
from dynsyn_controller.core.records import new_records, record_dtype
from dynsyn_lab.bench.reference import SplitMix64

# 600 ms and 33 ms a step: about 18 steps a period, so that thousands of periods are quickly lived
FAST = Settings(period_mean=0.6, period_std=0.12, period_minimum=0.1)
DT = 33.0


@njit
def live(states, settings, reward, weights):
    """Live `weights.shape[0]` steps with one reward; `weights` gets every W."""
    for step in range(weights.shape[0]):
        advance(states[0], settings[0], reward, reward, 0.0, False)
        weights[step] = states[0].weight


@njit
def climb(states, settings, target, steps):
    """Live on R = -|W - target|^2."""
    for _ in range(steps):
        distance = 0.0
        for i in range(target.size):
            distance += (states[0].weight[i] - target[i]) ** 2
        advance(states[0], settings[0], -distance, -distance, 0.0, False)


@njit
def bear(states, settings):
    give_birth(states[0], settings[0])


@njit
def draw(states, count):
    for i in range(count.size):
        count[i] = uniform(states[0])


def records(count: int) -> np.ndarray:
    """The record of a lifetime of so many synapses and nothing else, (1,)."""
    fields = [("weight", float, (count,)), *synapse_fields(count), *NOISE_FIELDS]
    return new_records(1, record_dtype(fields))


def synapses(
    count: int, rule: Settings, seed: int, dt: float = DT
) -> tuple[np.ndarray, np.ndarray]:
    """New-born synapses with centres at 0 and their parameter record."""
    states = records(count)
    states["random_state"] = seed
    settings = parameter_record(kernel_settings(rule), dt)
    bear(states, settings)
    return states, settings


def fluctuations(count: int, rule: Settings, steps: int, seed: int, dt: float = DT) -> np.ndarray:
    """W - C over time without reward, (steps, count)."""
    states, settings = synapses(count, rule, seed, dt)
    weights = np.zeros((steps, count))
    live(states, settings, 0.0, weights)
    return weights - states["centre"]


def crossings(wave: np.ndarray, dt: float) -> np.ndarray:
    """Times in ms at which a fluctuation crosses its centre upwards, by interpolation."""
    at = np.flatnonzero((wave[:-1] < 0) & (wave[1:] >= 0))
    return dt * (at - wave[at] / (wave[at + 1] - wave[at]))


# The paper's requirements on the fluctuations


@settings(max_examples=25)
@given(st.integers(0, 2**63), st.floats(-100, 100), st.floats(-100, 100))
def test_phases_are_free_from_what_the_synapses_do(seed, reward, other):
    """Requirement 1: rewards change centres and amplitudes, never the course of the phases."""
    lives = []
    for constant in (reward, other):
        states, record = synapses(8, FAST, seed)
        live(states, record, constant, np.zeros((200, 8)))
        lives.append(states[0])
    for name in ("sine", "cosine", "remaining", "random_state"):
        assert np.array_equal(lives[0][name], lives[1][name])


def phase_differences(rule: Settings, periods: int, seed: int) -> np.ndarray:
    """Phase of each of 8 synapses less that of each other, (steps, 28)."""
    states, record = synapses(8, rule, seed)
    phases = np.zeros((int(periods * rule.period_mean * 1000 / DT), 8))
    for step in range(len(phases)):
        advance(states[0], record[0], 0.0, 0.0, 0.0, False)
        phases[step] = np.arctan2(states["sine"][0], states["cosine"][0])
    first, second = np.triu_indices(8, 1)
    return phases[:, first] - phases[:, second]


@pytest.mark.parametrize("seed", range(3))
def test_phases_are_not_locked(seed):
    """Requirement 2: every phase difference wanders round the circle; without spread none does."""

    def locking(rule):
        return np.abs(np.exp(1j * phase_differences(rule, 500, seed)).mean(axis=0))

    assert locking(FAST).max() < 0.4
    assert locking(Settings(period_mean=0.6, period_std=0.0)).min() > 0.999


def test_a_plane_of_weights_is_sampled_densely():
    """Requirement 2's purpose (figure 2): no region of the explored square stays unvisited."""
    wave = fluctuations(8, FAST, 40_000, seed=1)[:, :2] / FAST.amplitude_initial
    visits, _, _ = np.histogram2d(*np.arcsin(wave).T, bins=20, range=[[-np.pi / 2, np.pi / 2]] * 2)
    assert visits.min() > 0.4 * visits.mean()


@settings(max_examples=25)
@given(st.integers(0, 2**63))
def test_fluctuation_is_symmetric_within_each_period(seed):
    """Requirement 3: over one period the mean and the skewness of W - C are 0."""
    dt = 1.0
    wave = fluctuations(8, FAST, 3000, seed, dt)[:, 0]
    times = crossings(wave, dt)
    for start, end in itertools.pairwise(times):
        period = wave[math.ceil(start / dt) : math.ceil(end / dt)]
        # one sample more or less at a crossing is worth at most one step's turn
        margin = 2 * math.pi * dt / (end - start)
        assert abs(period.mean()) < margin * 0.2
        assert abs(np.mean(period**3)) / period.std() ** 3 < margin
        assert np.isclose(period.std(), 0.2 / math.sqrt(2), rtol=0.01)


def test_periods_are_distributed_as_set():
    """Requirement 4: lengths and spread are those asked for (equation 2), and independent."""
    # interpolation between steps mixes neighbouring periods a little, so steps are short here
    wave = fluctuations(100, FAST, 30_000, seed=3, dt=12.0)
    lengths = [np.diff(crossings(wave[:, i], 12.0)) / 1000.0 for i in range(100)]
    every = np.sort(np.concatenate(lengths))
    assert every.size > 50_000
    assert np.isclose(every.mean(), 0.6, rtol=0.003)
    assert np.isclose(every.std(), 0.12, rtol=0.02)
    normal = np.array([0.5 * (1 + math.erf((x - 0.6) / (0.12 * math.sqrt(2)))) for x in every])
    assert np.abs(normal - (np.arange(every.size) + 0.5) / every.size).max() < 0.01
    pairs = np.concatenate([np.stack([own[:-1], own[1:]]) for own in lengths], axis=1)
    assert abs(np.corrcoef(pairs)[0, 1]) < 0.02


def test_no_period_is_shorter_than_the_minimum():
    rule = Settings(period_mean=0.3, period_std=0.3, period_minimum=0.25)
    wave = fluctuations(8, rule, 50_000, seed=5, dt=5.0)
    lengths = np.concatenate([np.diff(crossings(wave[:, i], 5.0)) for i in range(8)])
    assert lengths.min() > 249.0
    assert (lengths < 251.0).mean() > 0.3, "the minimum was never drawn"


def test_first_phases_are_uniform():
    states, _ = synapses(20_000, Settings(), seed=7)
    phase = np.sort(np.arctan2(states["sine"][0], states["cosine"][0]) / (2 * np.pi) + 0.5)
    assert np.abs(phase - (np.arange(phase.size) + 0.5) / phase.size).max() < 0.015


# What a reward does

amplitudes = st.floats(0.01, 1.0)
rewards = st.floats(0.01, 100.0)


def learn_once(rule: Settings, seed: int, reward: float):
    """Centre, amplitude and W - C before, and the changes that one reward makes."""
    states, record = synapses(8, rule, seed)
    before = states.copy()[0]
    advance(states[0], record[0], reward, reward, 0.0, False)
    after = states[0]
    return (
        before["weight"] - before["centre"],
        after["centre"] - before["centre"],
        after["amplitude"] - before["amplitude"],
    )


@pytest.mark.parametrize("law", ["linear", "exponential"])
@settings(max_examples=50)
@given(st.integers(0, 2**63), rewards, amplitudes)
def test_reward_attracts_and_calms_punishment_repels_and_stirs(law, seed, reward, amplitude):
    rule = Settings(amplitude_law=law, amplitude_initial=amplitude, convergence_rate=1e-6)
    deviation, pull, calming = learn_once(rule, seed, reward)
    assert np.array_equal(np.sign(pull), np.sign(deviation))
    assert np.all(calming < 0)
    _, push, stirring = learn_once(rule, seed, -reward)
    assert np.allclose(push, -pull, rtol=1e-12, atol=0)
    assert np.all(stirring > 0)


@settings(max_examples=50)
@given(st.integers(0, 2**63), rewards)
def test_equations_3_and_4(seed, reward):
    rule = Settings(convergence_rate=1e-6)
    deviation, pull, calming = learn_once(rule, seed, reward)
    assert np.allclose(pull, 1.2e-5 * deviation * reward * DT, rtol=1e-9)
    assert np.allclose(calming, -1e-6 * reward * DT, rtol=1e-9)


@settings(max_examples=50)
@given(st.integers(0, 2**63), rewards)
def test_attractive_only_does_not_repel(seed, reward):
    rule = Settings(repulsion=False, convergence_rate=1e-6)
    _, push, stirring = learn_once(rule, seed, -reward)
    assert not push.any()
    assert not stirring.any()
    deviation, pull, _ = learn_once(rule, seed, reward)
    assert np.array_equal(np.sign(pull), np.sign(deviation))


def test_baseline_makes_a_constant_reward_mean_nothing():
    rule = Settings(period_mean=0.6, period_std=0.12, period_minimum=0.1, baseline_time=1.0)
    states, record = synapses(8, rule, seed=1)
    live(states, record, 5.0, np.zeros((3000, 8)))
    settled = states["centre"].copy()
    live(states, record, 5.0, np.zeros((3000, 8)))
    assert np.allclose(states["centre"], settled, rtol=0, atol=1e-12)
    live(states, record, 6.0, np.zeros((1, 8)))
    assert np.abs(states["centre"] - settled).max() > 1e-5


def test_amplitude_follows_progress_both_ways():
    rule = Settings(
        amplitude_law="progress",
        amplitude_initial=0.2,
        amplitude_minimum=0.05,
        progress_goal=0.5,
        progress_time=1.0,
    )
    states, record = synapses(8, rule, seed=5)
    for reward, expected in ((0.25, 0.125), (2.0, 0.05), (0.0, 0.2), (-50.0, 0.2)):
        live(states, record, reward, np.zeros((3000, 8)))
        assert np.allclose(states["amplitude"], expected, rtol=1e-9)


def test_the_learning_rate_follows_the_amplitude():
    changes = []
    for exponent in (0.0, -1.0, 2.0):
        rule = Settings(amplitude_minimum=0.01, step_exponent=exponent, convergence_rate=0.0)
        states, record = synapses(1, rule, seed=4)
        states["amplitude"] = 0.1
        states["weight"] = 0.1
        advance(states[0], record[0], 1.0, 1.0, 0.0, False)
        changes.append(states["centre"][0, 0])
    assert np.allclose(np.array(changes) / changes[0], [1.0, 2.0, 0.25])


def having_earned(earned: float, **options: float) -> tuple[np.ndarray, np.ndarray]:
    """A synapse that hardly moves, and its parameter record; its goal is 0.5, its mean reward
    `earned`."""
    rule = Settings(
        progress_goal=0.5,
        progress_time=1.0,
        convergence_rate=0.0,
        period_mean=1e9,
        period_std=0.0,
        **options,
    )
    states, record = synapses(1, rule, seed=6)
    live(states, record, earned, np.zeros((3000, 1)))
    return states, record


def heard(states, record, reward: float, effort: float, terminal: bool) -> float:
    """What one step's reward came to in equation 3."""
    before = states.copy()[0]
    advance(states[0], record[0], reward, reward, effort, terminal)
    pulled = states["centre"][0, 0] - before["centre"][0]
    return pulled / (1.2e-5 * DT * (before["weight"][0] - before["centre"][0]))


def test_a_fall_weighs_more_where_there_is_more_to_lose():
    for earned, bound in ((0.0, -10.0), (0.25, -20.0), (0.5, -50.0), (3.0, -50.0)):
        states, record = having_earned(earned, reward_minimum=-10.0, reward_minimum_late=-50.0)
        assert np.isclose(heard(states, record, -100.0, 0.0, True), bound, rtol=1e-6)


def test_a_body_put_back_teaches_nothing_until_it_has_settled():
    """For settling_time times the square of the share of the goal that is earned; falls teach."""
    for earned, pause in ((0.0, 0), (0.25, 25), (0.5, 100), (3.0, 100)):
        states, record = having_earned(earned, settling_time=3.3)
        taught = []
        for terminal in (True, *[False] * 10, True, *[False] * 120):
            before, reward = states["centre"][0, 0], earned if earned else 1e-6
            advance(states[0], record[0], reward, reward, 0.0, terminal)
            taught.append(states["centre"][0, 0] != before)
        assert taught[0]
        assert taught[11]
        assert any(taught[1:11]) == (pause == 0)
        after = taught[12:]
        assert abs(after.index(True) - pause) <= 1
        assert all(after[after.index(True) :])


def test_effort_costs_more_where_there_is_more_to_lose():
    """By the square of the share of the goal that is earned; progress itself knows no cost."""
    for earned, cost in ((0.0, 0.0), (0.25, 0.075), (0.5, 0.3), (3.0, 0.3)):
        states, record = having_earned(earned, effort_cost=0.3)
        assert np.isclose(heard(states, record, earned, 2.0, False), earned - 2.0 * cost, rtol=1e-6)
        assert np.isclose(states["progress"][0], earned, rtol=1e-9)


def test_effort_is_counted_joint_by_joint_within_the_limits():
    assert effort_spent(np.array([0.5, -0.25, 3.0, -7.0])) == 2.75


# Settings were chosen on seeds 0 to 9; the tests use others.
@pytest.mark.parametrize("seed", range(100, 105))
@pytest.mark.parametrize(
    ("count", "learning_rate", "steps"),
    [(1, 3e-4, 20_000), (8, 3e-4, 40_000), (100, 3e-5, 400_000)],
)
def test_a_quadratic_reward_is_climbed(count, learning_rate, steps, seed):
    """R = -|W - W*|^2 in 1, 8 and 100 weights, from |C - W*| = 1 or more."""
    rule = Settings(
        learning_rate=learning_rate,
        convergence_rate=0.0,
        amplitude_initial=0.2,
        period_mean=0.6,
        period_std=0.24,
        period_minimum=0.1,
    )
    target = np.random.default_rng(seed).choice([-1.0, 1.0], count)
    states, record = synapses(count, rule, seed)
    climb(states, record, target, steps)
    left = np.sum((states["centre"][0] - target) ** 2)
    assert left < 0.05 * count


def test_random_stream_is_splitmix64():
    """The published numbers for seed 1234567, and the same floats from kernel and reference."""
    plain = SplitMix64(1234567)
    assert [plain.integer() for _ in range(5)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    states = records(1)
    states["random_state"] = 1234567
    numbers = np.zeros(1000)
    draw(states, numbers)
    plain = SplitMix64(1234567)
    assert np.array_equal(numbers, [plain.uniform() for _ in range(1000)])
