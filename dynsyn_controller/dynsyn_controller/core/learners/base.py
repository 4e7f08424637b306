"""What every learner is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from dynsyn_controller.core.learners import plain_weights
from dynsyn_controller.core.networks.base import Body, FloatArray, Network, Origin
from dynsyn_controller.core.schema import SchemaError, numbers


@dataclass(frozen=True)
class Preset:
    """A named choice of values, never a fork of the code.

    Attributes:
        settings: of the learner, where they differ from its defaults.
        networks: type of a network -> its options, where they differ from its defaults.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    networks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class Learner:
    """Changes the weights of a network by reward. To be derived from.

    A derived class sets what follows, its kernels with `njit` of `core.numba_support`, and brings
    what `core.operations` lists for a learner. `freeze`, `learnt` and `put` are there for learners
    whose weights are what has been learnt.

    Attributes:
        name: as in a robot file's `learner: {type: NAME}`.
        Settings: frozen dataclass of the other keys there. Numbers, choices (`Literal`) and
            switches reach the kernels' `settings` under their own names.
        presets: by name.
        default_preset: where none is chosen.
        networks: types of the networks that it serves; None: every one.
        quantities: names of its record fields that hold one number for each synapse and are shown
            beside the weights.
        layer_quantities: those of them whose mean over a layer says how it goes.
        limits_exploration: its kernels explore by at most `settings.exploration_limit` of what a
            new-born lifetime does, more than 0; 1: no limit.

    Args:
        settings: of its section of the robot file.
        body: of the network that it is to serve.

    Raises:
        SchemaError: settings that cannot be.
    """

    name: ClassVar[str]
    Settings: ClassVar[type]
    presets: ClassVar[Mapping[str, Preset]] = {"default": Preset()}
    default_preset: ClassVar[str] = "default"
    networks: ClassVar[tuple[str, ...] | None] = None
    quantities: ClassVar[tuple[str, ...]] = ()
    layer_quantities: ClassVar[tuple[str, ...]] = ()
    limits_exploration: ClassVar[bool] = False

    learn: ClassVar[Callable]
    exploration: ClassVar[Callable]
    freeze: ClassVar[Callable] = plain_weights.freeze
    learnt: ClassVar[Callable] = plain_weights.learnt
    put: ClassVar[Callable] = plain_weights.put

    def __init__(self, settings: Any, body: Body) -> None:
        self.options, self.body = settings, body

    def serve(self, network: Network) -> None:
        """Take on the network whose weights it is to change; called once, before `fields`.

        Raises:
            SchemaError: it does not serve this network.
        """
        if self.networks is not None and network.name not in self.networks:
            raise SchemaError(
                "learner.type",
                f"{self.name} serves networks of type {', '.join(self.networks)}, "
                f"found {network.name}",
            )

    def fields(self, synapses: int) -> list[tuple]:
        """Its own dtype fields of a lifetime's record; `weight` and `random_state` are there."""
        return []

    def settings(self) -> dict[str, Any]:
        """What its kernels read: name -> number, or array of numbers."""
        return numbers(self.options)

    @property
    def least_exploration(self) -> float:
        """Smallest value that `exploration` can have; below 0: there is no telling."""
        return 0.0

    def give_birth(self, state: np.ndarray, weights: FloatArray, parameters: np.ndarray) -> None:
        """Fill its own fields and `weight` of a record, shape (1,), for these first weights."""
        state["weight"] = weights

    def move(self, source: np.ndarray, target: np.ndarray, origin: Origin) -> None:
        """Carry what was learnt over into another body, in place.

        Args:
            source, target: records, shape (1,); `target` is new-born.
            origin: which synapse of `source` each one of `target` comes from.
        """
        for name in dict.fromkeys(("weight", *self.quantities)):
            target[name][...] = source[name][:, origin.index]
