"""A lifetime that learns by a baseline, as a backend of the trainer; see `population.Backend`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.networks.mlp import MlpNetwork
from dynsyn_lab.baselines.registry import check_installed, find, settings_of
from dynsyn_lab.policies.lifetimes import act_as
from dynsyn_lab.policies.policy import Policy
from dynsyn_lab.training.population import Backend, Note, Population, Sample
from dynsyn_lab.training.run_config import RunConfig


class Peer(Protocol):
    """What a baseline brings."""

    def live(self) -> None:
        """Live and learn for the shortest stretch after which it can be saved."""

    def policy(self) -> Policy | NDArray[np.float64]:
        """What has been learnt so far, as it acts without exploring: a perceptron, or all weights
        of the lifetime's network where that is none."""

    def save(self) -> dict[str, NDArray]:
        """Everything that restoring needs beside the population; nothing is pickled."""

    def restore(self, parts: dict[str, NDArray]) -> None:
        """Go on from where `save` was called, by a new peer of the same settings."""

    def close(self) -> None:
        """Release everything."""


@dataclass(frozen=True)
class Birth:
    """What a peer is made from.

    Attributes:
        name: of the baseline.
        settings: of it, see `settings`.
        population: of one lifetime; its record counts steps and episodes.
        hidden, activation: of the policy's network; where that is no perceptron, of its critic.
        note: called at the end of every episode.
        write: puts the present policy into the record.
    """

    name: str
    settings: Any
    population: Population
    hidden: tuple[int, ...]
    activation: str
    note: Note
    write: Callable[[], None]


class BaselineBackend:
    """See the module. Between two calls the lifetime stands where it can be saved.

    It rests there at the earliest after `begin`'s number of steps: PPO lives a whole rollout, an
    evolution strategy a whole episode.

    Args:
        config: of the run.
        population: the lifetime; changed in place.
        note: called at the end of every episode.

    Raises:
        CommandError: a package is not installed.
    """

    restarts = False

    def __init__(self, config: RunConfig, population: Population, note: Note) -> None:
        name = config.baseline["type"]
        check_installed(name)
        baseline = find(name)
        given = {key: value for key, value in config.baseline.items() if key != "type"}
        network = population.blueprint.network
        perceptron: Any = network.options if network.name == MlpNetwork.name else baseline
        birth = Birth(
            name,
            settings_of(name, given),
            population,
            tuple(perceptron.hidden),
            perceptron.activation,
            note,
            self._write,
        )
        self._population, self._until = population, 0
        self._order = range(len(population.blueprint.body.joints))
        module = import_module(f"dynsyn_lab.baselines.{baseline.module}")
        self._peer: Peer = getattr(module, baseline.name)(birth)

    def _write(self) -> None:
        """Put what has been learnt into the record, that of a lifetime which acts as it does."""
        learnt, blueprint = self._peer.policy(), self._population.blueprint
        if isinstance(learnt, Policy):
            act_as(learnt, self._order, blueprint, self._population.states)
        else:
            blueprint.learner.give_birth(self._population.states, learnt, blueprint.parameters)

    def begin(self, until: NDArray[np.int64]) -> None:
        """See `population.Backend.begin`."""
        self._until = int(until[0])

    def live(self, seconds: float) -> bool:
        """See `population.Backend.live`; at least one stretch."""
        deadline = time.monotonic() + seconds
        try:
            while not self._rests():
                self._peer.live()
                if time.monotonic() >= deadline:
                    break
            return self._rests()
        finally:
            self._write()

    def _rests(self) -> bool:
        population = self._population
        return int(population.states["steps"][0]) >= self._until or population.done(0)

    def halt(self) -> None:
        """See `population.Backend.halt`; it stands after a whole stretch anyway."""

    def save(self) -> dict[str, NDArray]:
        """See `population.Backend.save`."""
        return self._peer.save()

    def restore(self, parts: dict[str, NDArray]) -> None:
        """See `population.Backend.restore`."""
        self._peer.restore(parts)

    def close(self) -> None:
        """See `population.Backend.close`."""
        self._peer.close()


def backend_maker(config: RunConfig) -> Callable[[Population, Note, Sample], Backend]:
    """What makes the backend of a run whose lifetime learns by a baseline.

    Args:
        config: of the run.
    """
    return lambda population, note, _: BaselineBackend(config, population, note)
