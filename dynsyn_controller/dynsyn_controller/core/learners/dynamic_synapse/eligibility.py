"""Dynamic synapses whose output layer is told sooner, by eligibility traces and a critic.

Equations 1 to 4 stay as they are. Beside them, every synapse from an input x_j to a joint i keeps a
trace of what it has just tried, and learns from how much better things became than the critic
expected: delta of `critic`, of the reward as it is heard (bounded, and less the price of effort),
where nothing comes after a fall.

    xi_i = f(sum_j W_ij x_j) - f(sum_j C_ij x_j)    how far the swing moves the output
    e_ij = gamma lambda e_ij + xi_i x_j / (x . x)
    dC_ij = eta (A / A_0)^p clip(delta / s, -k, k) e_ij,  each control step;  s: mean of |delta|

f is the output's activation, clipped to -1..1. Where it is linear, this is REINFORCE (Williams
1992) with traces and a critic for exploration that depends on the state and comes from the weights
(gSDE: Raffin, Kober & Stulp 2021): xi has the variance A^2 (x . x) / 2, and xi x_j over that is the
gradient of the sum's log-probability; the last term of e_ij is that but for 2 / A^2. f weighs each
step by the slope at the sum, since where an output is at its limit a swing changes nothing, and its
credit would be noise. As in node perturbation (Fiete & Seung 2006) the noise goes with the number
of joints, where that of equation 3 goes with the number of synapses. It is local: a synapse needs
its input, what its unit does beside what it would do, and one signal for all. No gradient goes
through the network: equation 3 alone moves its other layers, which swing P times as widely. Where
both move a centre, the trace goes first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from dynsyn_controller.core.learners.base import Preset
from dynsyn_controller.core.learners.dynamic_synapse import critic, kernels
from dynsyn_controller.core.learners.dynamic_synapse.critic import (
    CriticDynamicSynapse,
    CriticSettings,
)
from dynsyn_controller.core.learners.dynamic_synapse.presets import PRESETS
from dynsyn_controller.core.networks.base import Body, FloatArray, Network
from dynsyn_controller.core.networks.standardisation import rate_after
from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.core.operations import output_input, output_of
from dynsyn_controller.core.schema import (
    SchemaError,
    check_at_least,
    check_fractions,
    check_positive,
    check_times,
)

FULL, PROGRESS = 0, 1
"""The choices of inner_swing, as kernels know them."""
LARGEST_ERROR = 20.0
"""k: no error counts more than so many usual ones, and s follows none further."""


@dataclass(frozen=True)
class EligibilitySettings(CriticSettings):
    """Settings of the rule, of its critic, and of the traces.

    Attributes:
        credit_rate: eta, for each control step, >= 0; 0: equation 3 alone.
        credit_trace: lambda of the synapses' traces, 0 to 1.
        error_time: s, > 0, of the rule: time constant of s.
        inner_swing: of the weights before the output layer: "progress": P times as wide as that of
            the output layer, with P of docs/rule.md; "full": as wide; "none": they do not swing and
            do not learn.
    """

    inner_swing: Literal["full", "progress", "none"] = "progress"
    credit_rate: float = 1e-3
    credit_trace: float = 0.9
    error_time: float = 100.0


@njit(cache=True, inner=True)
def learn(state, parameters, observation, reward, terminal):
    """See `operations.learn`."""
    followed = critic.follows(parameters, reward, terminal)
    reward = kernels.counted(parameters, reward, terminal)
    effort = kernels.effort_spent(state.output)
    _remember(state, parameters)
    heard = kernels.heard(state, parameters, reward, effort)
    ahead = 0.0 if terminal else 1.0
    _, error = critic.td_step(state, parameters, observation, heard, followed, ahead)
    _credit(state, parameters, error)
    if terminal:
        state.credit[:] = 0.0
    kernels.advance(state, parameters, reward, reward, effort, terminal)
    _narrow(state, parameters)


@njit(cache=True, inner=True)
def _narrow(state, parameters):
    """Let the weights before the output layer swing P times as widely, or not at all."""
    if parameters.inner_swing == FULL:
        return
    share = kernels.earned(state, parameters) if parameters.inner_swing == PROGRESS else 0.0
    for k in range(state.weight.size - state.credit.size):
        state.weight[k] = state.centre[k] + share * (state.weight[k] - state.centre[k])


@njit(cache=True, inner=True)
def _remember(state, parameters):
    """Bring the traces up to the step just lived."""
    inputs = output_input(state, parameters)
    columns, size = inputs.size, 0.0
    start = state.weight.size - state.credit.size
    for j in range(columns):
        size += inputs[j] * inputs[j]
    kept = parameters.critic_discount * parameters.credit_trace
    for i in range(state.output.size):
        swung, centred = 0.0, 0.0
        for j in range(columns):
            k = start + i * columns + j
            swung += state.weight[k] * inputs[j]
            centred += state.centre[k] * inputs[j]
        moved = _output(state, parameters, swung) - _output(state, parameters, centred)
        if size > 0.0:
            moved /= size
        for j in range(columns):
            k = i * columns + j
            state.credit[k] = kept * state.credit[k] + moved * inputs[j]


@njit(cache=True, inner=True)
def _output(state, parameters, total):
    """The output that counts: beyond the limit of effort there is no more."""
    return min(max(output_of(state, parameters, total), -1.0), 1.0)


@njit(cache=True, inner=True)
def _credit(state, parameters, error):
    """Move the centres of the output layer by their traces and an error of the critic."""
    size = abs(error)
    if state.error_size > 0.0:
        rate = rate_after(state.steps, parameters.dt / parameters.error_time)
        size = state.error_size + rate * (
            min(size, LARGEST_ERROR * state.error_size) - state.error_size
        )
    if not 0.0 < size < math.inf:  # nothing has been heard yet, or nothing that makes sense
        return
    state.error_size = size
    relative = min(max(error / size, -LARGEST_ERROR), LARGEST_ERROR)
    if parameters.repulsion == 0:
        relative = max(relative, 0.0)
    step = parameters.credit_rate * relative
    if parameters.step_exponent != 0.0:
        step *= kernels.exploration(state, parameters) ** parameters.step_exponent
    start = state.weight.size - state.credit.size
    for k in range(state.credit.size):
        state.centre[start + k] += step * state.credit[k]


@njit(cache=True, inner=True)
def freeze(state, parameters):
    """Put every weight at its centre; from a frozen step nothing follows."""
    critic.freeze(state, parameters)
    state.credit[:] = 0.0


class EligibilityDynamicSynapse(CriticDynamicSynapse):
    """See `learners.base.Learner` and the module."""

    name = "dynamic_synapse_eligibility"
    Settings = EligibilitySettings
    presets: ClassVar[dict[str, Preset]] = PRESETS
    times: ClassVar[tuple[str, ...]] = (*CriticDynamicSynapse.times, "error_time")

    learn, freeze = learn, freeze

    def __init__(self, settings: EligibilitySettings, body: Body) -> None:
        super().__init__(settings, body)
        check_at_least("learner", settings, ("credit_rate",))
        check_fractions("learner", settings, ("credit_trace",))
        check_positive("learner", settings, ("error_time",))
        check_times("learner", settings, ("error_time",), body.dt)

    def serve(self, network: Network) -> None:
        """Take on a network with an output layer of its own.

        Raises:
            SchemaError: the network does not tell the inputs of such a layer.
        """
        super().serve(network)
        if not hasattr(network, "output_input"):
            raise SchemaError(
                "learner.type",
                f"{self.name} serves networks that tell the inputs of their output layer "
                f"(operation output_input), found {network.name}, which does not",
            )
        layer, joints = network.layers[-1], len(self.body.joints)
        if layer.rows != joints:
            raise SchemaError(
                "network.type",
                f"{network.name}: found {layer.rows} rows in its last layer, expected {joints}, as "
                "many as there are joints",
            )
        self._columns, self._credited = layer.columns, layer.rows * layer.columns

    def fields(self, synapses: int) -> list[tuple]:
        """Those of the rule and its critic, the traces, and s."""
        own = [("credit", np.float64, (self._credited,)), ("error_size", np.float64)]
        return [*super().fields(synapses), *own]

    def give_birth(self, state: np.ndarray, weights: FloatArray, parameters: np.ndarray) -> None:
        """No trace yet.

        Raises:
            SchemaError: the network tells another number of inputs than its last layer has.
        """
        super().give_birth(state, weights, parameters)
        told = _inputs_told(state, parameters)
        if told != self._columns:
            raise SchemaError(
                "network.type",
                f"output_input: found {told} numbers, expected {self._columns}, as many as the "
                "last layer has inputs",
            )
        _give_birth(state, parameters)


@njit(cache=True)
def _give_birth(states, parameters):
    _narrow(states[0], parameters[0])


@njit(cache=True)
def _inputs_told(states, parameters):
    return output_input(states[0], parameters[0]).size
