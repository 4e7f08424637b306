"""Spiking neurons over time: leaky integrate-and-fire (LIF) and integrate-and-fire (IF).

    h_t = v_(t-1) + (x_t - (v_(t-1) - v_reset)) / tau      LIF; IF: h_t = v_(t-1) + x_t
    s_t = 1 where h_t >= threshold, else 0
    v_t = v_reset where s_t = 1, else h_t                  hard reset

The input of a network is a current that stays the same for all T steps of a decision (direct
coding). Layers are fully connected, each with a constant 1 as its last input. Arrays of a decision
(`train` of spikes, `membrane` of h) hold one block a spiking layer, in it one row a step, in it one
value a unit and a last one for the constant.
"""

from __future__ import annotations

from dynsyn_controller.core.networks.weighted_sums import weighted_sums
from dynsyn_controller.core.numba_support import njit


@njit(cache=True, error_model="numpy")
def spike(current, potential, membrane, spikes, settings):
    """One step of one layer, in place.

    Args:
        current: x of each unit, (units or more,).
        potential: v, (units,), from the last step to this one.
        membrane: h, (units or more,), filled.
        spikes: s, 0 or 1, (units or more,), filled.
        settings: parameter record.
    """
    gain, leak = settings.neuron_gain, settings.neuron_leak
    threshold, reset = settings.threshold, settings.reset_potential
    for j in range(potential.size):
        charged = potential[j] + gain * (current[j] - leak * (potential[j] - reset))
        fired = charged >= threshold
        membrane[j] = charged
        spikes[j] = 1.0 if fired else 0.0
        potential[j] = reset if fired else charged


@njit(cache=True, inner=True, error_model="numpy")
def run_layer(weight, start, source, stride, units, columns, potential, membrane, train, settings):
    """T steps of one spiking layer, in place.

    Args:
        weight: flat, with this layer's matrix (units, columns) from `start` on.
        source: input of the layer, rows of `stride` values; stride 0: one row for all steps.
        units: outputs of the layer.
        columns: inputs of the layer, the constant included.
        potential: (units,).
        membrane, train: this layer's blocks, (T (units + 1),).
        settings: parameter record.
    """
    width = units + 1
    current = membrane[(settings.time_steps - 1) * width :]
    for t in range(settings.time_steps):
        row = t * width
        # the last row serves as the buffer of the current until its own turn, the last of all
        if stride > 0 or t == 0:
            weighted_sums(weight, start, source[t * stride :], columns, current, units)
        spike(current, potential, membrane[row : row + width], train[row : row + width], settings)
        train[row + units] = 1.0


@njit(cache=True, inner=True, error_model="numpy")
def integrate(train, width, trace, settings):
    """Trace of a layer's spikes as a neuron that never fires sees them, (width,), in place.

    The weighted sum of the traces is what the neuron's potential gains over T steps, because
    without spikes it is linear in its input.
    """
    gain, keep = settings.neuron_gain, 1.0 - settings.neuron_gain * settings.neuron_leak
    for i in range(width):
        trace[i] = 0.0
    for t in range(settings.time_steps):
        row = train[t * width : (t + 1) * width]
        for i in range(width):
            trace[i] = keep * trace[i] + gain * row[i]


@njit(cache=True, error_model="numpy")
def run_network(weight, sizes, inputs, potential, membrane, train, trace, value, settings):
    """One decision of the whole network: T steps of every layer, in place.

    Args:
        weight: of all layers, flat, row-major, in order.
        sizes: units of each layer, input first, output last.
        inputs: current of each input and a last 1, (sizes[0] + 1,).
        potential: v of every unit behind the input, in order; goes on from what it is.
        membrane, train: blocks of all spiking layers.
        trace: buffer, (largest layer + 1,); of the last hidden layer where the output is a voltage.
        value: of the output units, filled: potential after T steps, or spikes / T.
        settings: parameter record.
    """
    steps, last = settings.time_steps, sizes.size - 1
    columns, units = sizes[0] + 1, sizes[1]
    start, unit, source, block = units * columns, units, 0, steps * (units + 1)
    run_layer(weight, 0, inputs, 0, units, columns, potential[:units], membrane, train, settings)
    for layer in range(2, last + settings.readout):
        columns, units = sizes[layer - 1] + 1, sizes[layer]
        run_layer(
            weight,
            start,
            train[source:block],
            columns,
            units,
            columns,
            potential[unit : unit + units],
            membrane[block:],
            train[block:],
            settings,
        )
        start, unit = start + units * columns, unit + units
        source, block = block, block + steps * (units + 1)
    if settings.readout:
        count_spikes(train[source:], sizes[last], steps, value)
        return
    columns = sizes[last - 1] + 1
    integrate(train[source:], columns, trace, settings)
    weighted_sums(weight, start, trace, columns, value, sizes[last])
    keep = (1.0 - settings.neuron_gain * settings.neuron_leak) ** steps
    reset = settings.reset_potential
    for k in range(sizes[last]):
        value[k] += reset + keep * (potential[unit + k] - reset)
        potential[unit + k] = value[k]


@njit(cache=True, error_model="numpy")
def count_spikes(train, units, steps, rate):
    """Spikes of each unit over the number of steps, 0..1, (units,), in place."""
    for k in range(units):
        rate[k] = 0.0
    for t in range(steps):
        for k in range(units):
            rate[k] += train[t * (units + 1) + k]
    for k in range(units):
        rate[k] /= steps


@njit(cache=True, error_model="numpy")
def encode(observation, sensitivity, gain, inputs):
    """Direct coding, in place: an input's current is its channel times sensitivity times gain."""
    for i in range(observation.size):
        inputs[i] = gain * sensitivity[i] * observation[i]
