"""Dynamic synapses that are judged by a critic, an estimate of what is still to come.

Equation 3 takes R + V(next) - V(now) in place of R. The difference is not discounted: over a course
it adds up to nothing, so that lasting gains stay gains and are not explained away. V is linear in
x_1 .. x_n, which are the standardised signed channels of the observation and where the network's
own rhythm stands (see `operations.rhythm`), and in their products,

    phi = (1, x_1, ..., x_n, x_1 x_2, x_1 x_3, ..., x_(n-1) x_n),    V = w . phi,

and learns beside the rule by TD(lambda) (Sutton & Barto 2018, section 12.2):

    delta = R + gamma V(next) - V(now)
    z     = gamma lambda z + phi(now)
    w     = w + rate delta z
    rate  = min(step / max(phi(now) . phi(now), least), 1 / |z . (phi(now) - gamma phi(next))|)

`least` is half the mean of phi . phi for independent x of variance 1/4. Without it the step would
be greatest where there is least to see, while z still holds the large phi of before: such critics
have diverged. The second term keeps a step from turning delta round (Dabney & Barto 2012).

No gradient goes into the network: the critic changes what reward is heard, not the weights. After a
fall, next is the body as it has been put back, for that is where it goes on. At the end of a course
that is no fall nothing follows from the step before: R alone counts, and z is cleared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from dynsyn_controller.core.learners.base import Preset
from dynsyn_controller.core.learners.dynamic_synapse import kernels
from dynsyn_controller.core.learners.dynamic_synapse.learner import DynamicSynapse
from dynsyn_controller.core.learners.dynamic_synapse.presets import PRESETS
from dynsyn_controller.core.learners.dynamic_synapse.settings import (
    TIMES,
    DynamicSynapseSettings,
    kernel_settings,
)
from dynsyn_controller.core.networks.base import Body, FloatArray, Network
from dynsyn_controller.core.networks.standardisation import (
    BOUND,
    rate_after,
    standardise,
    update_statistics,
)
from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.core.operations import rhythm
from dynsyn_controller.core.schema import (
    SchemaError,
    check_at_least,
    check_fractions,
    check_positive,
    check_times,
)

SCALE = 0.5
"""Of the standardised channels: products of two that are far out stay of the size of the rest."""
_DYNSYN = replace(PRESETS["dynsyn"], settings={**PRESETS["dynsyn"].settings, "settling_time": 0.0})
"""How a body starts that has been put back is what the critic expects of it: no pause."""


@dataclass(frozen=True)
class CriticSettings(DynamicSynapseSettings):
    """Settings of the rule, and of its critic.

    Attributes:
        critic_step: TD step, above 0, below 2; with no trace, 1 would put V(now) right in one step.
        critic_discount: gamma, for each control step, 0 or more and below 1.
        critic_trace: lambda, 0 to 1.
        critic_statistics_time: s, > 0, of the rule: time constant of the running mean and variance
            that the channels are standardised with.
    """

    critic_step: float = 0.02
    critic_discount: float = 0.99
    critic_trace: float = 0.9
    critic_statistics_time: float = 1000.0


def features(inputs: int) -> int:
    """Length of phi for so many x."""
    return 1 + inputs + inputs * (inputs - 1) // 2


def least_size(inputs: int) -> float:
    """Half the mean of phi . phi for so many independent x of variance SCALE^2."""
    return 0.5 * (1.0 + inputs * SCALE**2 + inputs * (inputs - 1) / 2 * SCALE**4)


@njit(cache=True, inner=True)
def look(state, parameters, observation):
    """Fill `critic_features` with phi of an observation, and return V of it."""
    mean, variance = state.critic_mean, state.critic_variance
    rate = parameters.dt / parameters.critic_statistics_time
    rate = rate_after(state.steps, rate)
    update_statistics(observation, mean, variance, rate)
    phi, inputs = state.critic_features, int(parameters.critic_inputs)
    standardise(observation, mean, variance, BOUND, SCALE, phi[1:])
    rhythm(state, parameters, phi[1 + mean.size : 1 + inputs])
    phi[0] = 1.0
    at = inputs + 1
    for i in range(1, inputs + 1):
        for j in range(i + 1, inputs + 1):
            phi[at] = phi[i] * phi[j]
            at += 1
    return value(state)


@njit(cache=True, inner=True)
def value(state):
    """V of what was looked at last."""
    total = 0.0
    for i in range(state.critic_weights.size):
        total += state.critic_weights[i] * state.critic_features[i]
    return total


@njit(cache=True, inner=True)
def td_step(state, parameters, observation, reward, followed, ahead):
    """One step of TD(lambda).

    Args:
        state, parameters: records.
        observation: that came with the reward.
        reward: R.
        followed: False: the course ended before this observation, by no fall.
        ahead: factor on V(next); 0: nothing is to come, and the traces end.

    Returns:
        V(next) - V(now), and delta; 0 and 0 where nothing followed, or nothing was known before.
    """
    if state.critic_looked == 0:  # before this step nothing was learnt, or nothing had been seen
        state.critic_looked = 1
        look(state, parameters, observation)
        return 0.0, 0.0
    gamma, now, along, size = parameters.critic_discount, value(state), 0.0, 0.0
    kept = gamma * parameters.critic_trace
    for i in range(state.critic_trace.size):
        feature = state.critic_features[i]
        state.critic_trace[i] = kept * state.critic_trace[i] + feature
        along += state.critic_trace[i] * feature
        size += feature * feature
    following = ahead * look(state, parameters, observation)
    if not followed:
        state.critic_trace[:] = 0.0
        return 0.0, 0.0
    for i in range(state.critic_trace.size):
        along -= ahead * gamma * state.critic_trace[i] * state.critic_features[i]
    error = reward + gamma * following - now
    step = parameters.critic_step / max(size, parameters.critic_size)
    if abs(along) * step > 1.0:
        step = 1.0 / abs(along)
    for i in range(state.critic_trace.size):
        state.critic_weights[i] += step * error * state.critic_trace[i]
    if ahead == 0.0:
        state.critic_trace[:] = 0.0
    return following - now, error


@njit(cache=True, inner=True)
def follows(parameters, reward, terminal):
    """Whether what is seen now follows from the step before; see the module."""
    return not terminal or reward <= parameters.fall_threshold


@njit(cache=True, inner=True)
def learn(state, parameters, observation, reward, terminal):
    """See `operations.learn`."""
    followed = follows(parameters, reward, terminal)
    gain, _ = td_step(state, parameters, observation, reward, followed, 1.0)
    judged = reward + gain
    reward = kernels.counted(parameters, reward, terminal)
    effort = kernels.effort_spent(state.output)
    kernels.advance(state, parameters, reward, judged, effort, terminal)


@njit(cache=True, inner=True)
def freeze(state, parameters):
    """Put every weight at its centre; what is seen meanwhile is not what the critic saw last."""
    kernels.freeze(state, parameters)
    state.critic_looked = 0
    state.critic_trace[:] = 0.0


class CriticDynamicSynapse(DynamicSynapse):
    """See `learners.base.Learner` and the module."""

    name = "dynamic_synapse_critic"
    Settings = CriticSettings
    presets: ClassVar[dict[str, Preset]] = {**PRESETS, "dynsyn": _DYNSYN}
    default_preset = "dynsyn"
    times: ClassVar[tuple[str, ...]] = (*TIMES, "critic_statistics_time")
    """Settings that are s."""

    learn, freeze = learn, freeze

    def __init__(self, settings: CriticSettings, body: Body) -> None:
        super().__init__(settings, body)
        check_positive("learner", settings, ("critic_step", "critic_statistics_time"))
        check_times("learner", settings, ("critic_statistics_time",), body.dt)
        check_at_least("learner", settings, ("critic_discount",))
        check_fractions("learner", settings, ("critic_trace",))
        for name, end in (("critic_step", 2.0), ("critic_discount", 1.0)):
            found = getattr(settings, name)
            if found >= end:
                raise SchemaError(f"learner.{name}", f"found {found}, expected below {end:g}")

    def serve(self, network: Network) -> None:
        """The critic hears the network's rhythm."""
        super().serve(network)
        self._inputs = len(self.body.states) + network.rhythms

    def fields(self, synapses: int) -> list[tuple]:
        """Those of the rule, and what the critic knows."""
        channels, count = len(self.body.states), features(self._inputs)
        arrays = {"weights": count, "trace": count, "features": count}
        arrays |= {"mean": channels, "variance": channels}
        return [
            *super().fields(synapses),
            *((f"critic_{name}", np.float64, (size,)) for name, size in arrays.items()),
            ("critic_looked", np.int64),
        ]

    def settings(self) -> dict[str, Any]:
        """See `settings.kernel_settings`."""
        settings = kernel_settings(self.options, self.times)
        return {
            **settings,
            "critic_inputs": self._inputs,
            "critic_size": least_size(self._inputs),
        }

    def give_birth(self, state: np.ndarray, weights: FloatArray, parameters: np.ndarray) -> None:
        """The critic expects nothing yet."""
        super().give_birth(state, weights, parameters)
        state["critic_variance"] = 1.0
