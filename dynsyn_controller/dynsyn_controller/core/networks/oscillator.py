"""Pattern generators: the FitzHugh-Nagumo oscillator of the walker (equations 7 and 8)."""

from __future__ import annotations

from dynsyn_controller.core.numba_support import njit


@njit(cache=True)
def slope(v, w, drive, parameters):
    """dv/dt and dw/dt in 1/ms: rate (v - v^3 - w + I) and rate a (b v - c w)."""
    dv = v - v * v * v - w + drive
    dw = parameters.oscillator_a * (parameters.oscillator_b * v - parameters.oscillator_c * w)
    return parameters.oscillator_rate * dv, parameters.oscillator_rate * dw


@njit(cache=True)
def step_fitzhugh_nagumo(v, w, drive, parameters):
    """Advance all oscillators by one control step, in place, with classical Runge-Kutta steps.

    Where they are coupled, each hears -oscillator_coupling times the mean of the others' v at the
    beginning of the step beside its input, which drives two of them out of phase.

    Args:
        v, w: states, (oscillators,), dimensionless.
        drive: input I, (oscillators,), held during the step.
        parameters: parameter record.
    """
    h = parameters.dt / parameters.oscillator_substeps
    bound = parameters.oscillator_bound
    total = v.sum()
    coupling = parameters.oscillator_coupling / max(v.size - 1, 1)
    for k in range(v.size):
        a, b = v[k], w[k]
        held = drive[k] - coupling * (total - a)
        for _ in range(parameters.oscillator_substeps):
            v1, w1 = slope(a, b, held, parameters)
            v2, w2 = slope(a + 0.5 * h * v1, b + 0.5 * h * w1, held, parameters)
            v3, w3 = slope(a + 0.5 * h * v2, b + 0.5 * h * w2, held, parameters)
            v4, w4 = slope(a + h * v3, b + h * w3, held, parameters)
            a = min(max(a + h / 6.0 * (v1 + 2.0 * v2 + 2.0 * v3 + v4), -bound), bound)
            b = min(max(b + h / 6.0 * (w1 + 2.0 * w2 + 2.0 * w3 + w4), -bound), bound)
        v[k], w[k] = a, b
