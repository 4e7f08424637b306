"""Synaptic agents: what a synapse sees, chooses and learns, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from dynsyn_controller.core.blueprint import Blueprint
from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.learners.q_function import q_gradient, q_values, q_weights
from dynsyn_controller.core.learners.synaptic_kernels import look, update
from dynsyn_controller.core.networks.base import Body
from dynsyn_controller.core.schema import SchemaError

BODY = Body(
    joints=("cart",),
    effort_limit=np.array([10.0]),
    states=("place", "speed", "angle", "turn"),
    ranges=(),
    joint_channels=({},),
    sensitivity=np.ones(4),
    fall_threshold=0.0,
    dt=20.0,
)
EPISODE = 5


def plan_of(**settings) -> Blueprint:
    """Synaptic agents on the small body."""
    return Blueprint(
        BODY,
        {"type": "spiking", "action": "argmax", "hidden": [8]},
        {"type": "synaptic", "memory_size": 300, "horizon": 3, "goal": 10.0, **settings},
    )


def born(**settings) -> Controller:
    plan = plan_of(**settings)
    return Controller(plan, plan.new_state(0))


def live(controller: Controller, iterations: int) -> None:
    """Episodes of five steps, worth 1 each but for the last step's 0."""
    for k in range(EPISODE * iterations):
        terminal = k % EPISODE == EPISODE - 1
        controller.step(np.zeros(4), 0.0 if terminal else 1.0, terminal=terminal)


def lived(iterations: int, **settings) -> tuple[Controller, list[np.ndarray]]:
    """A lifetime and its weights after each iteration."""
    controller = born(**settings)
    weights = [controller.weight.copy()]
    controller.step(np.zeros(4), 0.0)
    for _ in range(iterations):
        live(controller, 1)
        weights.append(controller.weight.copy())
    return controller, weights


def test_weights_change_only_between_iterations_and_by_the_chosen_action():
    controller, weights = lived(1)
    chosen = controller.state["chosen"][0] - 1
    assert set(chosen) == {-1, 0, 1}
    np.testing.assert_allclose(weights[1], weights[0] * (1.0 + 0.01 * chosen), rtol=1e-14)
    for k in range(EPISODE - 1):
        controller.step(np.zeros(4), 1.0)
        assert (controller.weight == weights[1]).all(), f"step {k}"


def test_the_additive_form_adds():
    controller, weights = lived(1, form="additive", alpha=0.5)
    chosen = controller.state["chosen"][0] - 1
    np.testing.assert_allclose(weights[1], weights[0] + 0.5 * chosen, rtol=1e-14)


def test_multiplicative_changes_keep_signs_and_zeros():
    _, weights = lived(40, alpha=0.1)
    assert (np.sign(weights[-1]) == np.sign(weights[0])).all()
    assert (weights[-1] != weights[0]).any()


@pytest.mark.parametrize(
    ("model", "kept"),
    [(1, range(4)), (2, range(5)), (3, [0, 1, 2, 3, 5, 6, 7]), (4, range(8)),
     (5, range(4, 8))],
)  # fmt: skip
def test_a_model_sees_what_the_paper_says(model: int, kept):
    controller, _ = lived(3, model=model)
    state, settings = controller.state[0], controller.blueprint.parameters[0]
    synapse, layer = 45, controller.layers[1]
    state["past_action"][synapse] = [1.0, -1.0]
    state["past_reward"] = [0.25, 0.75]
    row, column = divmod(synapse - layer.start, layer.columns)
    place = [1.0, column / (layer.columns - 1), row / (layer.rows - 1)]
    everything = np.array([1.0, -1.0, 0.25, 0.75, state["weight"][synapse], *place])
    expected = np.zeros(8)
    expected[list(kept)] = everything[list(kept)]
    seen = np.full(8, 9.0)
    look(state, settings, synapse, seen)
    np.testing.assert_allclose(seen, expected, rtol=1e-14)


@pytest.mark.parametrize(
    ("reward", "expected"), [("frames", 0.4), ("inverse_loss", 1 / 1.6), ("change", 0.0)]
)
def test_reward_of_an_iteration(reward: str, expected: float):
    controller, _ = lived(3, reward=reward)
    np.testing.assert_allclose(controller.state["past_reward"][0], [expected, expected])


def test_memory_holds_every_synapses_transition():
    controller, weights = lived(3, model=4, batch=300)
    state, count = controller.state[0], weights[0].size
    assert state["memory_count"] == 2 * count
    np.testing.assert_allclose(state["memory"][:count, 4], weights[0], rtol=1e-14)
    np.testing.assert_allclose(state["memory"][:count, 12], weights[1], rtol=1e-14)
    np.testing.assert_allclose(state["memory_reward"][: 2 * count], 0.4)
    assert not state["memory_last"][: 2 * count].any()
    actions = state["memory_choice"][:count] - 1
    np.testing.assert_allclose(weights[1], weights[0] * (1 + 0.01 * actions), rtol=1e-14)
    np.testing.assert_allclose(state["memory"][:count, 8], actions)


def test_monte_carlo_returns_discount_the_next_rewards():
    controller, weights = lived(5, monte_carlo=True, discount=0.5, batch=300)
    state, count = controller.state[0], weights[0].size
    assert state["memory_count"] == 2 * count  # of the first and the second action
    assert state["memory_last"][: 2 * count].all()
    np.testing.assert_allclose(state["memory_reward"][: 2 * count], 0.4 * (1 + 0.5 + 0.25))


def test_q_function_learns_which_action_pays():
    """Q of the actions that were rewarded comes out on top."""
    controller, _ = lived(2, batch=100, updates=1)
    state, settings = controller.state[0], controller.blueprint.parameters.copy()
    generator = np.random.default_rng(0)
    state["memory_count"], state["memory_last"] = 300, 1
    state["memory"] = generator.normal(size=state["memory"].shape)
    state["memory_choice"] = generator.integers(0, 3, 300)
    state["memory_reward"] = (state["memory_choice"] == 2).astype(float)
    for _ in range(1500):
        update(state, settings[0])
    value, best = np.zeros(3), []
    for row in state["memory"][:100, :8]:
        q_values(state["q_weight"], np.append(row, 1.0), state["q_hidden_unit"], value)
        best.append(value.argmax())
    assert np.mean(np.array(best) == 2) > 0.95


def test_q_gradient_is_that_of_finite_differences():
    generator = np.random.default_rng(1)
    weight = generator.normal(size=q_weights(8, 5, 3))
    inputs, hidden, value = np.append(generator.normal(size=8), 1.0), np.zeros(6), np.zeros(3)
    q_values(weight, inputs, hidden, value)
    gradient = np.zeros(weight.size)
    q_gradient(weight, inputs, hidden, 1, 0.7, gradient)
    for i in range(weight.size):
        ends = []
        for step in (1e-6, -1e-6):
            moved = weight.copy()
            moved[i] += step
            q_values(moved, inputs, np.zeros(6), value)
            ends.append(value[1])
        assert gradient[i] == pytest.approx(0.7 * (ends[0] - ends[1]) / 2e-6, abs=1e-7)


def test_an_iteration_may_end_without_the_episode():
    controller = born(iteration_steps=4)
    for _ in range(13):
        controller.step(np.zeros(4), 1.0)
    assert controller.state["iteration"][0] == 3
    np.testing.assert_allclose(controller.state["past_reward"][0], 0.4)


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"alpha": -0.1}, "learner.alpha"),
        ({"model": 6}, "learner.model: found 6, expected 1 to 5"),
        ({"horizon": 0}, "learner.horizon"),
        ({"goal": 0.0}, "learner.goal"),
        ({"epsilon_end": 1.5}, "learner.epsilon_end"),
    ],
    ids=str,
)
def test_settings_that_cannot_be_are_named(settings: dict, key: str):
    with pytest.raises(SchemaError, match=key):
        plan_of(**settings)
