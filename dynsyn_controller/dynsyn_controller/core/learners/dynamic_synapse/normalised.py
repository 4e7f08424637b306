"""Dynamic synapses that hear rewards in units of their own.

No setting is in units of a task's reward, so one set of values serves every body. With R the reward
of a control step, m its running mean, L the steps of the course that ends now and L_0 those of a
usual one, equation 3 takes H in place of R:

    D = R - m                       at the end of a course:  D = R - m + m (L - L_0)
    H = clip(D / s, -k, k)          s: running mean of |D|
    k = clip(bound_course L_0, bound_minimum, bound_maximum)

Over a course, D adds up to its return less m L_0, what a usual course brings (the gradient estimate
of an episode's return with a baseline: Williams 1992). So a course that ends early is worth less by
what the rest would have brought, and a task that pays the same for every step until the body falls
can be learnt. Where courses never end, D is R - m, as in reward centering (Naik et al. 2024).

Nothing far out moves m or s at once: what m follows is bounded by k s, and what s follows by k s or
2 L_0 s, whichever is wider. s is the larger of two means, one SLOWER than the other. A course of
which a part was not learnt from says nothing by its length.

The amplitude is constant. See docs/rule.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from dynsyn_controller.core.learners.base import Learner, Preset
from dynsyn_controller.core.learners.dynamic_synapse import kernels
from dynsyn_controller.core.learners.dynamic_synapse.learner import DynamicSynapse
from dynsyn_controller.core.learners.dynamic_synapse.presets import LIFELONG_STATISTICS, PRESETS
from dynsyn_controller.core.learners.dynamic_synapse.settings import UNBOUNDED, kernel_settings
from dynsyn_controller.core.networks.base import Body
from dynsyn_controller.core.networks.standardisation import rate_after
from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.core.schema import (
    check_at_least,
    check_order,
    check_positive,
    check_times,
)

LARGEST_SHARE = 0.1
"""Of one course in the length of a usual one, but for the first ten."""
SLOWER = 10.0
"""Times as slow as m is the second mean of |D|: after a rest, rewards are no shock."""
ROUNDING = 1e-9
"""Of m: differences as small as this are none."""
UNKNOWN = -(2.0**52)
"""Steps of a course of which a part was not learnt from, less the episodes that had ended then."""


@dataclass(frozen=True)
class NormalisedSettings:
    """Settings of the learner.

    Times are those of the rule (see `Robot.time_scale`).

    Attributes:
        learning_rate: alpha of equation 3, 1/ms, >= 0, for rewards in units of their own.
        amplitude: A, dimensionless, >= 0.
        usual_time: s, > 0, time constant of m, s and L_0.
        bound_course: k in usual courses, >= 0: no step counts more than so many usual steps.
        bound_minimum, bound_maximum: k lies between them, > 0; where no course has ended yet, it is
            bound_maximum.
        course_credit: False: D = R - m at the end of a course, too.
        period_mean, period_std: mu and sigma of equation 2, s, > 0 and >= 0.
        period_minimum: shorter draws become this, s, > 0.
    """

    learning_rate: float = 4e-5
    amplitude: float = 0.2
    usual_time: float = 10.0
    bound_course: float = 0.25
    bound_minimum: float = 10.0
    bound_maximum: float = 300.0
    course_credit: bool = True
    period_mean: float = 40.0
    period_std: float = 16.0
    period_minimum: float = 4.0


_CARRIED = (
    "rewards",
    "reward_mean",
    "reward_size",
    "reward_size_slow",
    "courses",
    "course_mean",
)
_SCALARS = (*_CARRIED, "course_steps")
_NOT_NEGATIVE = ("learning_rate", "amplitude", "bound_course", "period_std")
_POSITIVE = ("usual_time", "bound_minimum", "bound_maximum", "period_mean", "period_minimum")
_TIMES = ("usual_time", "period_mean", "period_std", "period_minimum")


@njit(cache=True, inner=True)
def judge(state, parameters, reward, terminal):
    """H of the module's equations.

    Args:
        state: the lifetime's record; its running means are changed.
        parameters: parameter record.
        reward: R.
        terminal: the course has ended.
    """
    rate = rate_after(state.rewards, parameters.dt / parameters.usual_time)
    if state.rewards == 0.0:
        state.reward_mean = reward
    state.rewards += 1.0
    if state.course_steps >= 0.0:
        state.course_steps += 1.0
    mean, usual = state.reward_mean, state.course_mean
    size = max(state.reward_size, state.reward_size_slow)
    bound = parameters.bound_maximum
    if state.courses > 0.0:
        bound = max(parameters.bound_course * usual, parameters.bound_minimum)
        bound = min(bound, parameters.bound_maximum)
    difference = reward - mean
    if terminal:
        if state.course_steps > 0.0:
            difference += _end_course(state, parameters, rate, mean)
        state.course_steps = 0.0
    if abs(difference) <= ROUNDING * abs(mean):
        difference = 0.0
    if size == 0.0:  # all rewards have been the same so far
        size = abs(difference)
        if size == 0.0:
            return 0.0
        state.reward_size = state.reward_size_slow = size
    limit = bound * size
    state.reward_mean += rate * min(max(reward - mean, -limit), limit)
    # wider than H: where only the ends of courses say something, s is to be as large as they are
    found = min(abs(difference), max(bound, 2.0 * usual) * size)
    state.reward_size += rate * (found - state.reward_size)
    slow = rate_after(state.rewards, rate / SLOWER)
    state.reward_size_slow += slow * (found - state.reward_size_slow)
    return min(max(difference, -limit), limit) / size


@njit(cache=True, inner=True)
def _end_course(state, parameters, rate, mean):
    """m (L - L_0) of the course that ends, which L_0 then follows."""
    lasted, usual = state.course_steps, state.course_mean
    missed = 0.0
    if state.courses > 0.0 and parameters.course_credit:
        missed = mean * (lasted - usual)
    state.courses += 1.0
    share = max(min(rate * usual, LARGEST_SHARE), 1.0 / state.courses)
    state.course_mean += share * (lasted - usual)
    return missed


@njit(cache=True, inner=True)
def freeze(state, parameters):
    """Put every weight at its centre; how long the course lasts is not known any more, unless it
    is over with this step."""
    kernels.freeze(state, parameters)
    unknown = UNKNOWN - state.episodes
    over = 2.0 * UNKNOWN < state.course_steps < 0.0 and state.course_steps != unknown
    state.course_steps = 0.0 if over else unknown


@njit(cache=True, inner=True)
def learn(state, parameters, observation, reward, terminal):
    """See `operations.learn`. A centre goes no further than its weight is away."""
    pull = parameters.learning_rate * parameters.dt * judge(state, parameters, reward, terminal)
    kernels.swing(state, parameters, min(max(pull, -1.0), 1.0), 0.0, parameters.amplitude)


@njit(cache=True, inner=True)
def exploration(state, parameters):
    """The swing is as wide as ever."""
    return 1.0


class NormalisedDynamicSynapse(DynamicSynapse):
    """See `learners.base.Learner` and the module."""

    name = "dynamic_synapse_normalised"
    Settings = NormalisedSettings
    presets: ClassVar[dict[str, Preset]] = {
        "default": Preset(
            {},
            {
                "walker": {
                    **PRESETS["dynsyn"].networks["walker"],
                    **LIFELONG_STATISTICS,
                    "homeostasis_exponent": 0.0,
                },
                "mlp": LIFELONG_STATISTICS,
            },
        )
    }
    default_preset = "default"
    running_means = _CARRIED

    learn, freeze, exploration = learn, freeze, exploration

    def __init__(self, settings: NormalisedSettings, body: Body) -> None:
        check_at_least("learner", settings, _NOT_NEGATIVE)
        check_positive("learner", settings, _POSITIVE)
        check_order("learner", settings, (("bound_minimum", "bound_maximum"),))
        check_times("learner", settings, ("usual_time",), body.dt)
        Learner.__init__(self, settings, body)

    def fields(self, synapses: int) -> list[tuple]:
        """Centres, amplitudes and phases; what is usual."""
        arrays = [(name, np.float64, (synapses,)) for name in kernels.ARRAYS]
        return [*arrays, *((name, np.float64) for name in _SCALARS)]

    def settings(self) -> dict[str, Any]:
        """Times in ms; the amplitude as the kernels of the rule know it."""
        return {
            **kernel_settings(self.options, _TIMES),
            "amplitude_initial": self.options.amplitude,
            "amplitude_minimum": 0.0,
            "amplitude_maximum": UNBOUNDED,
        }

    @property
    def least_exploration(self) -> float:
        """See `exploration`."""
        return 1.0
