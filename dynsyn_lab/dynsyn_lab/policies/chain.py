"""A chain of operations from an observation to actions, understood as a perceptron.

What can be understood is a multilayer perceptron, with or without the scaling of its inputs and the
limits of its outputs: products with constants (Gemm, MatMul, Mul, Div), sums (Add, Sub),
activations (Tanh, Relu, Elu), Clip, and operations that change no number (Identity, Flatten, ...).
Operations have the names and the meaning that ONNX gives them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dynsyn_lab.policies.policy import FloatArray, Policy, PolicyError, Scaling, checked

_NOTHING = ("Identity", "Flatten", "Squeeze", "Unsqueeze", "Reshape", "Cast", "Dropout")
_LAYERS = ("Gemm", "MatMul")
_NUMBERS = ("Add", "Sub", "Mul", "Div")
_ACTIVATIONS = {"Tanh": "tanh", "Relu": "relu", "Elu": "elu"}


@dataclass(frozen=True)
class Step:
    """One operation of the chain.

    Attributes:
        operation: ONNX's name of it.
        constants: its other inputs, in order; None: not given.
        first: what comes along the chain is its first input.
        settings: its attributes.
    """

    operation: str
    constants: tuple[FloatArray | None, ...] = ()
    first: bool = True
    settings: dict[str, Any] = field(default_factory=dict)


def policy_of(steps: Iterable[Step], joints: tuple[str, ...] = (), where: str = "policy") -> Policy:
    """The perceptron that a chain is. Without a Clip or Tanh at the end, actions are -1 to 1.

    Args:
        steps: from the observation to the actions.
        joints: names of the joints in the order of the actions, where they are known.
        where: name in errors.

    Raises:
        PolicyError: it is none.
    """
    reader = _Reader(where)
    for step in steps:
        reader.take(step)
    return reader.finish(joints)


class _Reader:
    """Puts a perceptron together, operation by operation.

    Numbers that are multiplied or added behind a layer become part of it. Those before the first
    layer, or behind an activation, wait as factor and summand for what comes next.
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self._layers: list[tuple[FloatArray, FloatArray]] = []
        self._activations: list[str] = []
        self._factor, self._summand = np.ones(1), np.zeros(1)
        self._bound = np.inf
        self._scaling: Scaling | None = None
        self._limits: tuple[FloatArray, FloatArray] | None = None

    @property
    def _behind_layer(self) -> bool:
        return len(self._layers) > len(self._activations)

    def take(self, step: Step) -> None:
        """One more operation."""
        name = step.operation
        if name in _NOTHING:
            return
        if self._limits is not None:
            raise self._error(name, "it follows the Clip of the actions")
        if name in _LAYERS:
            self._take_layer(step)
        elif name in _NUMBERS:
            self._take_number(step)
        elif name in _ACTIVATIONS:
            self._take_activation(step)
        elif name == "Clip":
            self._take_clip(step)
        else:
            known = ", ".join((*_LAYERS, *_NUMBERS, *_ACTIVATIONS, "Clip"))
            raise self._error(name, f"expected one of {known}")

    def _take_layer(self, step: Step) -> None:
        matrix = step.constants[0] if step.constants else None
        if not step.first or matrix is None or matrix.ndim != 2 or step.settings.get("transA"):
            raise self._error(step.operation, "expected a product with one constant matrix")
        if self._behind_layer:
            raise self._error(step.operation, "there is no activation since the layer before it")
        transposed = step.operation == "Gemm" and step.settings.get("transB", 0)
        weight = (matrix if transposed else matrix.T) * step.settings.get("alpha", 1.0)
        outputs, inputs = weight.shape
        added = step.constants[1] if len(step.constants) > 1 else None
        constant = np.zeros(outputs)
        if added is not None:
            constant = constant + self._vector(step, added, outputs) * step.settings.get(
                "beta", 1.0
            )
        factor = self._vector(step, self._factor, inputs)
        summand = self._vector(step, self._summand, inputs)
        if self._layers:
            weight, constant = weight * factor, constant + weight @ summand
        elif self._bound < np.inf or (factor != 1.0).any() or (summand != 0.0).any():
            if not (factor > 0.0).all():
                raise self._error(step.operation, "inputs are multiplied by a number below 0")
            self._scaling = Scaling(-summand / factor, 1.0 / factor**2, self._bound)
        self._layers.append((weight, constant))
        self._factor, self._summand = np.ones(1), np.zeros(1)

    def _take_number(self, step: Step) -> None:
        given = step.constants[0] if step.constants else None
        if given is None or (step.operation == "Div" and not step.first):
            raise self._error(step.operation, "expected a constant as its second input")
        if not self._layers and self._bound < np.inf:
            raise self._error(step.operation, "it follows the Clip of the inputs")
        value = given.ravel()
        factor, summand = {
            "Add": (np.ones(1), value),
            "Sub": (np.ones(1), -value) if step.first else (-np.ones(1), value),
            "Mul": (value, np.zeros(1)),
            "Div": (1.0 / value, np.zeros(1)),
        }[step.operation]
        if self._behind_layer:
            weight, constant = self._layers[-1]
            factor = self._vector(step, factor, constant.size)
            summand = self._vector(step, summand, constant.size)
            self._layers[-1] = (weight * factor[:, np.newaxis], constant * factor + summand)
        else:
            self._factor, self._summand = self._factor * factor, self._summand * factor + summand

    def _take_activation(self, step: Step) -> None:
        if not self._behind_layer:
            raise self._error(step.operation, "expected a layer before it")
        if step.settings.get("alpha", 1.0) != 1.0:
            raise self._error(step.operation, "expected alpha 1")
        self._activations.append(_ACTIVATIONS[step.operation])

    def _take_clip(self, step: Step) -> None:
        low, high = (*step.constants, None, None)[:2]
        if low is None or high is None:
            raise self._error(step.operation, "expected a lower and an upper bound")
        if self._layers:
            actions = self._layers[-1][1].size
            self._limits = self._vector(step, low, actions), self._vector(step, high, actions)
        elif (low != -high).any() or (high != high.flat[0]).any():
            raise self._error(step.operation, "expected inputs clipped to -b..b, the same for all")
        else:
            self._bound = float(high.flat[0])

    def finish(self, joints: tuple[str, ...]) -> Policy:
        """All operations have been taken."""
        if not self._layers:
            raise PolicyError(f"{self._where}: found no layer between observation and actions")
        actions = self._layers[-1][1].size
        squashed = not self._behind_layer
        hidden = self._activations[: len(self._layers) - 1]
        if len(set(hidden)) > 1 or (squashed and self._activations[-1] != "tanh"):
            raise PolicyError(
                f"{self._where}: found activations {', '.join(self._activations)}, expected one "
                "for all hidden units, and tanh or none for the actions"
            )
        low, high = self._limits or (-np.ones(actions), np.ones(actions))
        if squashed:
            low, high = (
                (self._summand + side * self._factor) * np.ones(actions) for side in (-1, 1)
            )
        activation = hidden[0] if hidden else "tanh"
        policy = Policy(tuple(self._layers), activation, squashed, low, high, self._scaling, joints)
        return checked(policy, self._where)

    def _vector(self, step: Step, values: FloatArray, size: int) -> FloatArray:
        """One number for each of `size`, from as many or from one."""
        if values.size not in (1, size):
            raise self._error(step.operation, f"found {values.size} numbers, expected 1 or {size}")
        return np.broadcast_to(np.asarray(values, np.float64).ravel(), size)

    def _error(self, operation: str, why: str) -> PolicyError:
        at = len(self._layers)
        return PolicyError(f"{self._where}: operation {operation} after layer {at}: {why}")
