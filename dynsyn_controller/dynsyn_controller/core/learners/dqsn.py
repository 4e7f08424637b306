"""DQSN: the whole spiking network is one agent (Zheng et al., Biomimetics 2026, strategy B).

Deep Q-learning with surrogate gradients; equations and kernels are in `dqsn_kernels`. The paper
gives the sizes of the network and the number of episodes, and no more; the other figures are those
of SpikingJelly's public example of a spiking deep Q network, which it names as its simulator, or
are marked as this project's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dynsyn_controller.core.learners import dqsn_kernels as kernels
from dynsyn_controller.core.learners.base import Learner, Preset
from dynsyn_controller.core.learners.replay import check_replay, replay_fields
from dynsyn_controller.core.networks.base import Body, FloatArray, Network
from dynsyn_controller.core.networks.spiking import SpikingNetwork
from dynsyn_controller.core.schema import SchemaError, check_at_least, check_positive


@dataclass(frozen=True)
class DqsnSettings:
    """Settings of DQSN.

    Attributes:
        learning_rate: of Adam, >= 0 (this project's; the example has 0.001).
        discount: gamma, 0..1.
        batch: transitions in one gradient step, >= 1; learning starts when so many are known.
        updates: gradient steps in one control step, >= 0.
        memory_size: transitions that are kept, >= batch.
        target_episodes: the target network becomes the network after so many episodes, >= 1.
        epsilon_start, epsilon_end: probability of a random action at birth and in the end, 0..1.
        epsilon_decay: decisions in which the difference falls to 1/e, > 0.
        gradient_bound: every element of the gradient is kept within it, > 0.
        surrogate_slope: a of the sigmoid in place of the spike, > 0.
        reward_scale: factor on rewards, > 0 (this project's; 1: as they are).
    """

    learning_rate: float = 0.003
    discount: float = 0.999
    batch: int = 128
    updates: int = 1
    memory_size: int = 10_000
    target_episodes: int = 10
    epsilon_start: float = 0.9
    epsilon_end: float = 0.05
    epsilon_decay: float = 200.0
    gradient_bound: float = 1.0
    surrogate_slope: float = 4.0
    reward_scale: float = 0.1


class Dqsn(Learner):
    """See `learners.base.Learner` and the module.

    It serves spiking networks that choose one of a few outputs ("argmax") by the voltages of their
    output units and begin each decision at rest, because a transition in memory says nothing of the
    potentials that it began with.
    """

    name = "dqsn"
    Settings = DqsnSettings
    presets: ClassVar = {
        "default": Preset(),
        "example": Preset(settings={"learning_rate": 0.001, "reward_scale": 1.0}),
    }
    networks = ("spiking",)

    limits_exploration = True
    learn, exploration, decide = kernels.learn, kernels.epsilon, kernels.decide

    def __init__(self, settings: DqsnSettings, body: Body) -> None:
        _check(settings)
        super().__init__(settings, body)

    def serve(self, network: Network) -> None:
        """See `Learner.serve`."""
        super().serve(network)
        assert isinstance(network, SpikingNetwork)
        options = network.options
        for key, found, expected in (
            ("action", options.action, "argmax"),
            ("readout", options.readout, "voltage"),
            ("keep_state", options.keep_state, False),
        ):
            if found != expected:
                raise SchemaError(
                    f"network.{key}", f"found {found!r}, learner dqsn needs {expected!r}"
                )
        self._sizes, self._blocks = network.sizes, network.blocks

    def fields(self, synapses: int) -> list[tuple]:
        """Memory, target network, moments, counters, and buffers of the gradient."""
        inputs, values = self._sizes[0], self._sizes[-1]
        block = self.network_block
        sizes = {
            "target": synapses,
            "gradient": synapses,
            "first_moment": synapses,
            "second_moment": synapses,
            "memory_value": self.options.memory_size,
            "next_input": inputs + 1,
            "replay_potential": sum(self._sizes[1:]),
            "replay_membrane": self._blocks,
            "replay_train": self._blocks,
            "replay_trace": max(self._sizes) + 1,
            "replay_value": values,
            "error": values,
            "derivative": block,
        }
        counters = ("update_count", "target_age", "target_version", "decisions")
        return [
            *replay_fields(self.options.memory_size, inputs),
            ("memory_version", np.int64, (self.options.memory_size,)),
            *((name, np.float64, (size,)) for name, size in sizes.items()),
            ("blame", np.float64, (4, block + max(self._sizes) + 1)),
            *((name, np.int64) for name in counters),
        ]

    @property
    def network_block(self) -> int:
        """Length of the longest train of one layer of hidden units."""
        return (self._blocks // sum(units + 1 for units in self._sizes[1:-1])) * (
            max(self._sizes[1:-1]) + 1
        )

    def give_birth(self, state: np.ndarray, weights: FloatArray, parameters: np.ndarray) -> None:
        """The target network is the network; nothing is remembered."""
        super().give_birth(state, weights, parameters)
        state["target"] = weights
        state["next_input"][0, -1] = 1.0


def _check(settings: DqsnSettings) -> None:
    check_replay("learner", settings)
    check_at_least("learner", settings, ("learning_rate", "updates"))
    check_positive("learner", settings, ("gradient_bound", "surrogate_slope", "reward_scale"))
