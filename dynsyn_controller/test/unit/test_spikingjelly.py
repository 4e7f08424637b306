"""Neurons and gradients against SpikingJelly's; runs where requirements/extra-spikingjelly is."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch")
jelly = pytest.importorskip("spikingjelly.activation_based")

from spikingjelly.activation_based import functional, layer, neuron, surrogate  # noqa: E402

from dynsyn_controller.core.networks.spiking_neurons import spike  # noqa: E402

SETTINGS = np.zeros(
    1, [(n, "f8") for n in ("neuron_gain", "neuron_leak", "threshold", "reset_potential")]
)


def settings_of(leaky: bool, tau: float, threshold: float) -> np.void:
    record = SETTINGS.copy()
    record["neuron_gain"], record["neuron_leak"] = (1.0 / tau, 1.0) if leaky else (1.0, 0.0)
    record["threshold"] = threshold
    return record[0]


@pytest.mark.parametrize("leaky", [True, False])
@pytest.mark.parametrize(("tau", "threshold"), [(2.0, 1.0), (5.0, 0.7)])
def test_potentials_and_spikes_step_by_step(leaky: bool, tau: float, threshold: float):
    options = {"v_threshold": threshold, "v_reset": 0.0, "step_mode": "s"}
    theirs = neuron.LIFNode(tau=tau, **options) if leaky else neuron.IFNode(**options)
    settings, units = settings_of(leaky, tau, threshold), 50
    potential, membrane, spikes = np.zeros(units), np.zeros(units), np.zeros(units)
    fired = 0.0
    for current in np.random.default_rng(0).normal(0.8, 1.0, (200, units)):
        expected = theirs(torch.from_numpy(current))
        spike(current, potential, membrane, spikes, settings)
        np.testing.assert_array_equal(spikes, expected.numpy())
        np.testing.assert_allclose(potential, theirs.v.numpy(), atol=1e-9, rtol=0)
        fired += spikes.sum()
    assert fired > 100


def test_values_and_gradient_of_a_network_are_torchs():
    from test_dqsn import dqsn, gradient_of

    plan = dqsn({"hidden": [9, 7], "initial_scale": 3.0})
    state = plan.new_state(3)
    net = torch.nn.Sequential()
    sizes = plan.network.sizes
    for at, (columns, rows) in enumerate(pairwise(sizes)):
        linear = layer.Linear(columns, rows).double()
        part = plan.layers[at].slice
        matrix = state["weight"][0, part].reshape(rows, columns + 1)
        linear.weight.data = torch.from_numpy(matrix[:, :-1].copy())
        linear.bias.data = torch.from_numpy(matrix[:, -1].copy())
        net.append(linear)
        last = at == len(sizes) - 2
        net.append(
            neuron.LIFNode(tau=2.0, v_threshold=np.inf if last else 1.0, v_reset=0.0,
                           surrogate_function=surrogate.Sigmoid(alpha=4.0))
        )  # fmt: skip
    current, error = np.array([1.0, -2.0, 0.5, 3.0]), np.array([0.3, -0.8])
    functional.reset_net(net)
    for _ in range(plan.network.options.time_steps):
        net(torch.from_numpy(current))
    value = net[-1].v
    (value * torch.from_numpy(error)).sum().backward()
    parts = [
        torch.cat((module.weight.grad, module.bias.grad[:, None]), dim=1).ravel()
        for module in net
        if isinstance(module, torch.nn.Linear)
    ]
    gradient = gradient_of(plan, state, current, error)
    np.testing.assert_allclose(state["replay_value"][0], value.detach().numpy(), atol=1e-9)
    np.testing.assert_allclose(gradient, torch.cat(parts).numpy(), atol=1e-9)
