"""Kernels of the dynamic-synapse rule (Wei & Webb, IROS 2018, equations 1 to 4).

Every network keeps all its synapses, layer after layer, in the flat arrays of its lifetime's
record; the rule does not care which layer a synapse belongs to.

The phase of a synapse is a unit vector (sine, cosine) turned by a fixed rotation each step, two
multiply-adds in place of a sine; at the end of each period it is set afresh from the exact time, so
rounding never adds up over more than one period. `remaining` is the time to that end in ms.
"""

from __future__ import annotations

import math

import numpy as np

from dynsyn_controller.core.learners.dynamic_synapse.settings import (
    EXPONENTIAL_LAW,
    PROGRESS_LAW,
    UNBOUNDED,
)
from dynsyn_controller.core.noise import normal, uniform
from dynsyn_controller.core.numba_support import njit

ARRAYS = (
    "centre",
    "amplitude",
    "sine",
    "cosine",
    "rotation_sine",
    "rotation_cosine",
    "remaining",
)
"""Fields of a lifetime's record that hold one number for each synapse, beside `weight`."""
SCALARS = ("baseline", "progress", "settling")


def synapse_fields(count: int) -> list[tuple]:
    """dtype fields that the rule needs for `count` synapses beside `weight` and `random_state`."""
    fields = [(name, np.float64, (count,)) for name in ARRAYS]
    return [*fields, *((name, np.float64) for name in SCALARS)]


@njit(cache=True, inner=True)
def give_birth(state, parameters):
    """First amplitudes, periods and phases; centres must be set before.

    A period is drawn from equation 2 and the time within it uniformly.
    """
    for i in range(state.centre.size):
        state.amplitude[i] = parameters.amplitude_initial
        period = draw_period(state, parameters)
        start_period(state, i, period, uniform(state) * period, parameters.dt)
        state.weight[i] = state.centre[i] + state.amplitude[i] * state.sine[i]


@njit(cache=True, inner=True)
def draw_period(state, parameters):
    """A period in ms from N(mu, sigma^2) (equation 2), no shorter than the minimum."""
    drawn = normal(state, parameters.period_mean, parameters.period_std)
    return max(drawn, parameters.period_minimum)


@njit(cache=True, inner=True)
def start_period(state, i, period, elapsed, dt):
    """Put synapse `i` at time `elapsed` of a period that lasts `period` (both ms)."""
    phase = 2.0 * math.pi * elapsed / period
    turn = 2.0 * math.pi * dt / period
    state.sine[i] = math.sin(phase)
    state.cosine[i] = math.cos(phase)
    state.rotation_sine[i] = math.sin(turn)
    state.rotation_cosine[i] = math.cos(turn)
    state.remaining[i] = period - elapsed


@njit(cache=True)
def advance(state, parameters, reward, judged, effort, terminal):
    """Live on by one control step: learn from `reward` (equations 3 and 4), then swing (1 and 2).

    Args:
        state: the lifetime's record, changed in place.
        parameters: parameter record.
        reward: R of the step just lived, with the weights as they stand.
        judged: what equation 3 takes in place of R, before it is bounded and priced; R itself where
            there is no critic.
        effort: what that step took, see `effort_spent`.
        terminal: the body has been put back since.
    """
    pull, scale, shift = modulation(state, parameters, reward, judged, effort, terminal)
    swing(state, parameters, pull, scale, shift)


@njit(cache=True, inner=True)
def swing(state, parameters, pull, scale, shift):
    """Move every centre by `pull` (W - C), let A <- scale A + shift, and swing on by a step.

    W swings by A, or by the limit on exploration, where that is less: A goes its own way meanwhile.
    One pass does all, because a lifetime's arrays just fit the fastest cache.
    """
    low, high = parameters.amplitude_minimum, parameters.amplitude_maximum
    widest = widest_swing(parameters)
    # as a bare 0 it would be a type of its own, and what it is passed to compiled twice
    dt, ended = parameters.dt, np.int64(0)
    for i in range(state.centre.size):
        centre = state.centre[i] + pull * (state.weight[i] - state.centre[i])
        amplitude = min(max(scale * state.amplitude[i] + shift, low), high)
        sine, cosine = state.sine[i], state.cosine[i]
        turned = sine * state.rotation_cosine[i] + cosine * state.rotation_sine[i]
        state.cosine[i] = cosine * state.rotation_cosine[i] - sine * state.rotation_sine[i]
        state.sine[i] = turned
        state.centre[i] = centre
        state.amplitude[i] = amplitude
        state.weight[i] = centre + min(amplitude, widest) * turned
        state.remaining[i] -= dt
        ended += state.remaining[i] <= 0.0
    if ended > 0:
        renew_periods(state, parameters, ended)


@njit(cache=True, inner=True)
def widest_swing(parameters):
    """The widest that a weight may swing, whatever its amplitude is."""
    if parameters.exploration_limit < 1.0:
        return parameters.exploration_limit * parameters.amplitude_initial
    return UNBOUNDED


@njit(cache=True, inner=True)
def modulation(state, parameters, reward, judged, effort, terminal):
    """What a reward does to every synapse alike; arguments as those of `advance`.

    Returns:
        alpha R dt of equation 3, then scale and shift of the amplitude: A <- scale A + shift
        (equation 4: scale 1, shift -beta R dt; exponential: scale exp(-beta R dt), shift 0;
        progress: scale 0, shift the amplitude that the mean reward asks for).
    """
    signal = bounded(state, parameters, reward)
    advantage = heard(state, parameters, judged, effort)
    if parameters.baseline_time > 0.0:
        advantage -= state.baseline
        state.baseline += advantage * (parameters.dt / parameters.baseline_time)
    if parameters.repulsion == 0:
        signal = max(signal, 0.0)
        advantage = max(advantage, 0.0)
    if terminal:
        state.settling = _grown(state, parameters) * parameters.settling_time
    elif state.settling > 0.0:
        state.settling -= parameters.dt
        advantage = 0.0
    pull = parameters.learning_rate * advantage * parameters.dt
    if parameters.step_exponent != 0.0:
        pull *= exploration(state, parameters) ** parameters.step_exponent
    state.progress += (signal - state.progress) * (parameters.dt / parameters.progress_time)
    if parameters.amplitude_law == PROGRESS_LAW:
        narrowest = parameters.amplitude_minimum
        short = 1.0 - earned(state, parameters)
        return pull, 0.0, narrowest + (parameters.amplitude_initial - narrowest) * short
    change = parameters.convergence_rate * signal * parameters.dt
    if parameters.amplitude_law == EXPONENTIAL_LAW:
        return pull, math.exp(-change), 0.0
    return pull, 1.0, -change


@njit(cache=True, inner=True)
def bounded(state, parameters, reward):
    """R clipped to its bounds."""
    least = parameters.reward_minimum
    if parameters.reward_minimum_late < 0.0:
        least += _grown(state, parameters) * (parameters.reward_minimum_late - least)
    return min(max(reward, least), parameters.reward_maximum)


@njit(cache=True, inner=True)
def heard(state, parameters, reward, effort):
    """R clipped to its bounds, less the price of the effort."""
    priced = _grown(state, parameters) * parameters.effort_cost * effort
    return bounded(state, parameters, reward) - priced


@njit(cache=True)
def effort_spent(output):
    """Sum over the joints of |effort| / limit, from outputs that count within -1..1."""
    spent = 0.0
    for j in range(output.size):
        spent += min(abs(output[j]), 1.0)
    return spent


@njit(cache=True, inner=True)
def exploration(state, parameters):
    """A / A_0: how wide the swing is beside that at birth; all synapses share one amplitude."""
    return state.amplitude[0] / parameters.amplitude_initial


@njit(cache=True, inner=True)
def earned(state, parameters):
    """The mean reward as a share of the goal: 0 nothing is earned, 1 the goal is reached."""
    return min(max(state.progress / parameters.progress_goal, 0.0), 1.0)


@njit(cache=True, inner=True)
def _grown(state, parameters):
    """How far options have come that are off at birth and full at the goal: E of docs/rule.md."""
    return earned(state, parameters) ** 2


@njit(cache=True, inner=True)
def renew_periods(state, parameters, ended):
    """Start a new period for the `ended` synapses that cross their centre upwards now."""
    for i in range(state.remaining.size):
        if state.remaining[i] > 0.0:
            continue
        period = draw_period(state, parameters)
        start_period(state, i, period, -state.remaining[i], parameters.dt)
        put(state, parameters, i, state.centre[i])
        ended -= 1
        if ended == 0:
            return


@njit(cache=True, inner=True)
def freeze(state, parameters):
    """Put every weight at its centre."""
    for i in range(state.weight.size):
        state.weight[i] = state.centre[i]


@njit(cache=True, inner=True)
def learnt(state, parameters):
    """The centres."""
    return state.centre


@njit(cache=True, inner=True)
def put(state, parameters, i, centre):
    """Set the centre of synapse `i`; its weight swings on around it."""
    state.centre[i] = centre
    state.weight[i] = centre + min(state.amplitude[i], widest_swing(parameters)) * state.sine[i]


@njit(cache=True, inner=True)
def learn(state, parameters, observation, reward, terminal):
    """See `operations.learn`."""
    reward = counted(parameters, reward, terminal)
    advance(state, parameters, reward, reward, effort_spent(state.output), terminal)


@njit(cache=True, inner=True)
def counted(parameters, reward, terminal):
    """The reward as the rule counts it: a fall costs more where the settings say so."""
    if terminal and reward <= parameters.fall_threshold:
        return reward - parameters.fall_cost
    return reward
