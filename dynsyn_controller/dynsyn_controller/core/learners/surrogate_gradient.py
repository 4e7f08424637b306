"""Gradient of a spiking network's output voltages by backpropagation through its T steps.

A spike has no derivative; in its place stands that of a sigmoid of the membrane potential,

    ds/dh = a sigma(a (h - threshold)) (1 - sigma(a (h - threshold))),

a the slope. The reset is part of the graph: v_t = (1 - s_t) h_t + s_t v_reset.
"""

from __future__ import annotations

from dynsyn_controller.core.copying import copy
from dynsyn_controller.core.networks.activation import COSH_SERIES
from dynsyn_controller.core.numba_support import njit


@njit(cache=True, inner=True, error_model="numpy")
def surrogate(membrane, slope, threshold, derivative):
    """ds/dh of each unit, (units,), in place: slope / (4 cosh^2(slope (h - threshold) / 2)).

    cosh of x / 32 by its series, doubled five times: neither call nor branch, so that the processor
    does several units at once. Within 1e-13, relative; beyond |x| = 20 as at 20 (1e-17 slope).
    """
    p, q, r, s, t, u = COSH_SERIES[:6]
    for j in range(derivative.size):
        x = min(max(0.5 * slope * (membrane[j] - threshold), -20.0), 20.0) / 32.0
        y = x * x
        cosh = 1.0 + y * (p + y * (q + y * (r + y * (s + y * (t + y * u)))))
        for _ in range(5):
            cosh = 2.0 * cosh * cosh - 1.0
        derivative[j] = 0.25 * slope / (cosh * cosh)


@njit(cache=True, error_model="numpy")
def backpropagate(
    weight, sizes, inputs, membrane, train, trace, error, derivative, blame, gradient, settings
):
    """Add the gradient of one decision to `gradient`.

    Args:
        weight, sizes, inputs, membrane, train, trace: as `run_network` left them, with potentials
            at rest before it.
        error: derivative of the loss by each output voltage, (outputs,).
        derivative: buffer, at least the longest block.
        blame: buffers (4, at least the longest block and layer together).
        gradient: as `weight`, added to in place.
        settings: parameter record.
    """
    steps, last = settings.time_steps, sizes.size - 1
    start = block = 0
    for layer in range(1, last):
        start += sizes[layer] * (sizes[layer - 1] + 1)
        block += steps * (sizes[layer] + 1)
    columns = sizes[last - 1] + 1
    _output_layer(weight, start, columns, trace, error, blame, gradient, settings)
    for layer in range(last - 1, 0, -1):
        columns, units = sizes[layer - 1] + 1, sizes[layer]
        start -= units * columns
        block -= steps * (units + 1)
        source = block - steps * columns
        span = steps * (units + 1)
        surrogate(
            membrane[block : block + span],
            settings.surrogate_slope,
            settings.threshold,
            derivative[:span],
        )
        for t in range(steps - 1, -1, -1):
            _step_back(membrane, block, units, t, derivative, blame, settings)
            if layer > 1:
                _hand_down(weight, start, units, columns, train, source, t, blame, gradient)
        if layer > 1:
            copy(blame[3, : steps * columns], blame[0])
            continue
        for j in range(units):
            row = gradient[start + j * columns : start + (j + 1) * columns]
            for i in range(columns):
                row[i] += blame[2, j] * inputs[i]


@njit(cache=True, inner=True, error_model="numpy")
def _output_layer(weight, start, columns, trace, error, blame, gradient, settings):
    """Gradient of the output weights; blame[0] becomes dL/ds of the last hidden layer's train."""
    steps = settings.time_steps
    keep = 1.0 - settings.neuron_gain * settings.neuron_leak
    last = blame[0, (steps - 1) * columns : steps * columns]
    last[:] = 0.0
    for k in range(error.size):
        at = start + k * columns
        row, change = weight[at : at + columns], gradient[at : at + columns]
        for i in range(columns):
            change[i] += error[k] * trace[i]
            last[i] += settings.neuron_gain * error[k] * row[i]
    for t in range(steps - 2, -1, -1):
        for i in range(columns):
            blame[0, t * columns + i] = keep * blame[0, (t + 1) * columns + i]


@njit(cache=True, inner=True, error_model="numpy")
def _step_back(membrane, block, units, t, derivatives, blame, settings):
    """One step back in time of one spiking layer.

    blame[0] holds dL/ds of the layer's train; blame[1] dL/dv, from step to step; blame[2] becomes
    the sum of dL/dx so far (over all steps), and the row's place in blame[0] this step's dL/dx.
    """
    steps, gain, reset = settings.time_steps, settings.neuron_gain, settings.reset_potential
    keep, threshold = 1.0 - gain * settings.neuron_leak, settings.threshold
    row = t * (units + 1)
    charged = membrane[block + row : block + row + units]
    derivative = derivatives[row : row + units]
    by_spike = blame[0, row : row + units]
    carried, total = blame[1, :units], blame[2, :units]
    if t == steps - 1:
        carried[:] = 0.0
        total[:] = 0.0
    # few arrays in one loop, so that the compiler can tell them apart and use vectors
    for j in range(units):
        charge, slope = charged[j], derivative[j]
        through_reset = (0.0 if charge >= threshold else 1.0) + (reset - charge) * slope
        by_charge = by_spike[j] * slope + carried[j] * through_reset
        carried[j] = by_charge * keep
        by_spike[j] = by_charge * gain
    for j in range(units):
        total[j] += by_spike[j]


@njit(cache=True, inner=True, error_model="numpy")
def _hand_down(weight, start, units, columns, train, source, t, blame, gradient):
    """Gradient of a layer's weights at step `t`; blame[3] gathers dL/ds of the layer before."""
    before = blame[3, t * columns : (t + 1) * columns]
    spikes = train[source + t * columns : source + (t + 1) * columns]
    before[:] = 0.0
    for j in range(units):
        at = start + j * columns
        by_current = blame[0, t * (units + 1) + j]
        row, change = weight[at : at + columns], gradient[at : at + columns]
        for i in range(columns):
            change[i] += by_current * spikes[i]
            before[i] += by_current * row[i]
