"""Kernels of DQSN: the spiking network is the agent and its output voltages are Q values.

Deep Q-learning (Mnih 2015) on a spiking network, with surrogate gradients through its T steps:

    y = r + gamma max_a Q_target(s', a)      y = r where the episode ended
    loss = mean over the batch of Huber(Q(s, a) - y)

Actions are epsilon-greedy, epsilon = end + (start - end) exp(-decisions / decay). Memory, moments,
target network and all counters are fields of the lifetime's record.
"""

from __future__ import annotations

from dynsyn_controller.core.copying import copy
from dynsyn_controller.core.learners.adam import descend, huber_slope
from dynsyn_controller.core.learners.replay import epsilon_after, next_row, remember, sample
from dynsyn_controller.core.learners.surrogate_gradient import backpropagate
from dynsyn_controller.core.networks.spiking_neurons import encode, run_network
from dynsyn_controller.core.noise import uniform
from dynsyn_controller.core.numba_support import njit


@njit(cache=True, inner=True)
def learn(state, settings, observation, reward, terminal):
    """Remember the step just lived and take one gradient step; see the module."""
    width = state.input.size - 1
    at = next_row(state)
    state.memory_version[at] = -1
    row = state.memory[at]
    copy(state.input[:width], row)
    encode(observation, state.sensitivity, settings.encoding_gain, state.next_input)
    copy(state.next_input[:width], row[width:])
    remember(state, state.choice, reward * settings.reward_scale, terminal)
    if state.memory_count >= settings.batch:
        for _ in range(settings.updates):
            update(state, settings)
    if terminal:
        state.target_age += 1
        if state.target_age >= settings.target_episodes:
            state.target_age = 0
            state.target_version += 1
            copy(state.weight, state.target)


@njit(cache=True, error_model="numpy")
def update(state, settings):
    """One step of Adam down the gradient of a batch from memory."""
    state.gradient[:] = 0.0
    for _ in range(settings.batch):
        at = sample(state)
        wanted = state.memory_reward[at]
        if state.memory_last[at] == 0:
            wanted += settings.discount * _best(state, settings, at)
        _evaluate(state, settings, state.weight, at, 0)
        choice = state.memory_choice[at]
        state.error[:] = 0.0
        difference = state.replay_value[choice] - wanted
        state.error[choice] = huber_slope(difference) / settings.batch
        backpropagate(
            state.weight,
            settings.sizes,
            state.next_input,
            state.replay_membrane,
            state.replay_train,
            state.replay_trace,
            state.error,
            state.derivative,
            state.blame,
            state.gradient,
            settings,
        )
    state.update_count += 1
    descend(
        state.weight,
        state.gradient,
        state.first_moment,
        state.second_moment,
        state.update_count,
        settings.learning_rate,
        settings.gradient_bound,
    )


@njit(cache=True, inner=True, error_model="numpy")
def _best(state, settings, at):
    """Largest Q value of the state that followed transition `at`, by the target network.

    Kept with the transition until the target network changes: the same number, half the time.
    """
    if state.memory_version[at] != state.target_version:
        _evaluate(state, settings, state.target, at, 1)
        state.memory_value[at] = state.replay_value.max()
        state.memory_version[at] = state.target_version
    return state.memory_value[at]


@njit(cache=True, inner=True, error_model="numpy")
def _evaluate(state, settings, weight, at, half):
    """Q values of one state of transition `at` (half 0: seen; 1: what followed), from rest."""
    width = state.input.size - 1
    copy(state.memory[at, half * width : (half + 1) * width], state.next_input)
    state.replay_potential[:] = settings.reset_potential
    run_network(
        weight,
        settings.sizes,
        state.next_input,
        state.replay_potential,
        state.replay_membrane,
        state.replay_train,
        state.replay_trace,
        state.replay_value,
        settings,
    )


@njit(cache=True, inner=True)
def epsilon(state, settings):
    """Probability of a random action in the next decision."""
    return epsilon_after(settings, state.decisions)


@njit(cache=True, inner=True)
def decide(state, settings, learning):
    """While it learns, put a random action in place of the best one with probability epsilon."""
    if not learning:
        return
    if uniform(state) < epsilon(state, settings):
        state.choice = int(uniform(state) * state.value.size)
        state.output[0] = settings.levels[state.choice]
    state.decisions += 1
