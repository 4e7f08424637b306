"""Section `network` of a robot file with `type: ncap`: options, their checks, first weights."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.networks.base import Body
from dynsyn_controller.core.schema import SchemaError

KINDS = ("osc", "prop", "ipsi", "contra")
"""Synapses of the circuit, in the order of the flat arrays."""

SIGNS = {"osc": 1.0, "prop": 1.0, "ipsi": 1.0, "contra": -1.0}
"""Excitation or inhibition, where signs are constrained."""

PRESETS = {
    # nothing of where the body's channels are: `bend`, `speed` and `turn` are the robot file's
    "paper": {
        "weights": "shared",
        "signs": "constrained",
        "saturation": "pass",
        "initial": "equal",
        "initial_magnitude": 1.0,
        "given": None,
        "oscillator": "square",
        "period_steps": 60,
        "activation": "rectify",
        "commands": "fixed",
        "turn_weight": 1.0,
        "speed_weight": -1.0,
    },
}
"""`paper`: the text's circuit and first weights (section 3.3, appendix A.3). Its program clips the
activation as well."""

STRUCTURE = ("weights", "signs", "bend", "speed", "turn")
"""What a lifetime cannot go on with others of: its synapses, and what weights and channels mean."""


@dataclass(frozen=True)
class GivenWeights:
    """First weights of each kind of synapse, signed, dimensionless."""

    osc: float = 1.0
    prop: float = 1.0
    ipsi: float = 1.0
    contra: float = -1.0


@dataclass(frozen=True)
class NcapOptions:
    """See the module; defaults are the paper's.

    Attributes:
        weights: "shared" by modules and sides (4 synapses) or "separate" (6 for every module).
        signs: "constrained": osc, prop and ipsi act as max(w, 0), contra as min(w, 0), and their
            learnt values stop at 0; "free": as they are, with first signs drawn at random unless
            given.
        saturation: under constrained signs: "stop": the learnt value of osc stops where osc times
            ipsi saturates the first joint, |osc ipsi| = 1; "pass": it goes on.
        initial: first weights: "equal": |w| = initial_magnitude; "uniform": |w| drawn from
            U(0, initial_magnitude); "given": those of `given`.
        initial_magnitude: dimensionless, > 0.
        given: used with initial "given" only.
        oscillator: "square", or "sine": (1 + sin) / 2; the ventral one is 1 less the dorsal one.
        period_steps: of the oscillators, control steps, >= 2.
        activation: f: "rectify": max(z, 0) (the paper's text) or "clip": to 0..1 (its program).
        bend: "unit": position channels come in -1..1; "ring": in rad, with a range of
            +-2 pi / (joints + 1), at whose ends the body closes to a ring.
        speed: name of the channel that holds the speed 0..1; empty: always 1.
        turn: name of the channel that holds the turn, -1 (right) to 1 (left); empty: always 0.
        commands: "fixed": turn_weight and speed_weight as in the paper; "relative": both times the
            weight (osc, prop) of the drive that they add to.
        turn_weight: fixed weight of the turn, >= 0.
        speed_weight: fixed weight of 1 - speed, <= 0.
    """

    weights: Literal["shared", "separate"] = "shared"
    signs: Literal["constrained", "free"] = "constrained"
    saturation: Literal["stop", "pass"] = "stop"
    initial: Literal["equal", "uniform", "given"] = "equal"
    initial_magnitude: float = 1.0
    given: GivenWeights | None = None
    oscillator: Literal["square", "sine"] = "square"
    period_steps: int = 60
    activation: Literal["rectify", "clip"] = "rectify"
    bend: Literal["unit", "ring"] = "unit"
    speed: str = ""
    turn: str = ""
    commands: Literal["fixed", "relative"] = "fixed"
    turn_weight: float = 1.0
    speed_weight: float = -1.0


def check(body: Body, options: NcapOptions) -> None:
    """Check options against each other and against the body.

    Raises:
        SchemaError: the first that cannot be.
    """
    _check_range("initial_magnitude", options.initial_magnitude, "more than 0", above=0.0)
    _check_range("period_steps", options.period_steps, "2 or more", above=1.0)
    if options.turn_weight < 0:
        raise SchemaError("network.turn_weight", f"found {options.turn_weight}, expected 0 or more")
    if options.speed_weight > 0:
        raise SchemaError(
            "network.speed_weight", f"found {options.speed_weight}, expected 0 or less"
        )
    if (options.given is not None) != (options.initial == "given"):
        expected = "missing" if options.given is None else "not used"
        raise SchemaError("network.given", f"{expected} with initial: {options.initial}")
    if options.given is not None and options.signs == "constrained":
        for field in fields(GivenWeights):
            weight = getattr(options.given, field.name)
            if weight * SIGNS[field.name] < 0:
                expected = "0 or more" if SIGNS[field.name] > 0 else "0 or less"
                raise SchemaError(
                    f"network.given.{field.name}", f"found {weight}, expected {expected}"
                )
    _check_channels(body, options)


def _check_range(name: str, value: float, expected: str, above: float) -> None:
    if not (math.isfinite(value) and value > above):
        raise SchemaError(f"network.{name}", f"found {value}, expected {expected}")


def _check_channels(body: Body, options: NcapOptions) -> None:
    for key in ("speed", "turn"):
        name = getattr(options, key)
        if name and name not in body.states:
            raise SchemaError(
                f"network.{key}",
                f"found {name!r}, expected a state of the observation: {', '.join(body.states)}",
            )
    for joint, channels in zip(body.joints[:-1], body.joint_channels[:-1], strict=True):
        if "position" not in channels:
            raise SchemaError(
                "observation", f"no position channel of {joint}, whose bend the next module senses"
            )


def initial_weights(
    options: NcapOptions, kind: str, count: int, generator: np.random.Generator
) -> NDArray[np.float64]:
    """First weights of the `count` synapses of a kind."""
    if options.given is not None:
        return np.full(count, getattr(options.given, kind))
    magnitude = np.full(count, options.initial_magnitude)
    if options.initial == "uniform":
        magnitude = generator.uniform(0.0, options.initial_magnitude, count)
    if options.signs == "constrained":
        return SIGNS[kind] * magnitude
    return magnitude * generator.choice([-1.0, 1.0], count)
