"""A policy that was learnt elsewhere: layers of weights, and what comes before and after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class PolicyError(ValueError):
    """A policy that cannot be used; the message names the file, what was found and expected."""


@dataclass(frozen=True)
class Scaling:
    """How a policy scales an observation before its first layer: clip((x - mean) / s, -b, b).

    Attributes:
        mean: (channels,).
        variance: s^2, (channels,), > 0.
        bound: b, > 0; may be infinite.
    """

    mean: FloatArray
    variance: FloatArray
    bound: float


@dataclass(frozen=True)
class Policy:
    """A multilayer perceptron from an observation to actions.

    Attributes:
        layers: weights (outputs, inputs) and constants (outputs,) of each, from first to last.
        activation: of the hidden units: tanh, relu, elu or leaky_relu.
        squashed: actions are low..high by a hyperbolic tangent; else as they are, clipped.
        low, high: bounds of the actions, (actions,).
        scaling: of the observation; None: none.
        joints: names of what the actions are for, where the file says them; else empty.
        layer_normalised: hidden layers are normalised before their activation.
    """

    layers: tuple[tuple[FloatArray, FloatArray], ...]
    activation: str
    squashed: bool
    low: FloatArray
    high: FloatArray
    scaling: Scaling | None = None
    joints: tuple[str, ...] = ()
    layer_normalised: bool = False

    @property
    def sizes(self) -> tuple[int, ...]:
        """Channels, hidden units of each layer, actions."""
        return (self.layers[0][0].shape[1], *(constant.size for _, constant in self.layers))

    def weights(self, order: Sequence[int]) -> FloatArray:
        """All weights, flat, as the network `mlp` has them: output 1 stands for an effort limit.

        Args:
            order: for each joint, which action is its own.
        """
        matrices = [np.column_stack(layer) for layer in self.layers]
        last = matrices[-1]
        if not self.squashed:
            last[:, -1] -= (self.high + self.low) / 2.0
            last /= (self.high - self.low)[:, np.newaxis] / 2.0
        matrices[-1] = last[list(order)]
        return np.concatenate([matrix.ravel() for matrix in matrices])


def checked(policy: Policy, where: str) -> Policy:
    """The same policy, if it can be one.

    Raises:
        PolicyError: sizes that do not follow each other, numbers that are not finite, or actions
            without bounds.
    """
    for number, (before, after) in enumerate(
        zip(policy.layers, policy.layers[1:], strict=False), start=2
    ):
        if before[1].size != after[0].shape[1]:
            raise PolicyError(
                f"{where}: layer {number}: found {after[0].shape[1]} inputs, expected the "
                f"{before[1].size} outputs of the one before"
            )
    for number, (weight, constant) in enumerate(policy.layers, start=1):
        if weight.shape[0] != constant.size:
            raise PolicyError(
                f"{where}: layer {number}: found {constant.size} constants, expected one for each "
                f"of its {weight.shape[0]} outputs"
            )
        if not (np.isfinite(weight).all() and np.isfinite(constant).all()):
            raise PolicyError(f"{where}: layer {number}: found a weight that is not finite")
    low, high, actions = policy.low, policy.high, policy.sizes[-1]
    if low.size != actions or high.size != actions:
        raise PolicyError(
            f"{where}: bounds of actions: found {low.size}, expected one for each of {actions}"
        )
    if not (np.isfinite(low).all() and np.isfinite(high).all() and (low < high).all()):
        raise PolicyError(
            f"{where}: bounds of actions: found {low.tolist()} to {high.tolist()}, expected finite "
            "ones, the lower first"
        )
    _check_scaling(policy, where)
    return policy


def _check_scaling(policy: Policy, where: str) -> None:
    if policy.scaling is None:
        return
    mean, variance, channels = policy.scaling.mean, policy.scaling.variance, policy.sizes[0]
    if mean.shape != (channels,) or variance.shape != (channels,):
        raise PolicyError(
            f"{where}: statistics of observations: found {mean.size}, expected one for each of "
            f"the policy's {channels} inputs"
        )
    if not (np.isfinite(mean).all() and np.isfinite(variance).all() and (variance > 0).all()):
        raise PolicyError(
            f"{where}: statistics of observations: expected finite means and variances above 0"
        )
    if not policy.scaling.bound > 0:
        raise PolicyError(
            f"{where}: bound of observations: found {policy.scaling.bound}, expected more than 0"
        )
