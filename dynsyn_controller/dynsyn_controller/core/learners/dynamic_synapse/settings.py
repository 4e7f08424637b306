"""The settings of the dynamic-synapse rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from dynsyn_controller.core.schema import (
    SchemaError,
    check_at_least,
    check_order,
    check_positive,
    check_times,
    numbers,
)

UNBOUNDED = 1e300
"""Stands for "no bound" in settings, which must be finite."""


@dataclass(frozen=True)
class DynamicSynapseSettings:
    """Settings of the rule.

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
        amplitude_initial: A at birth, dimensionless, >= 0.
        amplitude_minimum, amplitude_maximum: A is kept between them, >= 0.
        period_mean, period_std: mu and sigma of equation 2, s, > 0 and >= 0.
        period_minimum: shorter draws become this, s, > 0.
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
        fall_cost: reward, >= 0, that the rule takes from R of a fall before anything else, where
            the task's own reward hardly speaks of it; 0: nothing.
        effort_cost: reward per control step, >= 0, that equation 3 takes from R for each unit of
            effort (the sum over the joints of |effort| / limit), times the same square: what a
            reward per step pays for speed, a task that ends at the finish does not; 0: nothing.
    """

    learning_rate: float = 1.2e-5
    convergence_rate: float = 1e-9
    amplitude_law: Literal["linear", "exponential", "progress"] = "linear"
    progress_goal: float = 1.0
    progress_time: float = 1000.0
    step_exponent: float = 0.0
    amplitude_initial: float = 0.2
    amplitude_minimum: float = 0.0
    amplitude_maximum: float = UNBOUNDED
    period_mean: float = 20.0
    period_std: float = 2.0
    period_minimum: float = 1.0
    repulsion: bool = True
    reward_minimum: float = -UNBOUNDED
    reward_maximum: float = UNBOUNDED
    reward_minimum_late: float = 0.0
    baseline_time: float = 0.0
    settling_time: float = 0.0
    fall_cost: float = 0.0
    effort_cost: float = 0.0


_NOT_NEGATIVE = (
    "learning_rate",
    "convergence_rate",
    "amplitude_initial",
    "amplitude_minimum",
    "amplitude_maximum",
    "period_std",
    "baseline_time",
    "settling_time",
    "fall_cost",
    "effort_cost",
)
_POSITIVE = ("period_mean", "period_minimum", "progress_goal", "progress_time")
_ORDERED = (("amplitude_minimum", "amplitude_maximum"), ("reward_minimum", "reward_maximum"))
_AVERAGES = ("baseline_time", "progress_time")
TIMES = ("period_mean", "period_std", "period_minimum", "settling_time", *_AVERAGES)
"""Settings that are s."""

LINEAR_LAW, EXPONENTIAL_LAW, PROGRESS_LAW = 0, 1, 2
"""The choices of amplitude_law, as kernels know them."""


def check(settings: DynamicSynapseSettings, dt: float) -> None:
    """Check the ranges of the settings.

    Args:
        settings: of types that are right.
        dt: control step in the rule's ms.

    Raises:
        SchemaError: the first setting out of its range, with what was expected.
    """
    check_at_least("learner", settings, _NOT_NEGATIVE)
    check_positive("learner", settings, _POSITIVE)
    check_order("learner", settings, _ORDERED)
    if settings.reward_minimum_late > 0:
        raise SchemaError(
            "learner.reward_minimum_late",
            f"found {settings.reward_minimum_late}, expected 0 or less",
        )
    for name in ("amplitude_initial", "amplitude_minimum"):
        if settings.step_exponent != 0 and not getattr(settings, name) > 0:
            raise SchemaError(
                f"learner.{name}",
                f"found {getattr(settings, name)}, expected more than 0 with learner.step_exponent",
            )
    check_times("learner", settings, _AVERAGES, dt)


def kernel_settings(settings: Any, times: Iterable[str] = TIMES) -> dict[str, float | int]:
    """What the kernels read: choices as whole numbers, and these settings, which are s, in ms."""
    found = numbers(settings)
    for name in times:
        found[name] *= 1000.0
    return found
