"""The dynamic-synapse rule (Wei & Webb, IROS 2018, equations 1 to 4) over a flat run of synapses.

Every network keeps all its synapses, layer after layer, in the flat arrays of its lifetime's
record; the rule does not care which layer a synapse belongs to.

The phase of a synapse is a unit vector (sine, cosine) turned by a fixed rotation each step, two
multiply-adds in place of a sine; at the end of each period it is set afresh from the exact time, so
rounding never adds up over more than one period.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from dynsyn_controller.core.noise import NOISE_FIELDS, normal, uniform
from dynsyn_controller.core.rule import EXPONENTIAL_LAW


def synapse_fields(count: int) -> list[tuple]:
    """dtype fields that hold `count` synapses and what the rule needs beside them."""
    arrays = (
        "centre",
        "amplitude",
        "weight",
        "sine",
        "cosine",
        "rotation_sine",
        "rotation_cosine",
        "elapsed",
        "period",
    )
    fields = [(name, np.float64, (count,)) for name in arrays]
    return [*fields, ("baseline", np.float64), *NOISE_FIELDS]


@njit(cache=True)
def give_birth(state, parameters):
    """First amplitudes, periods and phases; centres must be set before.

    A period is drawn from equation 2 and the time within it uniformly.
    """
    for i in range(state.centre.size):
        state.amplitude[i] = parameters.amplitude_initial
        state.period[i] = draw_period(state, parameters)
        state.elapsed[i] = uniform(state) * state.period[i]
        set_phase(state, i, parameters.dt)
        state.weight[i] = state.centre[i] + state.amplitude[i] * state.sine[i]


@njit(cache=True)
def draw_period(state, parameters):
    """A period in ms from N(mu, sigma^2) (equation 2), no shorter than the minimum."""
    drawn = normal(state, parameters.period_mean, parameters.period_std)
    return max(drawn, parameters.period_minimum)


@njit(cache=True)
def set_phase(state, i, dt):
    """Phase and rotation of synapse `i` from its elapsed time and period."""
    phase = 2.0 * math.pi * state.elapsed[i] / state.period[i]
    turn = 2.0 * math.pi * dt / state.period[i]
    state.sine[i] = math.sin(phase)
    state.cosine[i] = math.cos(phase)
    state.rotation_sine[i] = math.sin(turn)
    state.rotation_cosine[i] = math.cos(turn)


@njit(cache=True)
def learn(state, parameters, reward):
    """Move centres and amplitudes by the reward of the step just lived (equations 3 and 4)."""
    signal = min(max(reward, parameters.reward_minimum), parameters.reward_maximum)
    advantage = signal
    if parameters.baseline_time > 0.0:
        advantage = signal - state.baseline
        state.baseline += (signal - state.baseline) * (parameters.dt / parameters.baseline_time)
    if parameters.repulsion == 0:
        signal = max(signal, 0.0)
        advantage = max(advantage, 0.0)
    pull = parameters.learning_rate * advantage * parameters.dt
    for i in range(state.centre.size):
        state.centre[i] += pull * (state.weight[i] - state.centre[i])
    change = parameters.convergence_rate * signal * parameters.dt
    scale, shift = 1.0, -change
    if parameters.amplitude_law == EXPONENTIAL_LAW:
        scale, shift = math.exp(-change), 0.0
    for i in range(state.amplitude.size):
        amplitude = scale * state.amplitude[i] + shift
        state.amplitude[i] = min(
            max(amplitude, parameters.amplitude_minimum), parameters.amplitude_maximum
        )


@njit(cache=True)
def fluctuate(state, parameters):
    """Let every weight swing on by one control step (equation 1), new periods where one ends."""
    dt = parameters.dt
    ended = 0
    for i in range(state.sine.size):
        sine, cosine = state.sine[i], state.cosine[i]
        state.sine[i] = sine * state.rotation_cosine[i] + cosine * state.rotation_sine[i]
        state.cosine[i] = cosine * state.rotation_cosine[i] - sine * state.rotation_sine[i]
        elapsed = state.elapsed[i] + dt
        state.elapsed[i] = elapsed
        ended += elapsed >= state.period[i]
    if ended > 0:
        for i in range(state.period.size):
            if state.elapsed[i] >= state.period[i]:
                state.elapsed[i] -= state.period[i]
                state.period[i] = draw_period(state, parameters)
                set_phase(state, i, dt)
    for i in range(state.weight.size):
        state.weight[i] = state.centre[i] + state.amplitude[i] * state.sine[i]


@njit(cache=True)
def freeze(state):
    """Put every weight at its centre."""
    for i in range(state.weight.size):
        state.weight[i] = state.centre[i]


@njit(cache=True)
def weighted_sum(weight, start, inputs, count):
    """Sum of weight[start + i] * inputs[i] in four partial sums, which the processor overlaps."""
    a = b = c = d = 0.0
    whole = count - count % 4
    for i in range(0, whole, 4):
        a += weight[start + i] * inputs[i]
        b += weight[start + i + 1] * inputs[i + 1]
        c += weight[start + i + 2] * inputs[i + 2]
        d += weight[start + i + 3] * inputs[i + 3]
    for i in range(whole, count):
        a += weight[start + i] * inputs[i]
    return (a + b) + (c + d)
