"""One control step of a lifetime, of many lifetimes: the same for every network and learner."""

from __future__ import annotations

import math

from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.core.operations import constrain, decide, evolve, freeze, learn, think
from dynsyn_controller.core.statistics import record_reward


@njit(cache=True)
def step(states, index, parameters, observation, reward, terminal, learning):
    """One control step of lifetime `index`. Leaves the efforts in `effort`.

    Args:
        states: records of lifetimes, changed in place.
        index: which of them lives.
        parameters: parameter record, shape (1,).
        observation: (channels,), float64.
        reward: for what the last effort did; not used in the first step.
        terminal: the body has been put back since.
        learning: False: frozen.

    Returns:
        False, and nothing has changed: the observation has another length, a number is not finite,
        or a record does not tell the size that it has.
    """
    state, settings = states[index], parameters[0]
    if state.record_size != states.itemsize or settings.record_size != parameters.itemsize:
        return False
    if not math.isfinite(reward) or observation.size != state.sensitivity.size:
        return False
    for i in range(observation.size):
        if not math.isfinite(observation[i]):
            return False
    first = state.steps == 0
    if not first:
        record_reward(state, reward, terminal, settings.fall_threshold)
        if learning:
            learn(state, settings, observation, reward, terminal)
            constrain(state, settings)
    if not learning:
        freeze(state, settings)
    if not first:
        evolve(state, settings, learning)
    state.steps += 1
    think(state, settings, observation, learning)
    decide(state, settings, learning)
    for j in range(state.output.size):
        state.effort[j] = min(max(state.output[j], -1.0), 1.0) * state.effort_limit[j]
    return True


@njit(cache=True)
def step_batch(states, parameters, observation, reward, terminal, learning):
    """One control step of every lifetime; arguments as those of `step`, one row a lifetime.

    Returns:
        Number of lifetimes that were refused.
    """
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
