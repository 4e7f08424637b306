"""Synaptic agents: every synapse is an agent (Zheng et al., Biomimetics 2026, strategy A).

After Bhargava et al. (AppliedMath 2022), whose update is additive. Kernels are in
`synaptic_kernels`; what the paper leaves out and how it is read here is in docs/spiking.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dynsyn_controller.core.learners import synaptic_kernels as kernels
from dynsyn_controller.core.learners.base import Learner
from dynsyn_controller.core.learners.q_function import q_weights
from dynsyn_controller.core.learners.replay import check_replay, replay_fields
from dynsyn_controller.core.networks.base import Body, FloatArray, Network
from dynsyn_controller.core.schema import SchemaError, check_at_least, check_positive

MODELS = (1, 2, 3, 4, 5)
_WIDTH = 8
"""Numbers in a synapse's state: two actions and rewards, weight, and a place of three numbers. What
a model leaves out is 0."""


@dataclass(frozen=True)
class SynapticSettings:
    """Settings of synaptic agents.

    Attributes:
        alpha: change of a weight by one action, relative or absolute, >= 0.
        form: "multiplicative": w <- w + w alpha a; "additive": w <- w + alpha a.
        model: state of a synapse, with the last two actions a and rewards r, weight w, and place
            (layer, pre and post unit, each 0..1): 1: a, r; 2: a, r, w; 3: a, r, place; 4: all;
            5: w, place.
        reward: of an iteration with the sum of rewards G: "frames": G / goal; "inverse_loss":
            1 / (1 + loss), loss = max(goal - G, 0) / goal; "change": sign of the change of G.
        goal: G of an iteration without loss, > 0.
        iteration_steps: an iteration also ends after so many control steps; 0: with the episode.
        monte_carlo: learn from the next `horizon` iterations' rewards in place of one and the Q
            function's own guess of the rest.
        horizon: iterations, >= 1.
        discount: gamma, 0..1.
        hidden_units: of the Q function's hidden layer, >= 1.
        learning_rate: of Adam, >= 0.
        batch: transitions in one gradient step, >= 1.
        updates: gradient steps in one iteration; 0: one for each synapse.
        memory_size: transitions that are kept, >= batch.
        target_episodes: the target Q function becomes the Q function after so many iterations.
        epsilon_start, epsilon_end: probability of a random action at birth and in the end, 0..1.
        epsilon_decay: iterations in which the difference falls to 1/e, > 0.
        gradient_bound: every element of the gradient is kept within it, > 0.
    """

    alpha: float = 0.01
    form: Literal["multiplicative", "additive"] = "multiplicative"
    model: int = 1
    reward: Literal["frames", "inverse_loss", "change"] = "frames"
    goal: float = 200.0
    iteration_steps: int = 0
    monte_carlo: bool = False
    horizon: int = 10
    discount: float = 0.9
    hidden_units: int = 32
    learning_rate: float = 0.001
    batch: int = 16
    updates: int = 0
    memory_size: int = 10_000
    target_episodes: int = 10
    epsilon_start: float = 0.9
    epsilon_end: float = 0.05
    epsilon_decay: float = 50.0
    gradient_bound: float = 1.0


class Synaptic(Learner):
    """See `learners.base.Learner` and the module. It serves every network."""

    name = "synaptic"
    Settings = SynapticSettings

    limits_exploration = True
    learn, exploration = kernels.learn, kernels.epsilon

    def __init__(self, settings: SynapticSettings, body: Body) -> None:
        check_replay("learner", settings)
        check_at_least("learner", settings, ("horizon", "hidden_units"), 1)
        check_at_least(
            "learner", settings, ("alpha", "learning_rate", "updates", "iteration_steps")
        )
        check_positive("learner", settings, ("goal", "gradient_bound"))
        if settings.model not in MODELS:
            raise SchemaError("learner.model", f"found {settings.model}, expected 1 to 5")
        super().__init__(settings, body)

    def serve(self, network: Network) -> None:
        """See `Learner.serve`."""
        super().serve(network)
        self._place = np.concatenate([_places(k, network) for k in range(len(network.layers))])

    def fields(self, synapses: int) -> list[tuple]:
        """Places, histories, memory, the Q function with its target and moments, and buffers."""
        options, width = self.options, _WIDTH
        weights = q_weights(width, options.hidden_units, kernels.ACTIONS)
        q_arrays = ("q_weight", "q_target", "q_slope", "first_moment", "second_moment")
        path = options.horizon
        return [
            *replay_fields(options.memory_size, width),
            ("place", np.float64, (synapses, 3)),
            ("past_action", np.float64, (synapses, 2)),
            ("past_reward", np.float64, (2,)),
            ("seen", np.float64, (synapses, width)),
            ("chosen", np.int64, (synapses,)),
            ("path_state", np.float64, (path, synapses, width)),
            ("path_choice", np.int64, (path, synapses)),
            ("path_reward", np.float64, (path,)),
            ("iteration", np.int64),
            ("iteration_age", np.int64),
            ("iteration_return", np.float64),
            ("return_before", np.float64),
            *((name, np.float64, (weights,)) for name in q_arrays),
            ("q_input", np.float64, (width + 1,)),
            ("q_hidden_unit", np.float64, (options.hidden_units + 1,)),
            ("q_value", np.float64, (kernels.ACTIONS,)),
            ("update_count", np.int64),
        ]

    def settings(self) -> dict[str, Any]:
        """All numbers and choices; a path of one iteration where there are no returns over more."""
        return {
            **super().settings(),
            "horizon": self.options.horizon if self.options.monte_carlo else 1,
        }

    def give_birth(self, state: np.ndarray, weights: FloatArray, parameters: np.ndarray) -> None:
        """First weights of the Q function are drawn from U(-s, s), s = 1 / sqrt(inputs)."""
        super().give_birth(state, weights, parameters)
        generator = np.random.default_rng(state["random_state"][0])
        hidden = self.options.hidden_units
        parts = []
        for rows, columns in ((hidden, _WIDTH), (kernels.ACTIONS, hidden)):
            reach = 1.0 / math.sqrt(columns)
            parts.append(generator.uniform(-reach, reach, rows * (columns + 1)))
        state["q_weight"] = np.concatenate(parts)
        state["q_target"] = state["q_weight"]
        state["q_input"][0, -1] = 1.0
        state["place"] = self._place


def _places(index: int, network: Network) -> FloatArray:
    """Layer, input and output unit of a layer's synapses, each 0..1, (rows x columns, 3)."""
    layer = network.layers[index]
    post, pre = np.divmod(np.arange(layer.rows * layer.columns), layer.columns)
    depth = max(len(network.layers) - 1, 1)
    return np.column_stack(
        (
            np.full(pre.size, index / depth),
            pre / max(layer.columns - 1, 1),
            post / max(layer.rows - 1, 1),
        )
    )
