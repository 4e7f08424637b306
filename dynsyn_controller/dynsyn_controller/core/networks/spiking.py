"""A fully connected network of spiking neurons: input, hidden layers, output.

Every control step is one decision of T steps of the neurons (see `spiking_neurons`). The input is
direct: observation times sensitivity is the current of each input, for all T steps. Output units
never fire and are read by their voltage, or fire and are counted; their values are the outputs
themselves, or the largest of them chooses one of a few outputs.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dynsyn_controller.core.copying import copy
from dynsyn_controller.core.networks.base import Body, FloatArray, Network, stack_layers
from dynsyn_controller.core.networks.spiking_neurons import encode, run_network
from dynsyn_controller.core.networks.spiking_options import AT_BIRTH, SpikingOptions, check
from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.core.schema import numbers


@njit(cache=True, inner=True)
def think(state, settings, observation, learning):
    """From the observation through T steps of all layers to the outputs."""
    encode(observation, state.sensitivity, settings.encoding_gain, state.input)
    if settings.keep_state == 0:
        state.potential[:] = settings.reset_potential
    run_network(
        state.weight,
        settings.sizes,
        state.input,
        state.potential,
        state.membrane,
        state.train,
        state.trace,
        state.value,
        settings,
    )
    if settings.action:
        state.choice = state.value.argmax()
        state.output[0] = settings.levels[state.choice]
    elif settings.readout:
        for j in range(state.output.size):
            state.output[j] = state.value[2 * j + 1] - state.value[2 * j]
    else:
        copy(state.value, state.output)


class SpikingNetwork(Network):
    """See `networks.base.Network`, `SpikingOptions` and the module.

    Attributes:
        sizes: units of each layer, input first, output last.
        blocks: length of the arrays `train` and `membrane`.
    """

    name = "spiking"
    Options = SpikingOptions
    adjustable = (*AT_BIRTH, "membrane_time", "threshold", "reset_potential", "encoding_gain")
    think = think

    def __init__(self, body: Body, options: SpikingOptions) -> None:
        check(body, options)
        super().__init__(body, options)
        values = self._value_names()
        self.sizes = (len(body.channels), *options.hidden, len(values))
        spiking = self.sizes[1:] if options.readout == "count" else self.sizes[1:-1]
        self.blocks = sum(options.time_steps * (units + 1) for units in spiking)
        names = [f"hidden_{layer}" for layer in range(1, len(options.hidden) + 1)]
        hidden = [
            tuple(f"{name}.{unit}" for unit in range(size))
            for name, size in zip(names, options.hidden, strict=True)
        ]
        self.layers = stack_layers(
            (name, rows, (*columns, "constant"))
            for name, rows, columns in zip(
                [*names, "output"], [*hidden, values], [body.channels, *hidden], strict=True
            )
        )
        outputs = tuple(f"output.{joint}" for joint in body.joints)
        self.unit_names = tuple(name for layer in hidden for name in layer) + values + outputs

    def _value_names(self) -> tuple[str, ...]:
        options, joints = self.options, self.body.joints
        if options.action == "argmax":
            return tuple(f"value.{level:g}" for level in options.levels)
        if options.readout == "count":
            return tuple(f"value.{joint}.{side}" for joint in joints for side in ("minus", "plus"))
        return tuple(f"value.{joint}" for joint in joints)

    def fields(self) -> list[tuple]:
        """Currents, potentials, and what the units did in the last decision."""
        return [
            ("input", np.float64, (self.sizes[0] + 1,)),
            ("potential", np.float64, (sum(self.sizes[1:]),)),
            ("membrane", np.float64, (self.blocks,)),
            ("train", np.float64, (self.blocks,)),
            ("trace", np.float64, (max(self.sizes) + 1,)),
            ("value", np.float64, (self.sizes[-1],)),
            ("choice", np.int64),
        ]

    def settings(self) -> dict[str, Any]:
        """Sizes, levels, and the neuron as h = v + gain (x - leak (v - v_reset))."""
        options = self.options
        leaky = options.neuron == "lif"
        return {
            **numbers(options),
            "sizes": np.array(self.sizes),
            "levels": np.array(options.levels),
            "neuron_gain": 1.0 / options.membrane_time if leaky else 1.0,
            "neuron_leak": 1.0 if leaky else 0.0,
        }

    def initial_weights(self, generator: np.random.Generator) -> FloatArray:
        """See `SpikingOptions.initial_scale`."""
        parts = []
        for layer in self.layers:
            reach = self.options.initial_scale / math.sqrt(layer.columns - 1)
            parts.append(generator.uniform(-reach, reach, layer.rows * layer.columns))
        return np.concatenate(parts)

    def give_birth(self, state: np.ndarray) -> None:
        """Every unit at rest."""
        state["potential"] = self.options.reset_potential
        state["input"][0, -1] = 1.0

    def activity(self, record: np.void) -> FloatArray:
        """Firing rates of the hidden units (spikes / T), values and outputs, dimensionless."""
        rates = [train.mean(axis=0) for train in self.spikes(record)[: len(self.options.hidden)]]
        return np.concatenate([*rates, record["value"], record["output"]])

    def spikes(self, record: np.void) -> list[FloatArray]:
        """Trains of the last decision, one array (T, units) a spiking layer, 0 or 1."""
        return self._rows(record["train"])

    def membranes(self, record: np.void) -> list[FloatArray]:
        """Potentials in the last decision before any reset, one (T, units) a spiking layer."""
        return self._rows(record["membrane"])

    def _rows(self, blocks: FloatArray) -> list[FloatArray]:
        steps, start, found = self.options.time_steps, 0, []
        for units in self.sizes[1:]:
            stop = start + steps * (units + 1)
            if stop <= self.blocks:
                found.append(blocks[start:stop].reshape(steps, units + 1)[:, :-1])
            start = stop
        return found
