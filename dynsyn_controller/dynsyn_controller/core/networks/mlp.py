"""A multilayer perceptron: layers of weights between the observation and the outputs.

With x the inputs (channel times sensitivity, or standardised) and f, f_out the activations:

    h_0 = (input_scale x, 1)
    h_l = (f(W_l h_(l-1)), 1)
    output = f_out(W_L h_(L-1))

With layer normalisation, W_l h_(l-1) less its mean and divided by its standard deviation.
Every layer's last input is a constant 1.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from dynsyn_controller.core.networks.activation import squash, tanh
from dynsyn_controller.core.networks.base import Body, FloatArray, Network, stack_layers
from dynsyn_controller.core.networks.mlp_options import (
    ACTIVATIONS,
    AT_BIRTH,
    ELU,
    FIXED,
    LEAKY_RELU,
    RELU,
    TANH,
    MlpOptions,
    check,
)
from dynsyn_controller.core.networks.standardisation import (
    rate_after,
    standardise,
    update_statistics,
)
from dynsyn_controller.core.networks.weighted_sums import weighted_sums
from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.core.schema import numbers

LEAK = 0.01
"""Slope of the leaky ReLU below 0."""
LAYER_EPSILON = 1e-5
"""Added to the variance of a layer, as torch does."""


@njit(cache=True, inner=True)
def think(state, settings, observation, learning):
    """From the observation through all layers to the outputs."""
    sense(state, settings, observation, learning)
    propagate(state, settings, state.weight)


@njit(cache=True, inner=True)
def output_input(state, settings):
    """What the last layer hears."""
    return state.unit[state.unit.size - settings.sizes[settings.sizes.size - 2] - 1 :]


@njit(cache=True, inner=True)
def output_of(state, settings, total):
    """As the activation of the outputs has it."""
    return tanh(total) if settings.output_activation == TANH else total


@njit(cache=True, inner=True)
def propagate(state, settings, weight):
    """From the inputs through all layers, whose weights are `weight`, to the outputs."""
    depth, at, start = settings.sizes.size - 1, 0, 0
    for layer in range(depth):
        columns, rows = settings.sizes[layer] + 1, settings.sizes[layer + 1]
        last = layer == depth - 1
        sums = state.output if last else state.unit[at + columns :]
        weighted_sums(weight, start, state.unit[at:], columns, sums, rows)
        if settings.layer_normalisation and not last:
            normalise_layer(sums[:rows])
        activate(sums[:rows], settings.output_activation if last else settings.activation)
        at += columns
        start += columns * rows


@njit(cache=True, inner=True)
def activate(values, activation):
    """f of many values, in place."""
    if activation == TANH:
        squash(values)
    elif activation == RELU:
        for i in range(values.size):
            values[i] = max(values[i], 0.0)
    elif activation == ELU:
        for i in range(values.size):
            if values[i] < 0.0:
                values[i] = math.expm1(values[i])
    elif activation == LEAKY_RELU:
        for i in range(values.size):
            values[i] = max(values[i], LEAK * values[i])


@njit(cache=True, inner=True)
def normalise_layer(values):
    """Bring values to mean 0 and variance 1, in place."""
    mean, variance = 0.0, 0.0
    for value in values:
        mean += value / values.size
    for value in values:
        variance += (value - mean) ** 2 / values.size
    spread = math.sqrt(variance + LAYER_EPSILON)
    for i in range(values.size):
        values[i] = (values[i] - mean) / spread


@njit(cache=True, inner=True)
def sense(state, settings, observation, learning):
    """The inputs: observation times sensitivity, or standardised."""
    fixed = settings.input_statistics == FIXED
    if fixed or settings.normalisation_time > 0.0:
        mean, variance = state.input_mean, state.input_variance
        if learning and not fixed:
            rate = settings.dt / settings.normalisation_time
            rate = rate_after(state.steps, rate)
            update_statistics(observation, mean, variance, rate)
        bound, scale = settings.input_bound, settings.input_scale
        standardise(observation, mean, variance, bound, scale, state.unit)
    else:
        for i in range(observation.size):
            state.unit[i] = settings.input_scale * observation[i] * state.sensitivity[i]


class MlpNetwork(Network):
    """See `networks.base.Network`, `MlpOptions` and the module."""

    name = "mlp"
    Options = MlpOptions
    adjustable: ClassVar[tuple[str, ...]] = (*AT_BIRTH, "normalisation_time", "input_scale")
    output_input, output_of, think = output_input, output_of, think

    def __init__(self, body: Body, options: MlpOptions) -> None:
        check(body, options)
        super().__init__(body, options)
        self._sizes = (len(body.channels), *options.hidden, len(body.joints))
        hidden = [
            tuple(f"hidden_{layer}.{unit}" for unit in range(size))
            for layer, size in enumerate(options.hidden, start=1)
        ]
        outputs = tuple(f"output.{name}" for name in body.joints)
        inputs = [body.channels, *hidden]
        names = [*(f"hidden_{layer}" for layer in range(1, len(hidden) + 1)), "output"]
        self.layers = stack_layers(
            (name, rows, (*columns, "constant"))
            for name, rows, columns in zip(names, [*hidden, body.joints], inputs, strict=True)
        )
        self.unit_names = tuple(name for layer in hidden for name in layer) + outputs

    def fields(self) -> list[tuple]:
        """Inputs and hidden units, each layer's followed by its constant; what has been seen."""
        channels = self._sizes[0]
        return [
            ("unit", np.float64, (sum(size + 1 for size in self._sizes[:-1]),)),
            ("input_mean", np.float64, (channels,)),
            ("input_variance", np.float64, (channels,)),
        ]

    def settings(self) -> dict[str, Any]:
        """Sizes, activations and scales; times in ms."""
        options = self.options
        return {
            **numbers(options),
            "normalisation_time": options.normalisation_time * 1000.0,
            "activation": ACTIVATIONS[options.activation],
            "output_activation": ACTIVATIONS[options.output_activation],
            "sizes": np.array(self._sizes),
        }

    def initial_weights(self, generator: np.random.Generator) -> FloatArray:
        """See `MlpOptions.initial_scale`."""
        parts = []
        for layer in self.layers:
            inputs = layer.columns - 1
            reach = self.options.initial_scale * math.sqrt(3.0 / inputs)
            weights = np.zeros((layer.rows, layer.columns))
            weights[:, :-1] = generator.uniform(-reach, reach, (layer.rows, inputs))
            parts.append(weights.ravel())
        return np.concatenate(parts)

    def give_birth(self, state: np.ndarray) -> None:
        """Constants are 1; nothing has been seen."""
        state["input_variance"] = 1.0
        ends = np.cumsum([size + 1 for size in self._sizes[:-1]]) - 1
        state["unit"][0, ends] = 1.0

    def activity(self, record: np.void) -> FloatArray:
        """Values of the hidden units and the outputs, dimensionless."""
        parts, start = [], self._sizes[0] + 1
        for size in self._sizes[1:-1]:
            parts.append(record["unit"][start : start + size])
            start += size + 1
        return np.concatenate([*parts, record["output"]])
