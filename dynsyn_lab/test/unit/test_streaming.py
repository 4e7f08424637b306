"""Stream AC(lambda): its bound, its gradients, its statistics."""

from __future__ import annotations

import numpy as np
import pytest

from dynsyn_lab.baselines.settings import StreamSettings
from dynsyn_lab.baselines.streaming import (
    Network,
    RunningStatistics,
    StreamLearner,
    bounded_step,
)

SIZES = (5, 8, 7, 3)


def network(seed: int = 0, sparsity: float = 0.0) -> Network:
    return Network(SIZES, sparsity, np.random.default_rng(seed))


@pytest.mark.parametrize("error", [-30.0, -0.2, 0.001, 1.0, 4.0])
@pytest.mark.parametrize("scale", [1e-4, 0.1, 50.0])
def test_a_step_is_bounded(error: float, scale: float) -> None:
    rate, kappa = 1.0, 2.0
    trace = scale * np.random.default_rng(1).normal(size=40)
    weights = np.zeros(40)
    size = bounded_step(weights, trace, error, rate, kappa)
    np.testing.assert_allclose(weights, size * error * trace)
    reach = np.abs(trace).sum()
    # equation: alpha / M where M = alpha kappa max(|d|, 1) |z|_1 is above 1
    assert size == pytest.approx(min(rate, 1.0 / (kappa * max(abs(error), 1.0) * reach)))
    # so that to first order the output moves by at most |d| / kappa, and by 1 / kappa in all
    moved = np.abs(weights).sum()
    assert moved <= min(abs(error), 1.0) / kappa * (1.0 + 1e-12) or size == rate
    assert size * kappa * max(abs(error), 1.0) * reach <= 1.0 + 1e-12


def test_first_weights_are_sparse_and_small() -> None:
    made = Network((100, 50, 2), 0.9, np.random.default_rng(0))
    for matrix, constant in made.layers:
        inputs = matrix.shape[1]
        assert ((matrix == 0.0).sum(axis=1) == round(0.9 * inputs)).all()
        assert np.abs(matrix).max() <= 1.0 / np.sqrt(inputs)
        assert not constant.any()


def test_the_gradient_is_that_of_finite_differences() -> None:
    made, inputs = network(), np.random.default_rng(2).normal(size=5)
    slope = np.array([0.3, -1.2, 0.7])
    made.forward(inputs)
    made.backward(slope)
    expected = np.zeros_like(made.weights)
    for i in range(made.weights.size):
        values = []
        for away in (1e-6, -1e-6):
            made.weights[i] += away
            values.append(slope @ made.forward(inputs))
            made.weights[i] -= away
        expected[i] = (values[0] - values[1]) / 2e-6
    np.testing.assert_allclose(made.gradient, expected, atol=1e-7)


def test_network_and_gradient_are_torchs() -> None:
    torch = pytest.importorskip("torch")
    made, inputs = network(3), np.random.default_rng(4).normal(size=5)
    parts = [torch.tensor(part, requires_grad=True) for pair in made.layers for part in pair]
    values = torch.tensor(inputs)
    for weight, constant in zip(parts[:-2:2], parts[1:-2:2], strict=True):
        sums = torch.nn.functional.layer_norm(weight @ values + constant, constant.shape)
        values = torch.nn.functional.leaky_relu(sums)
    output = parts[-2] @ values + parts[-1]
    np.testing.assert_allclose(made.forward(inputs), output.detach().numpy(), atol=1e-12)
    slope = np.array([1.0, -0.5, 2.0])
    (output @ torch.tensor(slope)).backward()
    made.backward(slope)
    expected = np.concatenate([part.grad.numpy().ravel() for part in parts])
    np.testing.assert_allclose(made.gradient, expected, atol=1e-12)


def test_the_policys_gradient_is_torchs() -> None:
    torch = pytest.importorskip("torch")
    learner = StreamLearner(5, (8,), 2, StreamSettings(), np.random.default_rng(5))
    action, outputs = np.array([0.4, -2.0]), np.array([0.1, 0.3, -0.7, 1.2])
    for sign in (1.0, -1.0):
        raw = torch.tensor(outputs, requires_grad=True)
        normal = torch.distributions.Normal(raw[:2], torch.nn.functional.softplus(raw[2:]))
        chosen = normal.log_prob(torch.tensor(action)).sum()
        (chosen + 0.01 * sign * normal.entropy().sum()).backward()
        found = learner._slope(
            action, outputs[:2], np.logaddexp(0.0, outputs[2:]), outputs[2:], sign
        )
        np.testing.assert_allclose(found, raw.grad.numpy(), atol=1e-12)


def test_statistics_are_those_of_all_samples() -> None:
    samples = np.random.default_rng(6).normal(3.0, 2.0, (50, 4))
    seen = RunningStatistics(4)
    assert (seen.variance == 1.0).all()
    for sample in samples:
        seen.add(sample)
    np.testing.assert_allclose(seen.mean, samples.mean(axis=0))
    np.testing.assert_allclose(seen.variance, samples.var(axis=0, ddof=1))


def test_it_learns_the_value_of_a_constant_reward() -> None:
    """Two states in turn, then an end: by then their values are what the rewards sum up to."""
    own = StreamSettings(gamma=0.5)
    learner = StreamLearner(2, (16,), 1, own, np.random.default_rng(7))
    first, second = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    for _ in range(3000):
        learner.learn(first, learner.act(first), 0.0, second, False, False)
        learner.learn(second, learner.act(second), 1.0, first, True, True)
    scale = float(np.sqrt(learner.rewards.variance[0]))
    values = [float(learner.critic.forward(state)[0]) * scale for state in (first, second)]
    np.testing.assert_allclose(values, [0.5, 1.0], atol=0.05)
    assert all(not trace.any() for trace in learner.traces)
