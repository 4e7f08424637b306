"""Reward statistics of a lifetime, kept in its record so that they live on across restarts."""

from __future__ import annotations

import numpy as np

from dynsyn_controller.core.numba_support import njit

WINDOW = 100
"""Episodes in the mean return; the paper calls the walker solved by the mean of 100."""

AVERAGE_STEPS = 1000.0
"""Time constant, in control steps, of the running mean of the reward."""

STATISTICS_FIELDS = [
    ("steps", np.int64),
    ("episodes", np.int64),
    ("falls", np.int64),
    ("reward", np.float64),
    ("reward_average", np.float64),
    ("episode_return", np.float64),
    ("return_last", np.float64),
    ("return_average", np.float64),
    ("return_best", np.float64),
    ("returns", np.float64, (WINDOW,)),
]


def reset_statistics(state: np.ndarray) -> None:
    """Statistics of a lifetime of which nothing is known yet, in place."""
    for name in ("reward", "return_last", "return_average", "return_best"):
        state[name] = np.nan


@njit(cache=True, inner=True)
def record_reward(state, reward, terminal, fall_threshold):
    """Count one step's reward; at a terminal one, close the episode."""
    if state.steps == 1:
        state.reward_average = reward
    state.reward = reward
    state.reward_average += (reward - state.reward_average) / AVERAGE_STEPS
    state.episode_return += reward
    if not terminal:
        return
    state.returns[state.episodes % WINDOW] = state.episode_return
    state.return_last = state.episode_return
    state.episode_return = 0.0
    state.episodes += 1
    if reward <= fall_threshold:
        state.falls += 1
    kept = min(state.episodes, WINDOW)
    total = 0.0
    for i in range(kept):
        total += state.returns[i]
    state.return_average = total / kept
    if kept == WINDOW and not state.return_best >= state.return_average:
        state.return_best = state.return_average
