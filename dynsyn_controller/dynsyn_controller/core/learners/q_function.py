"""A small Q function: one hidden layer of rectified units, weights flat, each input layer with a 1.

h = max(W_1 (s, 1), 0)      Q(s, .) = W_2 (h, 1)
"""

from __future__ import annotations

from dynsyn_controller.core.networks.weighted_sums import weighted_sums
from dynsyn_controller.core.numba_support import njit


def q_weights(inputs: int, hidden: int, actions: int) -> int:
    """Number of weights."""
    return hidden * (inputs + 1) + actions * (hidden + 1)


@njit(cache=True, error_model="numpy")
def q_values(weight, inputs, hidden, value):
    """Q of every action, (actions,), in place.

    Args:
        weight: flat, see `q_weights`.
        inputs: the state and a last 1.
        hidden: (hidden units + 1,), filled.
        value: (actions,), filled.
    """
    units = hidden.size - 1
    weighted_sums(weight, 0, inputs, inputs.size, hidden, units)
    for j in range(units):
        hidden[j] = max(hidden[j], 0.0)
    hidden[units] = 1.0
    weighted_sums(weight, units * inputs.size, hidden, hidden.size, value, value.size)


@njit(cache=True, error_model="numpy")
def q_gradient(weight, inputs, hidden, action, error, gradient):
    """Add to `gradient` that of a loss whose derivative by Q(s, action) is `error`, in place.

    `inputs` and `hidden` are as `q_values` left them.
    """
    units, columns = hidden.size - 1, inputs.size
    start = units * columns + action * (units + 1)
    for j in range(units + 1):
        gradient[start + j] += error * hidden[j]
    for j in range(units):
        if hidden[j] > 0.0:
            slope = error * weight[start + j]
            for i in range(columns):
                gradient[j * columns + i] += slope * inputs[i]
