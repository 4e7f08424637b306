"""Options of the walker's network: section `network` of a robot file with `type: walker`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from dynsyn_controller.core.networks.base import Body
from dynsyn_controller.core.schema import (
    SchemaError,
    check_at_least,
    check_positive,
    check_times,
    numbers,
)


@dataclass(frozen=True)
class Drive:
    """A first weight of the action layer: `weight` on output "v" or "w" of an oscillator."""

    joint: str
    oscillator: int
    output: str
    weight: float


@dataclass(frozen=True)
class WalkerOptions:
    """Section `network` of a robot file with `type: walker`; defaults are the paper's.

    Times are those of the rule (see `Robot.time_scale`).

    Attributes:
        hidden: units of layer 2, >= 1.
        oscillators: of layer 3, >= 1.
        drives: first weights from oscillators to joints; the others start at 0.
        position_feedback, velocity_feedback: first weights from a joint's own channels.
        initial_range: weights of the layers hidden and drive start in
            U(-initial_range, initial_range), >= 0.
        homeostasis_exponent: h, any sign: gains adapt, and the standardisation of states follows,
            at x^h times their rates, with the learner's exploration x, so that what learns slowly
            is not carried off by what moves whatever is earned (h > 0); 0: at their rates.
        adaptation: of the hidden units' gain: "none", "linear" (equation 5:
            dg/dt = gamma (target - |o|)) or "nonlinear" (that times (2 - log10 g)(log10 g + 2)/4).
        adaptation_rate: gamma of equation 5, 1/ms, >= 0.
        adaptation_target: mean |output| that the gain steers to, 0..1.
        gain_initial: g at birth, > 0 (nonlinear: 0.01..100).
        oscillator_a, oscillator_b, oscillator_c: constants of equation 8.
        oscillator_rate: 1/tau of equations 7 and 8, 1/ms, > 0.
        oscillator_substeps: Runge-Kutta steps in one control step, >= 1.
        oscillator_bound: |v| and |w| are clipped to it after each of them, > 0 and at most 1000.
        oscillator_coupling: each oscillator hears this times the mean of the others' v with a minus
            beside its input, >= 0: above 0, two of them go out of phase; 0: they are not coupled.
        oscillator_activation: of the oscillators' input: "linear" or "tanh" of the weighted sum.
        oscillator_bias: the oscillators' input has a constant 1 as a further input.
        action_activation: of the action layer: "linear" or "tanh".
        action_bias: the action layer has a constant 1 as a further input.
        normalisation_time: s; above 0, states reach the action layer standardised by a running
            mean and variance of this time constant (see `standardisation`); 0: as they are.
        state_scale: factor on the states that reach the action layer, > 0.
        negative_inputs: the negative halves of the states reach layer 1 (else they are 0).
    """

    hidden: int = 8
    oscillators: int = 2
    drives: tuple[Drive, ...] = field(default_factory=tuple)
    position_feedback: float = 0.0
    velocity_feedback: float = 0.0
    initial_range: float = 0.1
    homeostasis_exponent: float = 0.0
    adaptation: Literal["none", "linear", "nonlinear"] = "linear"
    adaptation_rate: float = 1e-6
    adaptation_target: float = 0.3
    gain_initial: float = 0.5
    oscillator_a: float = 0.08
    oscillator_b: float = 0.2
    oscillator_c: float = 0.8
    oscillator_rate: float = 0.05
    oscillator_substeps: int = 8
    oscillator_bound: float = 10.0
    oscillator_coupling: float = 0.0
    oscillator_activation: Literal["linear", "tanh"] = "linear"
    oscillator_bias: bool = False
    action_activation: Literal["linear", "tanh"] = "linear"
    action_bias: bool = False
    normalisation_time: float = 0.0
    state_scale: float = 1.0
    negative_inputs: bool = True


STRUCTURE = ("hidden", "oscillators", "drives", "position_feedback", "velocity_feedback")
"""What a lifetime cannot go on with others of."""

NO_ADAPTATION, LINEAR_ADAPTATION, NONLINEAR_ADAPTATION = 0, 1, 2
LINEAR, TANH = 0, 1
"""Choices, as kernels know them."""

_NOT_NEGATIVE = (
    "initial_range",
    "adaptation_rate",
    "adaptation_target",
    "oscillator_coupling",
    "normalisation_time",
)
_POSITIVE = (
    "gain_initial",
    "oscillator_rate",
    "oscillator_bound",
    "oscillator_substeps",
    "state_scale",
)


def check(body: Body, options: WalkerOptions) -> None:
    """Check the options against each other and against the body.

    Raises:
        SchemaError: the first that cannot be.
    """
    check_at_least("network", options, ("hidden", "oscillators"), 1)
    check_at_least("network", options, _NOT_NEGATIVE)
    check_positive("network", options, _POSITIVE)
    if options.oscillator_bound > 1000:
        raise SchemaError(
            "network.oscillator_bound", f"found {options.oscillator_bound}, expected at most 1000"
        )
    if options.adaptation == "nonlinear" and not 0.01 <= options.gain_initial <= 100:
        raise SchemaError(
            "network.gain_initial", f"found {options.gain_initial}, expected 0.01 to 100"
        )
    check_times("network", options, ("normalisation_time",), body.dt)
    _check_drives(body, options)


def _check_drives(body: Body, options: WalkerOptions) -> None:
    if not body.states:
        raise SchemaError("observation", "no channel of kind state, expected at least one")
    for number, drive in enumerate(options.drives):
        where = f"network.drives[{number}]"
        if drive.joint not in body.joints:
            raise SchemaError(f"{where}.joint", f"{drive.joint!r} is not a joint of this robot")
        if not 0 <= drive.oscillator < options.oscillators:
            raise SchemaError(
                f"{where}.oscillator",
                f"found {drive.oscillator}, expected 0 to {options.oscillators - 1}",
            )
        if drive.output not in ("v", "w"):
            raise SchemaError(f"{where}.output", f"found {drive.output!r}, expected v or w")


def kernel_settings(body: Body, options: WalkerOptions) -> dict[str, Any]:
    """What the kernels read: times in ms, choices as whole numbers, number of states."""
    found = numbers(options)
    found["normalisation_time"] *= 1000.0
    return {**found, "states": len(body.states)}
