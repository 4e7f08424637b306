"""The FitzHugh-Nagumo oscillator: order of the integration, where it swings and how fast."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numba import njit
from records import parameter_record

from dynsyn_controller.core.learners.dynamic_synapse.presets import PRESETS
from dynsyn_controller.core.networks.oscillator import step_fitzhugh_nagumo
from dynsyn_controller.core.networks.walker_options import WalkerOptions
from dynsyn_controller.core.schema import numbers
from dynsyn_lab.bench.reference import Oscillators

PAPER, AUTHORS = (
    WalkerOptions(**PRESETS[name].networks.get("walker", {})) for name in ("paper", "authors")
)


@njit
def swing(v, w, drive, settings, course):
    for step in range(course.shape[0]):
        step_fitzhugh_nagumo(v, w, drive, settings[0])
        course[step] = v


def course_of(drive: float, options: WalkerOptions, steps: int, dt: float = 33.0) -> np.ndarray:
    """v over time under a constant input, from rest, (steps,)."""
    course = np.zeros((steps, 1))
    swing(
        np.zeros(1), np.zeros(1), np.array([drive]), parameter_record(numbers(options), dt), course
    )
    return course[:, 0]


def periods(v: np.ndarray) -> np.ndarray:
    """Steps between upward crossings of the mean."""
    v = v - v.mean()
    return np.diff(np.flatnonzero((v[:-1] < 0) & (v[1:] >= 0)))


@pytest.mark.parametrize("drive", [-0.9, -0.5, 0.05, 0.5, 0.9])
def test_authors_oscillator_swings_with_a_period_of_31_to_47_steps(drive):
    v = course_of(drive, AUTHORS, 3000)[1000:]
    assert np.ptp(v) > 0.5
    assert 31 <= periods(v).mean() <= 47


@pytest.mark.parametrize("drive", [-2.0, -1.3, 1.3, 2.0])
def test_authors_oscillator_rests_under_strong_input(drive):
    assert np.ptp(course_of(drive, AUTHORS, 6000)[5000:]) < 1e-3


@pytest.mark.parametrize("drive", np.linspace(-1.0, 1.1, 8))
def test_the_printed_b_never_swings(drive):
    assert np.ptp(course_of(drive, PAPER, 20_000)[15_000:]) < 1e-3


def test_states_stay_within_the_bound():
    options = dataclasses.replace(AUTHORS, oscillator_bound=0.4)
    v = course_of(0.3, options, 1000)
    assert np.abs(v).max() == 0.4


def test_integration_is_of_fourth_order():
    """Halving the Runge-Kutta step divides the error by about 16."""

    def end(substeps):
        options = dataclasses.replace(AUTHORS, oscillator_substeps=substeps)
        return course_of(0.5, options, 60)[-1]

    exact = end(256)
    ratios = [abs(end(n) - exact) / abs(end(2 * n) - exact) for n in (4, 8)]
    assert all(12 < ratio < 20 for ratio in ratios), ratios


def test_two_that_are_coupled_go_out_of_phase_and_follow_the_reference():
    options = dataclasses.replace(AUTHORS, oscillator_coupling=0.3)
    drive = np.array([0.2, 0.2])
    v, w, course = np.array([0.5, 0.4]), np.zeros(2), np.zeros((4000, 2))
    swing(v, w, drive, parameter_record(numbers(options), 33.0), course)
    settled = course[2000:]
    assert np.ptp(settled, axis=0).min() > 0.5
    assert np.corrcoef(settled.T)[0, 1] < -0.95
    reference = Oscillators(2, options)
    reference.v = np.array([0.5, 0.4])
    for _ in range(4000):
        reference.step(drive, 33.0)
    assert np.allclose(v, reference.v, rtol=0, atol=1e-9)
    alone = np.zeros((4000, 2))
    swing(np.array([0.5, 0.4]), np.zeros(2), drive, parameter_record(numbers(AUTHORS), 33.0), alone)
    assert np.corrcoef(alone[2000:].T)[0, 1] > 0.0


def test_oscillators_are_not_coupled_and_follow_the_reference():
    drive = np.array([-0.7, 0.1, 0.6])
    v, w, course = np.zeros(3), np.zeros(3), np.zeros((5000, 3))
    swing(v, w, drive, parameter_record(numbers(AUTHORS), 33.0), course)
    reference = Oscillators(3, AUTHORS)
    for _ in range(5000):
        reference.step(drive, 33.0)
    assert np.allclose(v, reference.v, rtol=0, atol=1e-9)
    assert np.allclose(w, reference.w, rtol=0, atol=1e-9)
    for k in range(3):
        assert np.array_equal(course[:, k], course_of(drive[k], AUTHORS, 5000))
