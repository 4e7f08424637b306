"""Section `network` of a robot file with `type: mlp`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dynsyn_controller.core.networks.base import Body
from dynsyn_controller.core.networks.standardisation import BOUND
from dynsyn_controller.core.schema import (
    SchemaError,
    check_at_least,
    check_positive,
    check_times,
)

TANH, RELU, LINEAR, ELU, LEAKY_RELU = 0, 1, 2, 3, 4
"""Activations, as kernels know them."""
ACTIVATIONS = {
    "tanh": TANH,
    "relu": RELU,
    "linear": LINEAR,
    "elu": ELU,
    "leaky_relu": LEAKY_RELU,
}
FIXED = 1
"""The choice of input_statistics, as kernels know it."""


@dataclass(frozen=True)
class MlpOptions:
    """Options of a multilayer perceptron.

    Attributes:
        hidden: units of each hidden layer, from the observation to the outputs, each >= 1; empty:
            one layer of weights from the observation to the outputs.
        activation: of the hidden units; "leaky_relu" is 0.01 x below 0.
        layer_normalisation: the sums of each hidden layer are brought to mean 0 and variance 1
            before the activation, without weights of their own (Ba et al. 2016).
        output_activation: of the outputs, which are clipped to -1..1 in any case.
        initial_scale: g of the first weights, U(-a, a) with a = g sqrt(3 / n) for n inputs, so that
            their standard deviation is g / sqrt(n), >= 0. First weights of constants are 0.
        normalisation_time: s of the rule; above 0, states and ranges are standardised by a running
            mean and variance of this time constant (see `standardisation`) in place of being
            multiplied by the channels' sensitivities; 0: not.
        input_statistics: "running": as `normalisation_time` has it; "fixed": inputs are
            standardised by a mean and a variance that stand still (at birth 0 and 1), such as come
            with a policy that was learnt elsewhere.
        input_bound: standard deviations, > 0; standardised inputs beyond it are drawn in.
        input_scale: factor on the inputs, > 0.
    """

    hidden: tuple[int, ...] = (64, 64)
    activation: Literal["tanh", "relu", "elu", "leaky_relu"] = "tanh"
    layer_normalisation: bool = False
    output_activation: Literal["tanh", "linear"] = "tanh"
    initial_scale: float = 1.0
    normalisation_time: float = 0.0
    input_statistics: Literal["running", "fixed"] = "running"
    input_bound: float = BOUND
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
    check_positive("network", options, ("input_bound", "input_scale"))
    check_times("network", options, ("normalisation_time",), body.dt)
    if options.input_statistics == "fixed" and options.normalisation_time > 0:
        raise SchemaError(
            "network.normalisation_time",
            f"found {options.normalisation_time}, expected 0 with input_statistics: fixed",
        )
