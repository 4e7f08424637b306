"""What every network is, and what it is told of the body that it drives.

The whole mutable state of a lifetime is one element of a structured array. Kernels read and write
it in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.schema import numbers

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class LayerSpec:
    """One layer of synapses: a row-major matrix (rows = outputs) within the flat synapse arrays.

    Attributes:
        name: unique within the network.
        output_names, input_names: units at the rows and at the columns.
        start: index of the first synapse.
    """

    name: str
    output_names: tuple[str, ...]
    input_names: tuple[str, ...]
    start: int

    @property
    def rows(self) -> int:
        """Number of outputs."""
        return len(self.output_names)

    @property
    def columns(self) -> int:
        """Number of inputs."""
        return len(self.input_names)

    @property
    def slice(self) -> slice:
        """The layer's synapses within the flat arrays."""
        return slice(self.start, self.start + self.rows * self.columns)


def stack_layers(
    parts: Iterable[tuple[str, tuple[str, ...], tuple[str, ...]]],
) -> tuple[LayerSpec, ...]:
    """Layers one after the other in the flat arrays, from (name, output names, input names)."""
    layers: list[LayerSpec] = []
    for name, outputs, inputs in parts:
        start = layers[-1].slice.stop if layers else 0
        layers.append(LayerSpec(name, outputs, inputs, start))
    return tuple(layers)


@dataclass(frozen=True)
class Body:
    """What a network is told of the body it drives: names in order, limits and sensitivities.

    Attributes:
        joints: names of the joints, order of the effort vector.
        effort_limit: N m or N, (joints,), > 0; network output 1 stands for it. Where the joints
            take targets: how far one goes from the middle of its range.
        states: names of the signed channels, the first part of the observation.
        ranges: names of the range channels, the rest of the observation.
        joint_channels: for each joint, the index of its "position" and "velocity" channels within
            the observation, where they are observed.
        sensitivity: factor on each element of the observation before the first layer.
        fall_threshold: a terminal reward at or below it counts as a fall.
        dt: control step in the rule's ms.
    """

    joints: tuple[str, ...]
    effort_limit: FloatArray
    states: tuple[str, ...]
    ranges: tuple[str, ...]
    joint_channels: tuple[dict[str, int], ...]
    sensitivity: FloatArray
    fall_threshold: float
    dt: float

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of all channels, in the order of the observation."""
        return self.states + self.ranges


@dataclass(frozen=True)
class Origin:
    """Where the synapses of a network come from, in a lifetime that moves into another body.

    Attributes:
        index: for each synapse the one of the old body to copy, (synapses,).
        same: whether it is the same one and not a copy of its model, (synapses,).
    """

    index: NDArray[np.int64]
    same: NDArray[np.bool_]


class TransferError(ValueError):
    """Two lifetimes between which nothing can be carried over; the message says why."""


class Network:
    """Maps observations to outputs with weights. To be derived from.

    A derived class sets what follows, its kernels with `njit` of `core.numba_support`, and brings
    what `core.operations` lists for a network.

    Attributes:
        name: as in a robot file's `network: {type: NAME}`.
        Options: frozen dataclass of the other keys there. Numbers, choices (`Literal`) and switches
            reach the kernels' `settings` under their own names.
        presets: named sets of options, which go before those of the learner's preset.
        adjustable: names of options in which a lifetime need not agree with the robot file that it
            goes on with: those that only say how it began, and those that presets set.
        moving: names of its record fields that come along into another body.
        rhythms: how many numbers its operation `rhythm` writes.
        layers: of synapses, in the order of the flat arrays.
        unit_names: of the units that `activity` reports.

    Args:
        body: that it drives.
        options: of its section of the robot file.

    Raises:
        SchemaError: options that cannot be, or a body that it cannot drive.
    """

    name: ClassVar[str]
    Options: ClassVar[type]
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    adjustable: ClassVar[tuple[str, ...]] = ()
    moving: ClassVar[tuple[str, ...]] = ()
    rhythms: int = 0

    think: ClassVar[Callable]

    layers: tuple[LayerSpec, ...]
    unit_names: tuple[str, ...]

    def __init__(self, body: Body, options: Any) -> None:
        self.body, self.options = body, options

    @property
    def synapses(self) -> int:
        """Number of synapses."""
        return self.layers[-1].slice.stop

    def fields(self) -> list[tuple]:
        """Its own dtype fields of a lifetime's record.

        `weight`, `output`, `effort`, `effort_limit`, `sensitivity` and `steps` are there anyway.
        """
        return []

    def settings(self) -> dict[str, Any]:
        """What its kernels read: name -> number, or array of numbers."""
        return numbers(self.options)

    def initial_weights(self, generator: np.random.Generator) -> FloatArray:
        """Weights at birth, (synapses,)."""
        raise NotImplementedError

    def check_birth(self) -> None:
        """Raises SchemaError: its lifetimes are made of others, and none can be born."""

    def give_birth(self, state: np.ndarray) -> None:
        """Fill its own fields, 0 as yet, of a record, shape (1,); all others have been filled."""

    def activity(self, record: np.void) -> FloatArray:
        """Values of the units in `unit_names`, in that order."""
        raise NotImplementedError

    def check_exploration(self, least: float) -> None:
        """Raises SchemaError: the options do not go with a learner of this `least_exploration`."""

    def origin(self, other: Network) -> Origin:
        """Where the synapses come from in a lifetime of `other`, in another body.

        Raises:
            TransferError: nothing can be carried over.
        """
        raise TransferError(f"transfer: a network {self.name} cannot move into another body")
