"""The network ncap in torch, for learners that need its gradient; equations as in `core`.

An observation here is the robot's channels and behind them the beat, the control steps lived modulo
the oscillators' period: it has to come along, since a gradient is taken of steps in any order.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from gymnasium.spaces import Box
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.td3.policies import Actor, TD3Policy
from torch import Tensor, nn

from dynsyn_controller.core.networks.ncap import SIDES, NcapNetwork
from dynsyn_controller.core.networks.ncap_options import KINDS, SIGNS

CLOCK = 3
"""What `Senses` puts in the place of the beat."""


class Senses(BaseFeaturesExtractor):
    """Channels, dorsal oscillator, cosine and sine of its phase; the last two are for a critic.

    Args:
        observation_space: channels and beat.
        network: whose oscillators these are.
    """

    def __init__(self, observation_space: Box, network: NcapNetwork) -> None:
        super().__init__(observation_space, observation_space.shape[0] - 1 + CLOCK)
        self._period = network.options.period_steps
        self._sine = network.options.oscillator == "sine"

    def forward(self, observations: Tensor) -> Tensor:
        """(batch, channels + 1) -> (batch, channels + CLOCK)"""
        phase = observations[:, -1:] / self._period
        angle = 2.0 * math.pi * phase
        wave = 0.5 + 0.5 * torch.sin(angle) if self._sine else (phase < 0.5).to(phase.dtype)
        parts = [observations[:, :-1], wave, torch.cos(angle), torch.sin(angle)]
        return torch.cat(parts, dim=1)


class Circuit(nn.Module):
    """From what `Senses` gives to the outputs in -1..1, (batch, joints).

    Args:
        network: its options and layers.
        state: record of a lifetime, whose weights are the first ones; where and how it senses.

    Attributes:
        weight: flat, (synapses,), as the lifetime's.
    """

    def __init__(self, network: NcapNetwork, state: np.void) -> None:
        super().__init__()
        self._options, self._settings = network.options, network.settings()
        self._layers = network.layers
        self._joints = len(network.body.joints)
        self._channels = state["position_channel"][:-1].tolist()
        scale = state["sensitivity"][self._channels] * state["bend_scale"][:-1]
        self.register_buffer("_scale", torch.as_tensor(scale, dtype=torch.get_default_dtype()))
        first = torch.as_tensor(state["weight"].copy(), dtype=torch.get_default_dtype())
        self.weight = nn.Parameter(first)

    def _weights(self) -> list[Tensor]:
        """Of each of KINDS, (modules or 1, sides or 1), under the sign constraint."""
        found = []
        for layer, kind in zip(self._layers, KINDS, strict=True):
            weight = self.weight[layer.slice]
            if self._options.signs == "constrained":
                weight = SIGNS[kind] * (SIGNS[kind] * weight).clamp(min=0.0)
            shared = self._options.weights == "shared"
            found.append(weight.reshape((1, 1) if shared else (-1, len(SIDES))))
        return found

    def _command(self, senses: Tensor, name: str, low: float, otherwise: float) -> Tensor:
        """(batch, 1)"""
        channel = int(self._settings[f"{name}_channel"])
        if channel < 0:
            return torch.full_like(senses[:, :1], otherwise)
        return senses[:, channel : channel + 1].clamp(low, 1.0)

    def forward(self, senses: Tensor) -> Tensor:
        """See the class and `core.networks.ncap`."""
        osc, prop, ipsi, contra = self._weights()
        options, ceiling = self._options, self._settings["ceiling"]
        wave = senses[:, -CLOCK : -CLOCK + 1]
        wave = torch.cat([wave, 1.0 - wave], dim=1)
        rest = options.speed_weight * (1.0 - self._command(senses, "speed", 0.0, 1.0))
        turn = self._command(senses, "turn", -1.0, 0.0)
        turns = torch.cat([-turn, turn], dim=1).clamp(min=0.0)
        bend = (senses[:, self._channels] * self._scale).clamp(-1.0, 1.0)
        bends = torch.stack([bend, -bend], dim=2).clamp(min=0.0)
        first = rest + options.turn_weight * turns
        others = rest.unsqueeze(2)
        if options.commands == "relative":
            first, others = osc * first, prop * others
        drive = torch.cat([(osc * wave + first).unsqueeze(1), prop * bends + others], dim=1)
        neuron = drive.clamp(0.0, ceiling)
        muscle = (ipsi * neuron + contra * neuron.flip(2)).clamp(0.0, ceiling)
        return (muscle[:, :, 0] - muscle[:, :, 1]).clamp(-1.0, 1.0)


class _WithCircuit(BasePolicy):
    """A policy of the library that is handed its circuit.

    Args:
        circuit: makes a new one.
        others: see the library.
    """

    def __init__(self, *args: Any, circuit: Callable[[], Circuit], **others: Any) -> None:
        self._circuit = circuit
        super().__init__(*args, **others)


class CircuitActorCritic(_WithCircuit, ActorCriticPolicy):
    """Of PPO: the circuit gives the mean of the actions."""

    def _build(self, lr_schedule: Any) -> None:
        super()._build(lr_schedule)
        self.action_net = self._circuit()
        self.optimizer = self.optimizer_class(
            self.parameters(), lr=lr_schedule(1), **self.optimizer_kwargs
        )


class CircuitTd3(_WithCircuit, TD3Policy):
    """Of TD3 and DDPG: the circuit gives the actions."""

    def make_actor(self, features_extractor: BaseFeaturesExtractor | None = None) -> Actor:
        """As the library's, with the circuit in place of the layers."""
        actor = super().make_actor(features_extractor)
        actor.mu = self._circuit()
        return actor


def policy_of_circuit(
    algorithm: str, network: NcapNetwork, state: np.void, hidden: list[int]
) -> tuple[type, dict[str, Any]]:
    """Class of a policy of the library, and what it is made with beside the activation.

    Args:
        algorithm: ppo, td3 or ddpg.
        network, state: see `Circuit`.
        hidden: units of the critic's hidden layers.
    """
    critic = "vf" if algorithm == "ppo" else "qf"
    return CircuitActorCritic if algorithm == "ppo" else CircuitTd3, {
        "net_arch": {"pi": [], critic: hidden},
        "features_extractor_class": Senses,
        "features_extractor_kwargs": {"network": network},
        "circuit": lambda: Circuit(network, state),
    }
