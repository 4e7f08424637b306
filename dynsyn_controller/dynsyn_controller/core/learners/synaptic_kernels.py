"""Kernels of synaptic agents: every synapse is an agent, all share one Q function.

One iteration is one episode of the body (or `iteration_steps` control steps). Between iterations
every synapse chooses minus, none or plus by the same Q function of its own state, epsilon-greedy:

    w <- w + w alpha a    (multiplicative)        w <- w + alpha a    (additive),   a in -1, 0, 1

and the next iteration's reward is every synapse's reward. The Q function learns from a memory of
all synapses' transitions: y = r + gamma max_a Q_target(s', a), or y = the discounted sum of the
next `horizon` rewards ("monte_carlo").
"""

from __future__ import annotations

from dynsyn_controller.core.copying import copy
from dynsyn_controller.core.learners.adam import descend, huber_slope
from dynsyn_controller.core.learners.q_function import q_gradient, q_values
from dynsyn_controller.core.learners.replay import epsilon_after, next_row, remember, sample
from dynsyn_controller.core.noise import uniform
from dynsyn_controller.core.numba_support import njit

FRAMES, INVERSE_LOSS, CHANGE = 0, 1, 2
ACTIONS = 3


@njit(cache=True, inner=True)
def learn(state, settings, observation, reward, terminal):
    """Live one step on; where an iteration ends, learn from it and let every synapse act."""
    state.iteration_return += reward
    state.iteration_age += 1
    over = settings.iteration_steps > 0 and state.iteration_age >= settings.iteration_steps
    if not (terminal or over):
        return
    earned = _iteration_reward(state, settings)
    state.iteration_return, state.iteration_age = 0.0, 0
    if state.iteration > 0:
        _record(state, settings, earned)
    _act(state, settings)
    state.iteration += 1
    if state.iteration % settings.target_episodes == 0:
        copy(state.q_weight, state.q_target)


@njit(cache=True, inner=True)
def _iteration_reward(state, settings):
    """Reward of the iteration that has just ended; goal stands for a loss of 0."""
    gained, before = state.iteration_return, state.return_before
    state.return_before = gained
    if settings.reward == INVERSE_LOSS:
        return 1.0 / (1.0 + max(settings.goal - gained, 0.0) / settings.goal)
    if settings.reward == CHANGE:
        if state.iteration == 0 or gained == before:
            return 0.0
        return 1.0 if gained > before else -1.0
    return gained / settings.goal


@njit(cache=True, inner=True)
def _record(state, settings, earned):
    """Put every synapse's transition into memory and update the Q function."""
    state.past_reward[1] = state.past_reward[0]
    state.past_reward[0] = earned
    synapses = state.weight.size
    at = (state.iteration - 1) % settings.horizon
    state.path_reward[at] = earned
    for i in range(synapses):
        state.past_action[i, 1] = state.past_action[i, 0]
        state.past_action[i, 0] = state.chosen[i] - 1
        state.path_choice[at, i] = state.chosen[i]
        state.path_state[at, i] = state.seen[i]
    if settings.monte_carlo and state.iteration < settings.horizon:
        return
    for i in range(synapses):
        _remember(state, settings, i, earned)
    if state.memory_count >= settings.batch:
        count = settings.updates if settings.updates > 0 else synapses
        for _ in range(count):
            update(state, settings)


@njit(cache=True, inner=True)
def _remember(state, settings, i, earned):
    """One synapse's transition; with Monte Carlo returns the oldest one of its path."""
    width = state.seen.shape[1]
    row = state.memory[next_row(state)]
    if settings.monte_carlo:
        oldest = state.iteration % settings.horizon
        total = 0.0
        for k in range(settings.horizon - 1, -1, -1):
            total = state.path_reward[(oldest + k) % settings.horizon] + settings.discount * total
        copy(state.path_state[oldest, i], row)
        remember(state, state.path_choice[oldest, i], total, True)
        return
    copy(state.seen[i], row)
    look(state, settings, i, row[width:])
    remember(state, state.chosen[i], earned, False)


@njit(cache=True)
def look(state, settings, i, seen):
    """State of synapse `i`, filled in place: what `model` takes of actions, rewards, weight, place.

    Models 1 to 5 of the paper: history; history and weight; history and place; all; weight and
    place.
    """
    seen[:] = 0.0
    if settings.model != 5:
        for k in range(2):
            seen[k] = state.past_action[i, k]
            seen[2 + k] = state.past_reward[k]
    if settings.model == 2 or settings.model >= 4:
        seen[4] = state.weight[i]
    if settings.model >= 3:
        copy(state.place[i], seen[5:])


@njit(cache=True, inner=True)
def _act(state, settings):
    """Every synapse chooses, and its weight follows."""
    wild = epsilon(state, settings)
    for i in range(state.weight.size):
        look(state, settings, i, state.seen[i])
        if uniform(state) < wild:
            state.chosen[i] = int(uniform(state) * ACTIONS)
        else:
            copy(state.seen[i], state.q_input)
            q_values(state.q_weight, state.q_input, state.q_hidden_unit, state.q_value)
            state.chosen[i] = state.q_value.argmax()
        change = settings.alpha * (state.chosen[i] - 1)
        state.weight[i] += change if settings.form else state.weight[i] * change


@njit(cache=True, error_model="numpy")
def update(state, settings):
    """One step of Adam down the gradient of a batch from memory."""
    width = state.seen.shape[1]
    state.q_slope[:] = 0.0
    for _ in range(settings.batch):
        at = sample(state)
        wanted = state.memory_reward[at]
        if state.memory_last[at] == 0:
            copy(state.memory[at, width:], state.q_input)
            q_values(state.q_target, state.q_input, state.q_hidden_unit, state.q_value)
            wanted += settings.discount * state.q_value.max()
        copy(state.memory[at, :width], state.q_input)
        q_values(state.q_weight, state.q_input, state.q_hidden_unit, state.q_value)
        choice = state.memory_choice[at]
        error = huber_slope(state.q_value[choice] - wanted) / settings.batch
        q_gradient(
            state.q_weight,
            state.q_input,
            state.q_hidden_unit,
            choice,
            error,
            state.q_slope,
        )
    state.update_count += 1
    descend(
        state.q_weight,
        state.q_slope,
        state.first_moment,
        state.second_moment,
        state.update_count,
        settings.learning_rate,
        settings.gradient_bound,
    )


@njit(cache=True, inner=True)
def epsilon(state, settings):
    """Probability of a random action in the next iteration."""
    return epsilon_after(settings, state.iteration)
