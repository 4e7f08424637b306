"""Adaptive sensitivity of the hidden units (equations 5 and 6)."""

from __future__ import annotations

import math

from dynsyn_controller.core.networks.walker_options import NO_ADAPTATION, NONLINEAR_ADAPTATION
from dynsyn_controller.core.numba_support import njit

DECADE = 1.0 / math.log(10.0)


@njit(cache=True)
def adapt(gain, output, parameters, pace):
    """Steer each gain so that the mean |output| approaches the target, in place.

    Linear (equation 5): dg/dt = gamma (target - |o|). Nonlinear (the authors' program): that times
    (2 - log10 g)(log10 g + 2) / 4, which keeps g between 0.01 and 100.

    Args:
        gain, output: g > 0 and o of each unit, (units,).
        parameters: parameter record.
        pace: factor on gamma, >= 0; 0: gains stand still.
    """
    if parameters.adaptation == NO_ADAPTATION or pace == 0.0:
        return
    rate = pace * parameters.adaptation_rate * parameters.dt
    for j in range(gain.size):
        change = rate * (parameters.adaptation_target - abs(output[j]))
        if parameters.adaptation == NONLINEAR_ADAPTATION:
            decades = DECADE * math.log(gain[j])
            change *= (2.0 - decades) * (decades + 2.0) / 4.0
        gain[j] += change
