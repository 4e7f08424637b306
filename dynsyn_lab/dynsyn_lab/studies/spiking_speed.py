"""Speed of one decision of 4-64-2, T = 16: python -m dynsyn_lab.studies.spiking_speed

Learning by dynamic synapses and by DQSN with a batch of 128, and the same decision and gradient
step on SpikingJelly and torch, one thread, where they are installed.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from dynsyn_controller.core.controller import Controller
from dynsyn_lab.studies.spiking_arena import robot_with
from dynsyn_lab.studies.spiking_arms import spiking

BATCH, STEPS, INPUTS, HIDDEN, OUTPUTS = 128, 16, 4, 64, 2


def median_us(call: Callable[[], object], repeats: int) -> float:
    """Median time of a call in us, after one that is not counted."""
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter_ns()
        call()
        times.append((time.perf_counter_ns() - start) / 1000.0)
    return round(float(np.median(times)), 2)


def ours(learner: str, repeats: int) -> float:
    """One control step, observation to effort, learning; us."""
    blueprint = robot_with(spiking(HIDDEN), {"type": learner}).blueprint
    controller = Controller(blueprint, blueprint.new_state(0))
    observation = np.zeros(INPUTS)
    generator = np.random.default_rng(0)

    def decide() -> None:
        observation[:] = generator.normal(size=INPUTS)
        controller.step(observation, 1.0)

    for _ in range(2 * BATCH):
        decide()
    return median_us(decide, repeats)


def theirs(repeats: int) -> dict[str, float]:
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

    def values(inputs):
        functional.reset_net(net)
        for _ in range(STEPS):
            net(inputs)
        return net[-1].v

    one, many = torch.randn(1, INPUTS), torch.randn(BATCH, INPUTS)

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

    return {
        "spikingjelly_decision_us": median_us(decide, repeats),
        "spikingjelly_dqsn_us": median_us(learn, max(repeats // 5, 5)),
    }


def main() -> None:
    """Measure, print, and write the figures where they are asked for."""
    parser = argparse.ArgumentParser(prog="python -m dynsyn_lab.studies.spiking_speed")
    parser.add_argument("--json", type=Path, metavar="OUT")
    chosen = parser.parse_args()
    result = {
        "dynamic_synapse_us": ours("dynamic_synapse", 5000),
        "dqsn_us": ours("dqsn", 300),
        **theirs(200),
    }
    for name, value in result.items():
        print(f"{name:26} {value:,.2f}")
    if chosen.json:
        chosen.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
