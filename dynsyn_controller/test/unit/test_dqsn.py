"""DQSN: surrogate gradients, gradient steps, memory and exploration, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from spiking_oracle import matrices, oracle_of

from dynsyn_controller.core.blueprint import Blueprint
from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.learners.adam import descend
from dynsyn_controller.core.learners.dqsn_kernels import update
from dynsyn_controller.core.learners.surrogate_gradient import backpropagate
from dynsyn_controller.core.networks.base import Body
from dynsyn_controller.core.networks.spiking_neurons import run_network
from dynsyn_controller.core.schema import SchemaError

BODY = Body(
    joints=("cart",),
    effort_limit=np.array([10.0]),
    states=("place", "speed", "angle", "turn"),
    ranges=(),
    joint_channels=({},),
    sensitivity=np.linspace(0.5, 2.0, 4),
    fall_threshold=0.0,
    dt=20.0,
)


def dqsn(network: dict | None = None, **settings) -> Blueprint:
    """A DQSN on the small body, with a small memory unless told otherwise."""
    return Blueprint(
        BODY,
        {"type": "spiking", "action": "argmax", "hidden": [8], **(network or {})},
        {"type": "dqsn", "memory_size": 100, "batch": 100, **settings},
    )


def gradient_of(plan: Blueprint, state: np.ndarray, current: np.ndarray, error: np.ndarray):
    """Gradient of sum(error x values) by the kernels, flat."""
    record, settings = state[0], plan.parameters[0]
    record["next_input"][:-1] = current
    record["replay_potential"] = plan.network.options.reset_potential
    run_network(
        record["weight"],
        settings["sizes"],
        record["next_input"],
        record["replay_potential"],
        record["replay_membrane"],
        record["replay_train"],
        record["replay_trace"],
        record["replay_value"],
        settings,
    )
    record["gradient"] = 0.0
    backpropagate(
        record["weight"],
        settings["sizes"],
        record["next_input"],
        record["replay_membrane"],
        record["replay_train"],
        record["replay_trace"],
        error,
        record["derivative"],
        record["blame"],
        record["gradient"],
        settings,
    )
    return record["gradient"].copy()


@pytest.mark.parametrize(
    "network",
    [
        pytest.param({}, marks=pytest.mark.long),
        {"hidden": [9, 7]},
        {"neuron": "if", "hidden": [9, 7]},
        {"membrane_time": 4.0, "reset_potential": -0.3, "time_steps": 5, "hidden": [9, 7]},
    ],
    ids=str,
)
def test_gradient_is_that_of_the_unrolled_network(network: dict):
    plan = dqsn({"initial_scale": 3.0, **network})
    state, generator = plan.new_state(3), np.random.default_rng(4)
    weight, sizes = state["weight"][0], plan.network.sizes
    for _ in range(5):
        current, error = generator.normal(0.0, 2.0, 4), generator.normal(size=sizes[-1])
        gradient = gradient_of(plan, state, current, error)
        change = generator.normal(size=weight.size)
        by_hand = oracle_of(plan, weight).tangent(current, matrices(change, sizes), 4.0)
        assert gradient @ change == pytest.approx(error @ by_hand, rel=1e-9)


def test_gradient_of_output_weights_is_that_of_finite_differences():
    plan = dqsn({"hidden": [9, 7], "initial_scale": 3.0})
    state, generator = plan.new_state(5), np.random.default_rng(6)
    current, error = generator.normal(0.0, 2.0, 4), generator.normal(size=2)
    gradient, output = gradient_of(plan, state, current, error), plan.layers[-1].slice
    weight, step = state["weight"][0].copy(), 1e-6
    for i in range(output.start, output.stop):
        ends = []
        for side in (step, -step):
            moved = weight.copy()
            moved[i] += side
            ends.append(error @ oracle_of(plan, moved).decide(current))
        assert gradient[i] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-6, abs=1e-9)


def test_a_batch_takes_one_step_of_adam_down_the_huber_loss():
    plan = dqsn({"initial_scale": 3.0}, batch=3)
    state, generator = plan.new_state(7), np.random.default_rng(8)
    state["target"] += generator.normal(0.0, 0.3, state["target"].shape)
    state["memory"] = generator.normal(0.0, 2.0, state["memory"].shape)
    state["memory_choice"][0, :3], state["memory_last"][0, :3] = [0, 1, 1], [0, 1, 0]
    state["memory_reward"][0, :3], state["memory_count"] = [0.1, 0.2, -3.0], 3
    state["memory_version"] = -1
    before, start = state.copy(), state["weight"][0].copy()
    update(state[0], plan.parameters[0])
    oracle, target = oracle_of(plan, start), oracle_of(plan, before["target"][0])
    rows = _rows_drawn(before, 3)
    total = np.zeros(start.size)
    for at in rows:
        oracle.rest(), target.rest()
        value = oracle.decide(before["memory"][0, at, :4])
        wanted = before["memory_reward"][0, at]
        if not before["memory_last"][0, at]:
            wanted += 0.999 * target.decide(before["memory"][0, at, 4:]).max()
        choice = before["memory_choice"][0, at]
        error = np.zeros(2)
        error[choice] = np.clip(value[choice] - wanted, -1.0, 1.0) / 3
        total += gradient_of(plan, before.copy(), before["memory"][0, at, :4], error)
    np.testing.assert_allclose(state["gradient"][0], total, atol=1e-12)
    slope = np.clip(total, -1.0, 1.0)
    expected = start - 0.003 * slope / (np.abs(slope) + 1e-8)  # the first step of Adam
    np.testing.assert_allclose(state["weight"][0], expected, atol=1e-9)


def _rows_drawn(state: np.ndarray, count: int) -> list[int]:
    """Rows that `sample` draws next, by its own generator in NumPy."""
    counter, rows = int(state["random_state"][0]), []
    for _ in range(count):
        counter = (counter + 0x9E3779B97F4A7C15) % 2**64
        z = counter
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % 2**64
        z ^= z >> 31
        rows.append(int((z >> 11) * 2.0**-53 * count))
    return rows


def test_adam_is_its_published_recursion():
    generator = np.random.default_rng(0)
    value, first, second = generator.normal(size=5), np.zeros(5), np.zeros(5)
    by_hand, m, v = value.copy(), np.zeros(5), np.zeros(5)
    for t in range(1, 6):
        gradient = generator.normal(0.0, 2.0, 5)
        descend(value, gradient, first, second, t, 0.01, 1.0)
        g = np.clip(gradient, -1.0, 1.0)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        by_hand -= 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    np.testing.assert_allclose(value, by_hand, atol=1e-12)


def live(controller: Controller, steps: int, seed: int = 0) -> None:
    generator = np.random.default_rng(seed)
    for k in range(steps):
        controller.step(generator.normal(size=4), 1.0, terminal=k % 7 == 6)


def test_memory_holds_what_was_lived():
    plan = dqsn()
    controller = Controller(plan, plan.new_state(1))
    seen = np.random.default_rng(0).normal(size=(21, 4))
    choices = []
    for k, observation in enumerate(seen):
        controller.step(observation, float(k), terminal=k == 9)
        choices.append(int(controller.state["choice"][0]))
    memory, scale = controller.state["memory"][0], BODY.sensitivity
    assert controller.state["memory_count"][0] == 20
    np.testing.assert_allclose(memory[:20, :4], seen[:20] * scale)
    np.testing.assert_allclose(memory[:20, 4:], seen[1:] * scale)
    assert controller.state["memory_choice"][0, :20].tolist() == choices[:20]
    np.testing.assert_allclose(controller.state["memory_reward"][0, :20], 0.1 * np.arange(1, 21))
    assert np.flatnonzero(controller.state["memory_last"][0]).tolist() == [8]


def test_target_network_follows_after_so_many_episodes():
    plan = dqsn(batch=8, target_episodes=3)
    controller = Controller(plan, plan.new_state(2))
    first = controller.state["target"][0].copy()
    live(controller, 20)  # terminal at the 7th and 14th step
    assert (controller.state["target"][0] == first).all()
    assert (controller.state["weight"][0] != first).any()
    live(controller, 7)
    assert (controller.state["target"][0] != first).any()


def test_exploration_falls_and_ends_where_nothing_is_learnt():
    plan = dqsn(epsilon_start=1.0, epsilon_end=0.0, epsilon_decay=20.0)
    controller = Controller(plan, plan.new_state(3))
    differs = []
    for observation in np.random.default_rng(1).normal(size=(400, 4)):
        controller.step(observation, 0.0)
        differs.append(controller.state["choice"][0] != controller.state["value"][0].argmax())
    assert sum(differs[:20]) > 3
    assert sum(differs[-200:]) == 0


def test_frozen_the_largest_value_chooses_the_effort():
    plan = dqsn({"levels": [-1.0, 0.5], "initial_scale": 3.0}, epsilon_start=1.0, epsilon_end=1.0)
    frozen, seen = Controller(plan, plan.new_state(3)), set()
    for observation in np.random.default_rng(1).normal(0.0, 2.0, (50, 4)):
        effort = frozen.step(observation, 0.0, learning=False)
        assert effort[0] == 10.0 * (-1.0, 0.5)[frozen.state["value"][0].argmax()]
        seen.add(float(effort[0]))
    assert seen == {-10.0, 5.0}


def test_a_copied_record_lives_the_same_life():
    plan = dqsn(batch=16)
    one = Controller(plan, plan.new_state(5))
    live(one, 60)
    other = Controller(plan, one.state.copy())
    live(one, 60, seed=9)
    live(other, 60, seed=9)
    assert one.state.tobytes() == other.state.tobytes()


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ({"action": "linear"}, "network.action: found 'linear', learner dqsn needs 'argmax'"),
        ({"readout": "count"}, "network.readout: found 'count', learner dqsn needs 'voltage'"),
        ({"keep_state": True}, "network.keep_state: found True, learner dqsn needs False"),
    ],
    ids=str,
)
def test_networks_that_it_cannot_serve_are_refused(network: dict, message: str):
    with pytest.raises(SchemaError) as caught:
        dqsn(network)
    assert message in str(caught.value)


def test_it_serves_no_other_network():
    with pytest.raises(SchemaError, match="dqsn serves networks of type spiking, found mlp"):
        Blueprint(BODY, {"type": "mlp"}, {"type": "dqsn"})


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"batch": 0}, "learner.batch"),
        ({"discount": 1.5}, "learner.discount"),
        ({"memory_size": 5}, "learner.memory_size"),
        ({"epsilon_decay": 0.0}, "learner.epsilon_decay"),
        ({"surrogate_slope": 0.0}, "learner.surrogate_slope"),
    ],
    ids=str,
)
def test_settings_that_cannot_be_are_named(settings: dict, key: str):
    with pytest.raises(SchemaError, match=key):
        dqsn(**settings)
