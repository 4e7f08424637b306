"""What every network offers the controller, and the registry of networks by name.

The whole mutable state of a lifetime is one element of a structured array; its dtype follows from
the network's sizes. Kernels read and write it in place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.learners.rule import Rule
from dynsyn_controller.core.learners.synapse import synapse_fields
from dynsyn_controller.core.statistics import STATISTICS_FIELDS


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


@dataclass(frozen=True)
class Body:
    """What a network is told of the body it drives: names in order, limits and sensitivities.

    Attributes:
        joints: names of the joints, order of the effort vector.
        effort_limit: N m or N, (joints,), > 0; network output 1 stands for it.
        states: names of the signed channels, the first part of the observation.
        ranges: names of the range channels, the rest of the observation.
        joint_channels: for each joint, the index of its "position" and "velocity" channels within
            the observation, where they are observed.
        sensitivity: factor on each element of the observation before the first layer.
        fall_threshold: a terminal reward at or below it counts as a fall.
        dt: control step in the rule's ms.
        network: section `network` of the robot file.
    """

    joints: tuple[str, ...]
    effort_limit: NDArray[np.float64]
    states: tuple[str, ...]
    ranges: tuple[str, ...]
    joint_channels: tuple[dict[str, int], ...]
    sensitivity: NDArray[np.float64]
    fall_threshold: float
    dt: float
    network: dict[str, Any]


class Network(Protocol):
    """A network with its sizes and settings fixed; its mutable state lives in records.

    Attributes:
        Options: dataclass of the robot file's section `network`.
        dtype: of a lifetime's record; holds at least `lifetime_fields`.
        parameters: what kernels read, shape (1,).
        layers: of synapses, in the order of the flat arrays.
        unit_names: of the units that `activity` reports.
        step: kernel (states, index, parameters, observation, reward, terminal, learning) -> bool:
            one control step of lifetime `index`; False, and nothing changed, on an observation of
            the wrong length or a number that is not finite. Leaves the efforts in `effort`.
        step_batch: kernel (states, parameters, observation, reward, terminal, learning) -> int: one
            control step of every lifetime, arrays with one row a lifetime; `parameters` of shape
            (1,) for all of them. Returns the number of lifetimes refused.
    """

    Options: ClassVar[type]
    dtype: np.dtype
    parameters: np.ndarray
    layers: tuple[LayerSpec, ...]
    unit_names: tuple[str, ...]
    step: ClassVar[Callable[..., bool]]
    step_batch: ClassVar[Callable[..., int]]

    def __init__(self, body: Body, options: Any, rule: Rule) -> None:
        """Raises SchemaError for options that cannot be."""

    def give_birth(self, states: np.ndarray, index: int, generator: np.random.Generator) -> None:
        """Fill record `index` with a new-born lifetime."""

    def activity(self, state: np.ndarray) -> NDArray[np.float64]:
        """Values of the units in `unit_names`, in that order."""


def lifetime_fields(synapses: int) -> list[tuple]:
    """dtype fields of every lifetime: its synapses and its statistics."""
    return [*synapse_fields(synapses), *STATISTICS_FIELDS]


def state_dtype(fields: list[tuple]) -> np.dtype:
    """dtype of a lifetime's record, aligned as kernels want it."""
    return np.dtype(fields, align=True)
