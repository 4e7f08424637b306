"""Adaptive sensitivity of the hidden units."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from records import parameter_record

from dynsyn_controller.core.networks.gain import adapt
from dynsyn_controller.core.networks.walker_options import WalkerOptions
from dynsyn_controller.core.schema import numbers

DT = 33.0


@njit
def adapt_for(gain, output, settings, steps, pace=1.0):
    for _ in range(steps):
        adapt(gain, output, settings[0], pace)


def record_of(**options) -> np.ndarray:
    """Parameter record of the walker's network."""
    return parameter_record(numbers(WalkerOptions(**options)), DT)


def change(adaptation: str, gain: float, output: float, steps: int = 1, rate: float = 1e-6):
    """Gain after `steps` of one unit whose output is held."""
    gains = np.array([gain])
    record = parameter_record(
        numbers(WalkerOptions(adaptation=adaptation, adaptation_rate=rate)), DT
    )
    adapt_for(gains, np.array([output]), record, steps)
    return gains[0]


def test_a_slowed_gain_takes_smaller_steps():
    gain, record = (
        np.array([0.5]),
        record_of(adaptation="linear"),
    )
    adapt_for(gain, np.zeros(1), record, 1, 0.25)
    assert math.isclose(gain[0] - 0.5, 0.25 * 1e-6 * DT * 0.3, rel_tol=1e-9)


gains = st.floats(0.011, 99.0)
outputs = st.floats(-1.0, 1.0)


@settings(max_examples=100)
@given(gains, outputs)
def test_one_step_is_the_equation(gain, output):
    step = 1e-6 * DT * (0.3 - abs(output))
    decades = math.log10(gain)
    assert change("none", gain, output) == gain
    assert math.isclose(change("linear", gain, output), gain + step, rel_tol=1e-14)
    expected = gain + step * (2 - decades) * (2 + decades) / 4
    assert math.isclose(change("nonlinear", gain, output), expected, rel_tol=1e-14)


@pytest.mark.parametrize("adaptation", ["linear", "nonlinear"])
def test_quiet_units_become_sensitive_and_loud_ones_dull(adaptation):
    assert change(adaptation, 0.5, 0.0) > 0.5
    assert change(adaptation, 0.5, 0.3) == 0.5
    assert change(adaptation, 0.5, -0.9) < 0.5


@pytest.mark.parametrize("output", [0.0, 1.0])
def test_nonlinear_gain_stays_between_a_hundredth_and_a_hundred(output):
    end = change("nonlinear", 0.5, output, steps=200_000, rate=1e-3)
    assert 0.0099 < end < 100.1
    assert math.isclose(end, 100.0 if output == 0.0 else 0.01, rel_tol=0.02)


def test_a_unit_settles_at_its_target():
    """Closed loop: output tanh(g x) of a steady input ends at |o| = 0.3."""
    gain, record = (
        np.array([0.5]),
        record_of(adaptation_rate=1e-4),
    )
    for _ in range(5000):
        adapt_for(gain, np.tanh(gain * 0.8), record, 1)
    assert math.isclose(math.tanh(gain[0] * 0.8), 0.3, rel_tol=1e-3)
