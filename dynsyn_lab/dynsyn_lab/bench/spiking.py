"""`dynsyn bench spiking`: learning decisions of a spiking network, beside SpikingJelly on torch.

One decision of 4-64-2 with T = 16, observation in, effort out, learning done: by dynamic synapses,
and by DQSN with a batch of 128. On SpikingJelly and torch, with one thread, where they are
installed: the decision alone, and the decision with the same gradient step. All take turns, round
after round, so that a machine that is busy for a while slows all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_sim_bridge.robots.spec import describe

BATCH, STEPS, INPUTS, HIDDEN, OUTPUTS = 128, 16, 4, 64, 2
CALLS = {"dynamic_synapse_us": 500, "dqsn_us": 20}
"""In one round; 10 of each other."""

_NETWORK = {"hidden": [HIDDEN], "time_steps": STEPS, "encoding_gain": 4.0}


def measure(rounds: int = 20) -> dict[str, Any]:
    """The figures of `dynsyn bench spiking --json`: medians in us; None: not installed.

    Args:
        rounds: of each timing, 1 or more.
    """
    calls: dict[str, Callable[[], object]] = {
        "dynamic_synapse_us": _ours("dynamic_synapse"),
        "dqsn_us": _ours("dqsn"),
        **_theirs(),
    }
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(rounds):
        for name, call in calls.items():
            times[name] += _time(call, CALLS.get(name, 10))
    missing = dict.fromkeys(("spikingjelly_decision_us", "spikingjelly_dqsn_us"))
    return {**missing, **{name: float(np.median(found)) for name, found in times.items()}}


def _time(call: Callable[[], object], repeats: int) -> list[float]:
    found = []
    for _ in range(repeats):
        start = time.perf_counter_ns()
        call()
        found.append((time.perf_counter_ns() - start) / 1000.0)
    return found


def _ours(learner: str) -> Callable[[], object]:
    """A learning control step of a lifetime that has a batch to learn from."""
    robot = describe("cart_pole").robot.choose(learner=learner, options=_NETWORK)
    controller = new_controller(robot, seed=0)
    observation = np.zeros(INPUTS)
    draws = np.random.default_rng(0).normal(size=(997, INPUTS))
    at = 0

    def decide() -> None:
        nonlocal at
        observation[:] = draws[at]
        at = (at + 1) % len(draws)
        controller.step(observation, 1.0)

    for _ in range(2 * BATCH):
        decide()
    return decide


def _theirs() -> dict[str, Callable[[], object]]:
    """The same on SpikingJelly; empty where it is not installed."""
    try:
        import torch
        from spikingjelly.activation_based import functional, layer, neuron, surrogate
    except ImportError:
        return {}
    torch.set_num_threads(1)
    net = torch.nn.Sequential(
        layer.Linear(INPUTS, HIDDEN),
        neuron.LIFNode(tau=2.0, surrogate_function=surrogate.Sigmoid()),
        layer.Linear(HIDDEN, OUTPUTS),
        neuron.LIFNode(tau=2.0, v_threshold=float("inf")),
    )
    optimiser = torch.optim.Adam(net.parameters(), lr=0.003)
    one, many = torch.randn(1, INPUTS), torch.randn(BATCH, INPUTS)

    def values(inputs: Any) -> Any:
        functional.reset_net(net)
        for _ in range(STEPS):
            net(inputs)
        return net[-1].v

    def decide() -> None:
        with torch.no_grad():
            values(one)

    def learn() -> None:
        decide()
        with torch.no_grad():
            wanted = values(many).max(1).values
        loss = torch.nn.functional.smooth_l1_loss(values(many)[:, 0], wanted)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return {"spikingjelly_decision_us": decide, "spikingjelly_dqsn_us": learn}
