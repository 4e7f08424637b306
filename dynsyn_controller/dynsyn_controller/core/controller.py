"""The controller: named observations and a reward in, joint efforts out, learning at every step."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, get_type_hints

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.learners.rule import PRESETS, Rule, check
from dynsyn_controller.core.networks.base import Body, LayerSpec, Network
from dynsyn_controller.core.networks.ncap import NcapNetwork
from dynsyn_controller.core.networks.walker import WalkerNetwork
from dynsyn_controller.core.numba_support import typeof
from dynsyn_controller.core.schema import SchemaError, convert, parse, unknown_key

FloatArray = NDArray[np.float64]

NETWORKS: dict[str, type[Network]] = {"walker": WalkerNetwork, "ncap": NcapNetwork}
"""Networks by the `type` of a robot file's section `network`."""

_FLOAT64 = np.dtype(np.float64)
_CONTIGUOUS = (_FLOAT64.itemsize,)


@dataclasses.dataclass(frozen=True)
class Statistics:
    """Reward statistics of a lifetime; returns are sums of rewards over an episode.

    Attributes:
        steps, episodes, falls: counted since birth.
        reward: the last one; NaN before the first.
        reward_average: running mean per step.
        return_last: of the last episode; NaN before one has ended.
        return_average: mean over the last 100 episodes or fewer; NaN before one has ended.
        return_best: best mean over 100 consecutive episodes; NaN before 100 have ended.
    """

    steps: int
    episodes: int
    falls: int
    reward: float
    reward_average: float
    return_last: float
    return_average: float
    return_best: float


class Controller:
    """One lifetime and the network it lives in. Never reset: a fall is just another reward.

    Args:
        network: sizes and settings.
        state: the lifetime's record, shape (1,); used, not copied.
        body: the robot's names and limits.
    """

    def __init__(self, network: Network, body: Body, state: np.ndarray) -> None:
        if state.shape != (1,) or state.dtype != network.dtype or not state.flags.writeable:
            raise ValueError("state: found another shape or dtype than the network's record")
        self.network = network
        self.body = body
        self.state = state
        self.preset = ""
        self._parameters = network.parameters
        self._effort = state["effort"][0]
        self._step = self._compiled_step()
        self._known: FloatArray | None = None

    @classmethod
    def create(
        cls,
        body: Body,
        preset: str = "authors",
        settings: dict[str, Any] | None = None,
        seed: int = 0,
    ) -> Controller:
        """A new-born lifetime; the same arguments give the same life.

        Args:
            body: `Robot.body` of a robot file.
            preset: name of a preset of the rule.
            settings: overrides of the preset, by name.
            seed: 0 or more.

        Raises:
            SchemaError: an unknown preset or network, or a setting or option that cannot be.
        """
        network = build_network(body, make_rule(preset, settings or {}))
        state = np.zeros(1, network.dtype)
        network.give_birth(state, 0, np.random.default_rng(seed))
        controller = cls(network, body, state)
        controller.preset = preset
        return controller

    def step(
        self,
        observation: FloatArray,
        reward: float,
        terminal: bool = False,
        learning: bool = True,
    ) -> FloatArray:
        """Live one control step.

        Args:
            observation: (channels,), in the robot file's order, already offset and scaled; quickest
                as a contiguous float64 array.
            reward: for what the last effort did; not used in a lifetime's first step.
            terminal: the body fell or its course ended, and it has been put back.
            learning: False: frozen; weights stand at their centres, gains stand still.

        Returns:
            Efforts in N m or N, (joints,), within the limits; the next call writes over them.

        Raises:
            ValueError: wrong length, or a number that is not finite; then nothing has changed.
        """
        if observation is not self._known:
            observation = self._known = self._fitting(observation)
        live = self._step  # called as an attribute, Python would first look for a method: 30 ns
        if live(self.state, 0, self._parameters, observation, reward, terminal, learning):
            return self._effort
        raise ValueError(self._refusal(observation, reward))

    @staticmethod
    def _fitting(observation: FloatArray) -> FloatArray:
        """As the compiled step, which trusts its arguments' types, must have it: once an array."""
        if observation.dtype is _FLOAT64 and observation.strides == _CONTIGUOUS:
            return observation
        return np.ascontiguousarray(observation, np.float64)

    def _refusal(self, observation: FloatArray, reward: float) -> str:
        names = self.body.states + self.body.ranges
        if observation.shape != (len(names),):
            return f"observation: found shape {observation.shape}, expected ({len(names)},)"
        for name, value in zip(names, observation, strict=True):
            if not np.isfinite(value):
                return f"observation: {name} is {value}, expected a finite number"
        return f"reward: found {reward}, expected a finite number"

    def _compiled_step(self) -> Callable[..., bool]:
        """The network's step, compiled for exactly this record, so that no step has to compile.

        Called as it is, it skips Numba's look-up of the types of all arguments, which costs a third
        of a control step.
        """
        arguments = (self.state, 0, self._parameters, np.zeros(1), 0.0, False, True)
        return self.network.step.compile(tuple(typeof(argument) for argument in arguments))

    def compile(self) -> None:
        """Live one step of a copy, so that nothing is slow in the first one; changes nothing."""
        state = self.state.copy()
        observation = np.zeros(len(self.body.states) + len(self.body.ranges))
        for learning in (True, False):
            self._step(state, 0, self._parameters, observation, 0.0, False, learning)

    @property
    def steps(self) -> int:
        """Control steps lived."""
        return int(self.state["steps"][0])

    @property
    def layers(self) -> tuple[LayerSpec, ...]:
        """Layers of synapses, in the order of the flat arrays."""
        return self.network.layers

    @property
    def weight(self) -> FloatArray:
        """W of every synapse as it acts now, flat, a view."""
        return self.state["weight"][0]

    @property
    def centre(self) -> FloatArray:
        """C of every synapse, flat, a view."""
        return self.state["centre"][0]

    @property
    def amplitude(self) -> FloatArray:
        """A of every synapse, flat, a view."""
        return self.state["amplitude"][0]

    @property
    def gain(self) -> FloatArray:
        """Adaptive sensitivity of the hidden units, a view; empty where the network has none."""
        return self.state["gain"][0] if "gain" in self.state.dtype.names else np.zeros(0)

    @property
    def unit_names(self) -> tuple[str, ...]:
        """Names of the units that `activity` reports."""
        return self.network.unit_names

    def activity(self) -> FloatArray:
        """Values of the network's units now, (unit_names,)."""
        return self.network.activity(self.state[0])

    @property
    def statistics(self) -> Statistics:
        """Reward statistics of this lifetime."""
        record = self.state[0]
        return Statistics(
            **{field.name: record[field.name].item() for field in dataclasses.fields(Statistics)}
        )


def make_rule(preset: str, settings: dict[str, Any]) -> Rule:
    """The rule of `preset` with `settings` in place of its own.

    Raises:
        SchemaError: an unknown preset or setting, a wrong type or range.
    """
    if preset not in PRESETS:
        raise SchemaError("preset", f"found {preset!r}, expected one of {', '.join(PRESETS)}")
    hints = get_type_hints(Rule)
    values = {}
    for name, value in settings.items():
        if name not in hints:
            raise SchemaError(f"rule.{name}", unknown_key(name, hints))
        values[name] = convert(hints[name], value, f"rule.{name}")
    rule = dataclasses.replace(PRESETS[preset], **values)
    check(rule)
    return rule


def build_network(body: Body, rule: Rule) -> Network:
    """The network that `body.network` asks for.

    Raises:
        SchemaError: its type or one of its options cannot be.
    """
    kind = body.network.get("type")
    if kind not in NETWORKS:
        raise SchemaError("network.type", f"found {kind!r}, expected one of {', '.join(NETWORKS)}")
    options = parse(NETWORKS[kind].Options, body.network, "network")
    return NETWORKS[kind](body, options, rule)
