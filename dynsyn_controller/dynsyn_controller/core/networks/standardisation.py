"""Running mean and variance of signals, and the signals in units of them.

With m the mean, s the variance, and tau their time constant (the first steps average over what has
been seen, beside START_COUNT imagined ones of mean 0 and variance 1, so that nothing jumps):

    dm/dt = (x - m) / tau        ds/dt = ((x - m)^2 - s) / tau
    y = scale clip((x - m) / sqrt(s + EPSILON), -bound, bound)
"""

from __future__ import annotations

import math

from dynsyn_controller.core.numba_support import njit

START_COUNT = 20.0
BOUND = 3.0
"""Standard deviations, where nothing else is said: what is further out is drawn in, so that one odd
reading moves little."""
EPSILON = 1e-6


@njit(cache=True, inner=True)
def rate_after(steps, rate):
    """dt / tau, or more in the first `steps`, which average over what has been seen."""
    return max(rate, 1.0 / (steps + START_COUNT))


@njit(cache=True, inner=True)
def update_statistics(values, mean, variance, rate):
    """Let `mean` and `variance` follow `values`, in place; all of one length.

    Args:
        values: of this step.
        mean, variance: changed.
        rate: dt / tau, 0..1.
    """
    for i in range(mean.size):
        deviation = values[i] - mean[i]
        mean[i] += rate * deviation
        variance[i] += rate * (deviation * deviation - variance[i])


@njit(cache=True, inner=True)
def standardise(values, mean, variance, bound, scale, standard):
    """Fill `standard` with y of the module's equation.

    Args:
        values, mean, variance: of one length or longer than `mean`.
        bound: standard deviations, > 0.
        scale: factor on every y.
        standard: (mean.size,) or longer, written over.
    """
    for i in range(mean.size):
        y = (values[i] - mean[i]) / math.sqrt(variance[i] + EPSILON)
        standard[i] = scale * min(max(y, -bound), bound)
