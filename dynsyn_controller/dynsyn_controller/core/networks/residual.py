"""A perceptron that is left alone, and beside it a small residual that learns.

With p the outputs of the perceptron (see `mlp`), x its inputs and k the scale, 0 < k <= 2:

    output = p + k tanh(W (x, 1))

W are the synapses, 0 at birth, so that a lifetime begins as its policy acts and never goes further
from it than k, whatever is learnt. The perceptron's weights come from elsewhere (`dynsyn import`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dynsyn_controller.core.networks.activation import squash, tanh
from dynsyn_controller.core.networks.base import Body, FloatArray, stack_layers
from dynsyn_controller.core.networks.mlp import MlpNetwork, propagate, sense
from dynsyn_controller.core.networks.mlp_options import MlpOptions
from dynsyn_controller.core.networks.weighted_sums import weighted_sums
from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.core.schema import SchemaError

LARGEST_SCALE = 2.0
"""From one limit of effort to the other: a larger scale bounds nothing."""


@dataclass(frozen=True)
class ResidualOptions(MlpOptions):
    """Options of the perceptron, and one of the residual.

    Attributes:
        residual_scale: k, in effort limits, > 0 and at most LARGEST_SCALE.
    """

    residual_scale: float = 0.1


@njit(cache=True, inner=True)
def output_input(state, settings):
    """What the residual hears: the inputs of the policy."""
    return state.unit[: settings.sizes[0] + 1]


@njit(cache=True, inner=True)
def output_of(state, settings, total):
    """Of the residual, before it is scaled and added to the policy's output."""
    return tanh(total)


@njit(cache=True, inner=True)
def think(state, settings, observation, learning):
    """The policy's outputs, and the residual on top of them."""
    sense(state, settings, observation, learning)
    propagate(state, settings, state.policy_weight)
    residual, inputs = state.residual, output_input(state, settings)
    weighted_sums(state.weight, 0, inputs, inputs.size, residual, residual.size)
    squash(residual)
    for j in range(residual.size):
        state.output[j] += settings.residual_scale * residual[j]


class ResidualNetwork(MlpNetwork):
    """See `networks.base.Network`, `ResidualOptions` and the module.

    Attributes:
        policy_layers: of the perceptron, in the order of `policy_weight`.
    """

    name = "residual"
    Options = ResidualOptions
    adjustable: ClassVar[tuple[str, ...]] = (*MlpNetwork.adjustable, "residual_scale")
    output_input, output_of, think = output_input, output_of, think

    def __init__(self, body: Body, options: ResidualOptions) -> None:
        if not 0.0 < options.residual_scale <= LARGEST_SCALE:
            raise SchemaError(
                "network.residual_scale",
                f"found {options.residual_scale}, expected more than 0 and at most "
                f"{LARGEST_SCALE:g}",
            )
        super().__init__(body, options)
        self.policy_layers = self.layers
        self.layers = stack_layers([("residual", body.joints, (*body.channels, "constant"))])
        self.unit_names += tuple(f"residual.{name}" for name in body.joints)

    def check_birth(self) -> None:
        """Raises SchemaError: the policy comes from elsewhere."""
        raise SchemaError(
            "network.type",
            f"{self.name} has no policy at birth; make a lifetime of one: dynsyn import ROBOT FILE "
            "OUT --learner TYPE --residual K",
        )

    def fields(self) -> list[tuple]:
        """Those of the perceptron, its weights, and the outputs of the residual in -1..1."""
        return [
            *super().fields(),
            ("policy_weight", np.float64, (self.policy_layers[-1].slice.stop,)),
            ("residual", np.float64, (len(self.body.joints),)),
        ]

    def initial_weights(self, generator: np.random.Generator) -> FloatArray:
        """The residual begins at 0."""
        return np.zeros(self.synapses)

    def activity(self, record: np.void) -> FloatArray:
        """Values of the hidden units, the outputs and the residual, dimensionless."""
        return np.concatenate([super().activity(record), record["residual"]])
