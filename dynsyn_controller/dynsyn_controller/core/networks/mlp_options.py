"""Section `network` of a robot file with `type: mlp`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dynsyn_controller.core.networks.base import Body
from dynsyn_controller.core.schema import (
    SchemaError,
    check_at_least,
    check_positive,
    check_times,
)

TANH, RELU, LINEAR = 0, 1, 2
"""Activations, as kernels know them."""
ACTIVATIONS = {"tanh": TANH, "relu": RELU, "linear": LINEAR}


@dataclass(frozen=True)
class MlpOptions:
    """Options of a multilayer perceptron.

    Attributes:
        hidden: units of each hidden layer, from the observation to the outputs, each >= 1; empty:
            one layer of weights from the observation to the outputs.
        activation: of the hidden units.
        output_activation: of the outputs, which are clipped to -1..1 in any case.
        initial_scale: g of the first weights, U(-a, a) with a = g sqrt(3 / n) for n inputs, so that
            their standard deviation is g / sqrt(n), >= 0. First weights of constants are 0.
        normalisation_time: s of the rule; above 0, states and ranges are standardised by a running
            mean and variance of this time constant (see `standardisation`) in place of being
            multiplied by the channels' sensitivities; 0: not.
        input_scale: factor on the inputs, > 0.
    """

    hidden: tuple[int, ...] = (64, 64)
    activation: Literal["tanh", "relu"] = "tanh"
    output_activation: Literal["tanh", "linear"] = "tanh"
    initial_scale: float = 1.0
    normalisation_time: float = 0.0
    input_scale: float = 1.0


AT_BIRTH = ("initial_scale",)
"""Options that only say where weights began."""


def check(body: Body, options: MlpOptions) -> None:
    """Check the options.

    Raises:
        SchemaError: the first that cannot be.
    """
    for number, size in enumerate(options.hidden):
        if size < 1:
            raise SchemaError(f"network.hidden[{number}]", f"found {size}, expected 1 or more")
    check_at_least("network", options, ("initial_scale", "normalisation_time"))
    check_positive("network", options, ("input_scale",))
    check_times("network", options, ("normalisation_time",), body.dt)
