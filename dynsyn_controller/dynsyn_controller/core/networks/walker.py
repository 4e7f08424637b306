"""The four-layer network of Wei & Webb (IROS 2018, figure 5).

Observation -> layer 1 (halves of the states, ranges, constant, last outputs; tanh) -> layer 2
(hidden; tanh, then rectified; adaptive gain) -> layer 3 (FitzHugh-Nagumo oscillators) -> layer 4
(action: oscillators, states and constant to joints). Synapses are dynamic between 1 and 2
("hidden"), 2 and 3 ("drive"), and into 4 ("action").
"""

from __future__ import annotations

import math

import numpy as np

from dynsyn_controller.core.learners.rule import TANH, Rule, parameters
from dynsyn_controller.core.learners.synapse import (
    advance,
    effort_spent,
    freeze,
    give_birth,
    pace,
    weighted_sums,
)
from dynsyn_controller.core.networks.activation import squash, tanh
from dynsyn_controller.core.networks.base import Body, LayerSpec, lifetime_fields, state_dtype
from dynsyn_controller.core.networks.gain import adapt
from dynsyn_controller.core.networks.oscillator import step_fitzhugh_nagumo
from dynsyn_controller.core.networks.standardisation import (
    START_COUNT,
    standardise,
    update_statistics,
)
from dynsyn_controller.core.networks.walker_options import WalkerOptions, check
from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.core.statistics import record_reward, reset_statistics


class WalkerNetwork:
    """See `network.Network` and the module.

    Args:
        body: the robot's names, limits and sensitivities; at least one state.
        options: see `WalkerOptions`.
        rule: settings of synapses, gains and oscillators.

    Raises:
        SchemaError: a size below 1, or a drive that names no joint, oscillator or output.
    """

    Options = WalkerOptions

    def __init__(self, body: Body, options: WalkerOptions, rule: Rule) -> None:
        check(body, options)
        self.body, self.options, self.rule = body, options, rule
        self.layers = _layers(body, options, rule)
        last = self.layers[-1].slice.stop
        hidden, oscillators, joints = options.hidden, options.oscillators, len(body.joints)
        inputs = self.layers[0].columns
        arrays = {
            "gain": hidden,
            "input": inputs,
            "hidden": hidden + 1,
            "drive": oscillators,
            "v": oscillators,
            "w": oscillators,
            "action_input": 2 * oscillators + len(body.states) + 1,
            "output": joints,
            "effort": joints,
            "sensitivity": len(body.sensitivity),
            "effort_limit": joints,
            "state_mean": len(body.states),
            "state_variance": len(body.states),
        }
        self.dtype = state_dtype(
            lifetime_fields(last) + [(name, np.float64, (size,)) for name, size in arrays.items()]
        )
        self.parameters = parameters(
            rule,
            body.dt,
            {"states": len(body.states), "fall_threshold": body.fall_threshold},
        )
        self.unit_names = tuple(
            [f"hidden.{j}" for j in range(hidden)]
            + [f"oscillator.{k}.v" for k in range(oscillators)]
            + [f"oscillator.{k}.w" for k in range(oscillators)]
            + [f"output.{name}" for name in body.joints]
        )

    def give_birth(self, states: np.ndarray, index: int, generator: np.random.Generator) -> None:
        """Fill record `index` with a new-born lifetime."""
        state = states[index : index + 1]
        state[...] = np.zeros(1, self.dtype)
        state["random_state"] = generator.integers(2**64, dtype=np.uint64)
        state["gain"] = self.rule.gain_initial
        state["sensitivity"] = self.body.sensitivity
        state["effort_limit"] = self.body.effort_limit
        state["state_variance"] = 1.0
        reset_statistics(state)
        for layer in self.layers[:-1]:
            state["centre"][0, layer.slice] = generator.uniform(
                -self.rule.centre_range, self.rule.centre_range, layer.rows * layer.columns
            )
        state["centre"][0, self.layers[-1].slice] = self._action_centres().ravel()
        _give_birth(states, index, self.parameters)

    def _action_centres(self) -> np.ndarray:
        """Initial centres of the action layer, (joints, inputs)."""
        action, oscillators = self.layers[-1], self.options.oscillators
        centres = np.zeros((action.rows, action.columns))
        for drive in self.options.drives:
            column = drive.oscillator + (oscillators if drive.output == "w" else 0)
            centres[self.body.joints.index(drive.joint), column] = drive.weight
        feedback = {
            "position": self.options.position_feedback,
            "velocity": self.options.velocity_feedback,
        }
        for row, channels in enumerate(self.body.joint_channels):
            for name in feedback.keys() & channels.keys():
                centres[row, 2 * oscillators + channels[name]] = feedback[name]
        return centres

    def activity(self, state: np.ndarray) -> np.ndarray:
        """Values of the units in `unit_names`, dimensionless."""
        units = (state["hidden"][:-1], state["v"], state["w"], state["output"])
        return np.concatenate(units)


def _layers(body: Body, options: WalkerOptions, rule: Rule) -> tuple[LayerSpec, ...]:
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
    drive_inputs = hidden + ("constant",) * rule.oscillator_bias
    action_inputs = waves + body.states + ("constant",) * rule.action_bias
    layers, start = [], 0
    for name, outputs, columns in (
        ("hidden", hidden, inputs),
        ("drive", tuple(f"oscillator.{k}" for k in oscillators), drive_inputs),
        ("action", body.joints, action_inputs),
    ):
        layers.append(LayerSpec(name, outputs, columns, start))
        start = layers[-1].slice.stop
    return tuple(layers)


@njit(cache=True)
def _give_birth(states, index, parameters):
    state, settings = states[index], parameters[0]
    give_birth(state, settings)
    for k in range(state.v.size):
        state.v[k] = 0.0
        state.w[k] = 0.0


@njit(cache=True)
def step(states, index, parameters, observation, reward, terminal, learning):
    """One control step of lifetime `index`; see `network.Network.step`."""
    state, settings = states[index], parameters[0]
    if not math.isfinite(reward) or observation.size != state.sensitivity.size:
        return False
    for i in range(observation.size):
        if not math.isfinite(observation[i]):
            return False
    first = state.steps == 0
    if not first:
        record_reward(state, reward, terminal, settings.fall_threshold)
        if learning:
            advance(state, settings, reward, effort_spent(state.output), terminal)
    homeostasis = 0.0
    if learning:
        homeostasis = pace(state, settings, settings.homeostasis_exponent)
    else:
        freeze(state)
    if not first:
        adapt(state.gain, state.hidden, settings, homeostasis)
        step_fitzhugh_nagumo(state.v, state.w, state.drive, settings)
    state.steps += 1
    _sense(state, settings, observation)
    _think(state, settings)
    _act(state, settings, observation, homeostasis)
    return True


# Each network has its own. One made by a function of `step` would be compiled in every process
# anew: Numba's cache knows it by its pickled closure, and no kernel pickles the same twice.
@njit(cache=True)
def step_batch(states, parameters, observation, reward, terminal, learning):
    """One control step of every lifetime; see `network.Network.step_batch`."""
    refused = 0
    for index in range(states.size):
        refused += not step(
            states,
            index,
            parameters,
            observation[index],
            reward[index],
            terminal[index],
            learning,
        )
    return refused


@njit(cache=True)
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


@njit(cache=True)
def _think(state, settings):
    """Layer 2 (equation 6) and the input of layer 3's oscillators."""
    units, inputs = state.gain.size, state.input.size
    weighted_sums(state.weight, 0, state.input, inputs, state.hidden, units)
    for j in range(units):
        state.hidden[j] *= state.gain[j]
    squash(state.hidden[:units])
    for j in range(units):
        state.hidden[j] = max(state.hidden[j], 0.0)
    state.hidden[units] = 1.0
    columns = units + settings.oscillator_bias
    weighted_sums(
        state.weight, units * inputs, state.hidden, columns, state.drive, state.drive.size
    )
    if settings.oscillator_activation == TANH:
        for k in range(state.drive.size):
            state.drive[k] = tanh(state.drive[k])


@njit(cache=True)
def _act(state, settings, observation, homeostasis):
    """Layer 4: oscillators and states to joints; effort in N m within the limits.

    `homeostasis` is a factor on the rate of the standardisation; 0: it stands still.
    """
    oscillators, states, joints = state.v.size, int(settings.states), state.output.size
    for k in range(oscillators):
        state.action_input[k] = state.v[k]
        state.action_input[oscillators + k] = state.w[k]
    if settings.normalisation_time > 0.0:
        if homeostasis > 0.0:
            rate = homeostasis * settings.dt / settings.normalisation_time
            rate = max(rate, 1.0 / (state.steps + START_COUNT))
            update_statistics(observation, state.state_mean, state.state_variance, rate)
        standard = state.action_input[2 * oscillators :]
        standardise(
            observation, state.state_mean, state.state_variance, settings.state_scale, standard
        )
    else:
        for i in range(states):
            state.action_input[2 * oscillators + i] = settings.state_scale * observation[i]
    state.action_input[2 * oscillators + states] = 1.0
    columns = 2 * oscillators + states + settings.action_bias
    start = state.weight.size - joints * columns
    weighted_sums(state.weight, start, state.action_input, columns, state.output, joints)
    if settings.action_activation == TANH:
        for j in range(joints):
            state.output[j] = tanh(state.output[j])
    for j in range(joints):
        state.effort[j] = min(max(state.output[j], -1.0), 1.0) * state.effort_limit[j]


WalkerNetwork.step = staticmethod(step)
WalkerNetwork.step_batch = staticmethod(step_batch)
