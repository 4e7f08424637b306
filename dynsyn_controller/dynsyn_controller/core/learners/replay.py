"""Experience replay, and how often actions are random.

The memory is a ring of transitions in the lifetime's record, sampled uniformly.
A transition is what was seen, what was chosen, what came of it and what was seen next. `memory`
holds seen and next in one row; `memory_choice` -1 marks nothing.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dynsyn_controller.core.noise import uniform
from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.core.schema import (
    SchemaError,
    check_at_least,
    check_fractions,
    check_positive,
)


def replay_fields(capacity: int, width: int) -> list[tuple]:
    """dtype fields of a memory for `capacity` transitions between states of `width` numbers."""
    return [
        ("memory", np.float64, (capacity, 2 * width)),
        ("memory_choice", np.int64, (capacity,)),
        ("memory_reward", np.float64, (capacity,)),
        ("memory_last", np.int64, (capacity,)),
        ("memory_count", np.int64),
    ]


@njit(cache=True, inner=True)
def remember(state, choice, reward, last):
    """Close the transition whose row `state.memory[next_row(state)]` has been filled.

    Args:
        state: the lifetime's record.
        choice: index of the action.
        reward: its reward.
        last: whether nothing followed (the row's second half is then never read).
    """
    at = next_row(state)
    state.memory_choice[at] = choice
    state.memory_reward[at] = reward
    state.memory_last[at] = last
    state.memory_count += 1


@njit(cache=True, inner=True)
def next_row(state):
    """Row of the next transition; the oldest one's, once the memory is full."""
    return state.memory_count % state.memory_choice.size


@njit(cache=True, inner=True)
def sample(state):
    """Row of a transition drawn uniformly among all that are kept."""
    kept = min(state.memory_count, state.memory_choice.size)
    return int(uniform(state) * kept)


@njit(cache=True, inner=True)
def epsilon_after(settings, count):
    """Probability of a random action after `count` decisions, or iterations.

    end + (start - end) exp(-count / decay), and at most the limit on exploration times start.
    """
    span = settings.epsilon_start - settings.epsilon_end
    epsilon = settings.epsilon_end + span * math.exp(-count / settings.epsilon_decay)
    if settings.exploration_limit < 1.0:
        epsilon = min(epsilon, settings.exploration_limit * settings.epsilon_start)
    return epsilon


def check_replay(where: str, settings: Any) -> None:
    """Check the settings of a learner with a memory, a target network and epsilon-greedy actions.

    Raises:
        SchemaError: the first that cannot be.
    """
    check_at_least(where, settings, ("batch", "target_episodes"), 1)
    check_positive(where, settings, ("epsilon_decay",))
    check_fractions(where, settings, ("discount", "epsilon_start", "epsilon_end"))
    if settings.memory_size < settings.batch:
        raise SchemaError(
            f"{where}.memory_size",
            f"found {settings.memory_size}, expected {where}.batch ({settings.batch}) or more",
        )
