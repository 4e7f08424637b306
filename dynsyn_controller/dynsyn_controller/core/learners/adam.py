"""Gradient steps: Adam (Kingma and Ba 2015), and the Huber loss's derivative."""

from __future__ import annotations

import math

from dynsyn_controller.core.numba_support import njit

FIRST_DECAY, SECOND_DECAY, LEAST = 0.9, 0.999, 1e-8


@njit(cache=True, inner=True)
def huber_slope(difference):
    """Derivative of the Huber loss: the difference, kept within -1..1."""
    return min(max(difference, -1.0), 1.0)


@njit(cache=True, error_model="numpy")
def descend(value, gradient, first, second, update, rate, bound):
    """One step of Adam with every element of the gradient kept within -bound..bound, in place.

    Args:
        value: what is learnt, flat.
        gradient: as `value`.
        first, second: moments, as `value`, 0 before the first step.
        update: number of this step, 1, 2, ...
        rate: learning rate, >= 0.
        bound: > 0.
    """
    first_scale = 1.0 / (1.0 - FIRST_DECAY**update)
    second_scale = 1.0 / (1.0 - SECOND_DECAY**update)
    for i in range(value.size):
        slope = min(max(gradient[i], -bound), bound)
        first[i] = FIRST_DECAY * first[i] + (1.0 - FIRST_DECAY) * slope
        second[i] = SECOND_DECAY * second[i] + (1.0 - SECOND_DECAY) * slope * slope
        value[i] -= rate * first_scale * first[i] / (math.sqrt(second_scale * second[i]) + LEAST)
