"""The four-layer network of Wei & Webb (IROS 2018, figure 5).

Observation -> layer 1 (halves of the states, ranges, constant, last outputs; tanh) -> layer 2
(hidden; tanh, then rectified; adaptive gain) -> layer 3 (FitzHugh-Nagumo oscillators) -> layer 4
(action: oscillators, states and constant to joints). Synapses are dynamic between 1 and 2
("hidden"), 2 and 3 ("drive"), and into 4 ("action").
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from dynsyn_controller.core.networks.activation import squash, tanh
from dynsyn_controller.core.networks.base import Body, FloatArray, LayerSpec, Network, stack_layers
from dynsyn_controller.core.networks.gain import adapt
from dynsyn_controller.core.networks.oscillator import step_fitzhugh_nagumo
from dynsyn_controller.core.networks.standardisation import (
    BOUND,
    rate_after,
    standardise,
    update_statistics,
)
from dynsyn_controller.core.networks.walker_options import (
    STRUCTURE,
    TANH,
    WalkerOptions,
    check,
    kernel_settings,
)
from dynsyn_controller.core.networks.weighted_sums import weighted_sums
from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.core.operations import exploration
from dynsyn_controller.core.schema import SchemaError


@njit(cache=True, inner=True)
def evolve(state, settings, learning):
    """Adapt the gains to the last outputs and let the oscillators swing on."""
    state.homeostasis = _homeostasis(state, settings) if learning else 0.0
    adapt(state.gain, state.hidden, settings, state.homeostasis)
    step_fitzhugh_nagumo(state.v, state.w, state.drive, settings)


@njit(cache=True, inner=True)
def _homeostasis(state, settings):
    """Factor on the rates of gains and standardisation."""
    if settings.homeostasis_exponent == 0.0:
        return 1.0
    return exploration(state, settings) ** settings.homeostasis_exponent


@njit(cache=True, inner=True)
def rhythm(state, settings, into):
    """Both variables of every oscillator; they swing between about -2 and 2."""
    for k in range(state.v.size):
        into[2 * k] = 0.5 * state.v[k]
        into[2 * k + 1] = 0.5 * state.w[k]


@njit(cache=True, inner=True)
def output_input(state, settings):
    """What the action layer hears."""
    columns = 2 * state.v.size + int(settings.states) + int(settings.action_bias)
    return state.action_input[:columns]


@njit(cache=True, inner=True)
def output_of(state, settings, total):
    """As the action layer's activation has it."""
    return tanh(total) if settings.action_activation == TANH else total


@njit(cache=True, inner=True)
def think(state, settings, observation, learning):
    """All four layers, from the observation to the outputs."""
    _sense(state, settings, observation)
    _drive(state, settings)
    _act(state, settings, observation, state.homeostasis if learning else 0.0)


@njit(cache=True, inner=True)
def _sense(state, settings, observation):
    """Layer 1: tanh of positive and negative halves, ranges, a constant and the last outputs."""
    states = int(settings.states)
    # all but the positive halves lie side by side, and tanh is odd: once for both halves will do
    for i in range(observation.size):
        state.input[states + i] = observation[i] * state.sensitivity[i]
    at = states + observation.size
    state.input[at] = 1.0
    for j in range(state.output.size):
        state.input[at + 1 + j] = state.output[j]
    # a whole number of eights is quickest; what comes before is written over below
    squash(state.input[states - min(states, (states - state.input.size) % 8) :])
    for i in range(states):
        value = state.input[states + i]
        state.input[i] = max(value, 0.0)
        state.input[states + i] = max(-value, 0.0) * settings.negative_inputs


@njit(cache=True, inner=True)
def _drive(state, settings):
    """Layer 2 (equation 6) and the input of layer 3's oscillators."""
    units, inputs = state.gain.size, state.input.size
    weighted_sums(state.weight, np.int64(0), state.input, inputs, state.hidden, units)
    for j in range(units):
        state.hidden[j] *= state.gain[j]
    squash(state.hidden[:units])
    for j in range(units):
        state.hidden[j] = max(state.hidden[j], 0.0)
    state.hidden[units] = 1.0
    columns = units + settings.oscillator_bias
    start = units * inputs
    weighted_sums(state.weight, start, state.hidden, columns, state.drive, state.drive.size)
    if settings.oscillator_activation == TANH:
        for k in range(state.drive.size):
            state.drive[k] = tanh(state.drive[k])


@njit(cache=True, inner=True)
def _act(state, settings, observation, homeostasis):
    """Layer 4: oscillators and states to joints.

    `homeostasis` is a factor on the rate of the standardisation; 0: it stands still.
    """
    oscillators, states, joints = state.v.size, int(settings.states), state.output.size
    for k in range(oscillators):
        state.action_input[k] = state.v[k]
        state.action_input[oscillators + k] = state.w[k]
    if settings.normalisation_time > 0.0:
        mean, variance = state.state_mean, state.state_variance
        if homeostasis > 0.0:
            rate = homeostasis * settings.dt / settings.normalisation_time
            rate = rate_after(state.steps, rate)
            update_statistics(observation, mean, variance, rate)
        standard = state.action_input[2 * oscillators :]
        standardise(observation, mean, variance, BOUND, settings.state_scale, standard)
    else:
        for i in range(states):
            state.action_input[2 * oscillators + i] = settings.state_scale * observation[i]
    state.action_input[2 * oscillators + states] = 1.0
    inputs = output_input(state, settings)
    start = state.weight.size - joints * inputs.size
    weighted_sums(state.weight, start, inputs, inputs.size, state.output, joints)
    for j in range(joints):
        state.output[j] = output_of(state, settings, state.output[j])


class WalkerNetwork(Network):
    """See `networks.base.Network`, `WalkerOptions` and the module."""

    name = "walker"
    Options = WalkerOptions
    adjustable = tuple(f.name for f in fields(WalkerOptions) if f.name not in STRUCTURE)
    evolve, rhythm, think = evolve, rhythm, think
    output_input, output_of = output_input, output_of

    def __init__(self, body: Body, options: WalkerOptions) -> None:
        check(body, options)
        super().__init__(body, options)
        self.rhythms = 2 * options.oscillators
        self.layers = _layers(body, options)
        self.unit_names = tuple(
            [f"hidden.{j}" for j in range(options.hidden)]
            + [f"oscillator.{k}.v" for k in range(options.oscillators)]
            + [f"oscillator.{k}.w" for k in range(options.oscillators)]
            + [f"output.{name}" for name in body.joints]
        )

    def fields(self) -> list[tuple]:
        """Values of the units, gains, and what the standardisation has seen."""
        hidden, oscillators = self.options.hidden, self.options.oscillators
        states = len(self.body.states)
        arrays = {
            "gain": hidden,
            "input": self.layers[0].columns,
            "hidden": hidden + 1,
            "drive": oscillators,
            "v": oscillators,
            "w": oscillators,
            "action_input": 2 * oscillators + states + 1,
            "state_mean": states,
            "state_variance": states,
        }
        return [
            *((name, np.float64, (size,)) for name, size in arrays.items()),
            ("homeostasis", np.float64),
        ]

    def settings(self) -> dict[str, float | int]:
        """See `walker_options.kernel_settings`."""
        return kernel_settings(self.body, self.options)

    def check_exploration(self, least: float) -> None:
        """Raises SchemaError: rates would be a power of what may come to 0."""
        exponent = self.options.homeostasis_exponent
        if (exponent < 0.0 >= least) or (exponent > 0.0 > least):
            raise SchemaError(
                "network.homeostasis_exponent",
                f"found {exponent}, but the learner's exploration may come to 0 (of dynamic "
                "synapses, where amplitude_initial or amplitude_minimum is 0)",
            )

    def initial_weights(self, generator: np.random.Generator) -> FloatArray:
        """Uniform at random but for the action layer, which the options set."""
        reach = self.options.initial_range
        parts = [
            generator.uniform(-reach, reach, layer.rows * layer.columns)
            for layer in self.layers[:-1]
        ]
        return np.concatenate([*parts, self._action_weights().ravel()])

    def give_birth(self, state: np.ndarray) -> None:
        """Oscillators at rest, gains as set; nothing has been seen."""
        state["gain"] = self.options.gain_initial
        state["state_variance"] = 1.0
        state["homeostasis"] = 1.0

    def _action_weights(self) -> FloatArray:
        """First weights of the action layer, (joints, inputs)."""
        action, oscillators = self.layers[-1], self.options.oscillators
        weights = np.zeros((action.rows, action.columns))
        for drive in self.options.drives:
            column = drive.oscillator + (oscillators if drive.output == "w" else 0)
            weights[self.body.joints.index(drive.joint), column] = drive.weight
        feedback = {
            "position": self.options.position_feedback,
            "velocity": self.options.velocity_feedback,
        }
        for row, channels in enumerate(self.body.joint_channels):
            for name in feedback.keys() & channels.keys():
                weights[row, 2 * oscillators + channels[name]] = feedback[name]
        return weights

    def activity(self, record: np.void) -> FloatArray:
        """Values of the units in `unit_names`, dimensionless."""
        units = (record["hidden"][:-1], record["v"], record["w"], record["output"])
        return np.concatenate(units)


def _layers(body: Body, options: WalkerOptions) -> tuple[LayerSpec, ...]:
    hidden = tuple(f"hidden.{j}" for j in range(options.hidden))
    oscillators = range(options.oscillators)
    inputs = (
        *(f"{name}+" for name in body.states),
        *(f"{name}-" for name in body.states),
        *body.ranges,
        "constant",
        *(f"output.{name}" for name in body.joints),
    )
    waves = (
        *(f"oscillator.{k}.v" for k in oscillators),
        *(f"oscillator.{k}.w" for k in oscillators),
    )
    drive_inputs = hidden + ("constant",) * options.oscillator_bias
    action_inputs = waves + body.states + ("constant",) * options.action_bias
    return stack_layers(
        (
            ("hidden", hidden, inputs),
            ("drive", tuple(f"oscillator.{k}" for k in oscillators), drive_inputs),
            ("action", body.joints, action_inputs),
        )
    )
