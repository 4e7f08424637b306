"""The settings of the dynamic-synapse rule and of the networks, and their named presets.

A preset is a choice of values, never a fork of the code. `paper` follows the text of Wei & Webb
(IROS 2018), `authors` their published program, where the two differ neither is silently mended;
`dynsyn` is what learns best here.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dynsyn_controller.core.schema import SchemaError

UNBOUNDED = 1e300
"""Stands for "no bound" in settings, which must be finite."""


@dataclass(frozen=True)
class Rule:
    """Settings of synapses, gains and oscillators.

    Times are those of the rule (see `Robot.time_scale`).

    Attributes:
        learning_rate: alpha of equation 3, 1/ms, >= 0.
        convergence_rate: beta of equation 4, 1/ms, >= 0.
        amplitude_law: "linear": dA/dt = -beta R (equation 4); "exponential": dA/dt = -beta R A;
            "progress": A = amplitude_minimum + (amplitude_initial - amplitude_minimum)
            clip(1 - mean(R) / progress_goal, 0, 1), with a running mean of progress_time.
        progress_goal: reward per control step at which A reaches its minimum, > 0.
        progress_time: s, > 0.
        step_exponent: p, any sign: the learning rate becomes alpha (A / amplitude_initial)^p, so
            that centres settle as A shrinks (p > 0); 0: alpha, whatever A is.
        homeostasis_exponent: h, any sign: gains adapt, and the standardisation of states follows,
            at (A / amplitude_initial)^h times their rates, so that what learns slowly is not
            carried off by what moves whatever is earned (h > 0); 0: at their rates.
        amplitude_initial: A at birth, dimensionless, >= 0.
        amplitude_minimum, amplitude_maximum: A is kept between them, >= 0.
        period_mean, period_std: mu and sigma of equation 2, s, > 0 and >= 0.
        period_minimum: shorter draws become this, s, > 0.
        centre_range: centres start in U(-centre_range, centre_range) where the network sets none.
        repulsion: False: attractive only, R <- max(R, 0).
        reward_minimum, reward_maximum: R is clipped to them before anything else.
        reward_minimum_late: below 0, the lower bound goes from reward_minimum, while nothing is
            earned, to this one, where mean(R) reaches progress_goal, by the square of
            clip(mean(R) / progress_goal, 0, 1); 0: reward_minimum throughout.
        baseline_time: s; above 0, equation 3 takes R - mean(R) with a running mean of this time
            constant in place of R; 0: R itself.
        settling_time: s, >= 0: for so long, times the same square, after a terminal reward
            equation 3 takes 0 in place of R, terminal rewards apart: how a body starts that has
            been put back is not this moment's weights' doing; 0: no pause.
        effort_cost: reward per control step, >= 0, that equation 3 takes from R for each unit of
            effort (the sum over the joints of |effort| / limit), times the same square: what a
            reward per step pays for speed, a task that ends at the finish does not; 0: nothing.
        adaptation: of the hidden units' gain: "none", "linear" (equation 5:
            dg/dt = gamma (target - |o|)) or "nonlinear" (that times (2 - log10 g)(log10 g + 2)/4).
        adaptation_rate: gamma of equation 5, 1/ms, >= 0.
        adaptation_target: mean |output| that the gain steers to, 0..1.
        gain_initial: g at birth, > 0 (nonlinear: 0.01..100).
        oscillator_a, oscillator_b, oscillator_c: constants of equation 8.
        oscillator_rate: 1/tau of equations 7 and 8, 1/ms, > 0.
        oscillator_substeps: Runge-Kutta steps in one control step, >= 1.
        oscillator_bound: |v| and |w| are clipped to it after each of them, > 0 and at most 1000.
        oscillator_activation: of the oscillators' input: "linear" or "tanh" of the weighted sum.
        oscillator_bias: the oscillators' input has a constant 1 as a further input.
        action_activation: of the action layer: "linear" or "tanh".
        action_bias: the action layer has a constant 1 as a further input.
        normalisation_time: s; above 0, states reach the action layer standardised by a running
            mean and variance of this time constant (see `core.normalisation`); 0: as they are.
        state_scale: factor on the states that reach the action layer, > 0.
        negative_inputs: the negative halves of the states reach layer 1 (else they are 0).
    """

    learning_rate: float = 1.2e-5
    convergence_rate: float = 1e-9
    amplitude_law: Literal["linear", "exponential", "progress"] = "linear"
    progress_goal: float = 1.0
    progress_time: float = 1000.0
    step_exponent: float = 0.0
    homeostasis_exponent: float = 0.0
    amplitude_initial: float = 0.2
    amplitude_minimum: float = 0.0
    amplitude_maximum: float = UNBOUNDED
    period_mean: float = 20.0
    period_std: float = 2.0
    period_minimum: float = 1.0
    centre_range: float = 0.1
    repulsion: bool = True
    reward_minimum: float = -UNBOUNDED
    reward_maximum: float = UNBOUNDED
    reward_minimum_late: float = 0.0
    baseline_time: float = 0.0
    settling_time: float = 0.0
    effort_cost: float = 0.0
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
    oscillator_activation: Literal["linear", "tanh"] = "linear"
    oscillator_bias: bool = False
    action_activation: Literal["linear", "tanh"] = "linear"
    action_bias: bool = False
    normalisation_time: float = 0.0
    state_scale: float = 1.0
    negative_inputs: bool = True


_AUTHORS = Rule(
    convergence_rate=3e-9,
    amplitude_law="exponential",
    centre_range=0.2,
    adaptation="nonlinear",
    oscillator_b=2.0,
    oscillator_rate=0.02,
    oscillator_substeps=1,
    oscillator_bound=2.0,
    oscillator_activation="tanh",
    oscillator_bias=True,
    action_activation="tanh",
    action_bias=True,
    negative_inputs=False,
)

PRESETS: dict[str, Rule] = {
    # tau = 0.02 is read as seconds: with milliseconds one control step would be 1650 tau. With the
    # printed b = 0.2 the oscillators rest for any constant input; set oscillator_b to 2 to see them
    # swing. Where the text gives no value (periods, first amplitude, first gain): the authors'.
    # A strong drive makes v - v^3 stiff: 8 substeps follow it up to |v| = 2, and the bound, which
    # ordinary drives never reach, keeps the rest finite.
    "paper": Rule(),
    "authors": _AUTHORS,
    "dynsyn": dataclasses.replace(
        _AUTHORS,
        learning_rate=1.1e-4,
        amplitude_law="progress",
        progress_goal=0.22,
        amplitude_initial=0.25,
        amplitude_minimum=0.05,
        step_exponent=0.5,
        homeostasis_exponent=2.0,
        period_mean=40.0,
        period_std=16.0,
        period_minimum=4.0,
        reward_minimum=-15.0,
        reward_minimum_late=-100.0,
        baseline_time=100.0,
        settling_time=6.6,
        effort_cost=0.12,
        normalisation_time=1000.0,
        state_scale=0.5,
        negative_inputs=True,
    ),
}

_NOT_NEGATIVE = (
    "learning_rate",
    "convergence_rate",
    "amplitude_initial",
    "amplitude_minimum",
    "amplitude_maximum",
    "period_std",
    "centre_range",
    "baseline_time",
    "settling_time",
    "effort_cost",
    "adaptation_rate",
    "adaptation_target",
    "normalisation_time",
)
_POSITIVE = (
    "period_mean",
    "period_minimum",
    "gain_initial",
    "oscillator_rate",
    "oscillator_bound",
    "oscillator_substeps",
    "state_scale",
    "progress_goal",
    "progress_time",
)
_CODES = {
    "amplitude_law": ("linear", "exponential", "progress"),
    "adaptation": ("none", "linear", "nonlinear"),
    "oscillator_activation": ("linear", "tanh"),
    "action_activation": ("linear", "tanh"),
}

_AVERAGES = ("baseline_time", "progress_time", "normalisation_time")
_TIMES = ("period_mean", "period_std", "period_minimum", "settling_time", *_AVERAGES)

LINEAR_LAW, EXPONENTIAL_LAW, PROGRESS_LAW = 0, 1, 2
NO_ADAPTATION, LINEAR_ADAPTATION, NONLINEAR_ADAPTATION = 0, 1, 2
LINEAR, TANH = 0, 1

_WHOLE = ("oscillator_substeps", "repulsion", *_CODES)
_WHOLE += ("oscillator_bias", "action_bias", "negative_inputs")
PARAMETER_FIELDS = [("dt", np.float64)] + [
    (field.name, np.int64 if field.name in _WHOLE else np.float64)
    for field in dataclasses.fields(Rule)
]
"""Fields of the parameter record that kernels read; choices as whole numbers; times in ms."""


def check(rule: Rule) -> None:
    """Check the ranges of a rule's settings.

    Raises:
        SchemaError: the first setting out of its range, with what was expected.
    """
    for name in _NOT_NEGATIVE:
        if not getattr(rule, name) >= 0:
            raise SchemaError(f"rule.{name}", f"found {getattr(rule, name)}, expected 0 or more")
    for name in _POSITIVE:
        if not getattr(rule, name) > 0:
            raise SchemaError(f"rule.{name}", f"found {getattr(rule, name)}, expected more than 0")
    for low, high in (
        ("amplitude_minimum", "amplitude_maximum"),
        ("reward_minimum", "reward_maximum"),
    ):
        if getattr(rule, low) > getattr(rule, high):
            raise SchemaError(f"rule.{low}", f"found {getattr(rule, low)}, above rule.{high}")
    if rule.reward_minimum_late > 0:
        raise SchemaError(
            "rule.reward_minimum_late", f"found {rule.reward_minimum_late}, expected 0 or less"
        )
    for exponent in ("step_exponent", "homeostasis_exponent"):
        for name in ("amplitude_initial", "amplitude_minimum"):
            if getattr(rule, exponent) != 0 and not getattr(rule, name) > 0:
                raise SchemaError(
                    f"rule.{name}",
                    f"found {getattr(rule, name)}, expected more than 0 with rule.{exponent}",
                )
    if rule.oscillator_bound > 1000:
        raise SchemaError(
            "rule.oscillator_bound", f"found {rule.oscillator_bound}, expected at most 1000"
        )
    if rule.adaptation == "nonlinear" and not 0.01 <= rule.gain_initial <= 100:
        raise SchemaError("rule.gain_initial", f"found {rule.gain_initial}, expected 0.01 to 100")


def as_saved(settings: dict[str, Any]) -> dict[str, Any]:
    """Every setting of a saved rule: those that its file names, and younger ones as off."""
    return dataclasses.asdict(Rule()) | settings


def parameters(rule: Rule, dt: float, extra: dict[str, Any] | None = None) -> np.ndarray:
    """The parameter record (shape (1,)) that kernels take.

    Args:
        rule: checked settings.
        dt: control step in the rule's ms, > 0.
        extra: a network's own numbers, appended as float64 fields.

    Raises:
        SchemaError: see `check`, or a running mean over less than one control step.
    """
    check(rule)
    for name in _AVERAGES:
        if 0.0 < getattr(rule, name) < dt / 1000.0:
            raise SchemaError(
                f"rule.{name}",
                f"found {getattr(rule, name)} s, expected a control step ({dt / 1000.0} s) or more",
            )
    extra = extra or {}
    record = np.zeros(1, dtype=PARAMETER_FIELDS + [(name, np.float64) for name in extra])
    record["dt"] = dt
    for name, value in dataclasses.asdict(rule).items():
        record[name] = _CODES[name].index(value) if name in _CODES else value
    for name in _TIMES:
        record[name] *= 1000.0
    for name, value in extra.items():
        record[name] = value
    return record
