"""The dynamic-synapse rule as a learner (Wei & Webb, IROS 2018): it serves every network.

Every weight swings around a centre; reward pulls the centre towards where the weight is, punishment
pushes it away. Equations are in `kernels`, settings in `settings`.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from dynsyn_controller.core.learners.base import Learner
from dynsyn_controller.core.learners.dynamic_synapse import kernels
from dynsyn_controller.core.learners.dynamic_synapse.presets import PRESETS
from dynsyn_controller.core.learners.dynamic_synapse.settings import (
    DynamicSynapseSettings,
    check,
    kernel_settings,
)
from dynsyn_controller.core.networks.base import Body, FloatArray, Origin
from dynsyn_controller.core.numba_support import njit

_FLUCTUATION = ("sine", "cosine", "rotation_sine", "rotation_cosine", "remaining")


class DynamicSynapse(Learner):
    """See `learners.base.Learner` and the module."""

    name = "dynamic_synapse"
    Settings: ClassVar[type] = DynamicSynapseSettings
    presets = PRESETS
    default_preset = "authors"
    quantities = ("centre", "amplitude")
    layer_quantities = ("amplitude",)
    limits_exploration = True
    running_means: ClassVar[tuple[str, ...]] = ("baseline", "progress")
    """Fields that a lifetime takes along into another body."""

    learn, freeze, exploration = kernels.learn, kernels.freeze, kernels.exploration
    learnt, put = kernels.learnt, kernels.put

    def __init__(self, settings: DynamicSynapseSettings, body: Body) -> None:
        check(settings, body.dt)
        super().__init__(settings, body)

    def fields(self, synapses: int) -> list[tuple]:
        """Centres, amplitudes and phases; running means."""
        return kernels.synapse_fields(synapses)

    def settings(self) -> dict[str, Any]:
        """See `settings.kernel_settings`."""
        return kernel_settings(self.options)

    @property
    def least_exploration(self) -> float:
        """A_minimum / A_0, where both are above 0."""
        first, least = self.options.amplitude_initial, self.options.amplitude_minimum
        return least / first if first > 0 and least > 0 else -1.0

    def give_birth(self, state: np.ndarray, weights: FloatArray, parameters: np.ndarray) -> None:
        """First weights are the first centres; amplitudes, periods and phases follow."""
        state["centre"] = weights
        _give_birth(state, parameters)

    def move(self, source: np.ndarray, target: np.ndarray, origin: Origin) -> None:
        """Copies of a synapse keep the fluctuation that they were born with.

        Else they would swing in step with their model for ever.
        """
        old, new = source[0], target[0]
        for name in self.running_means:
            new[name] = old[name]
        for name in ("centre", "amplitude"):
            new[name][:] = old[name][origin.index]
        for name in _FLUCTUATION:
            new[name][origin.same] = old[name][origin.index[origin.same]]
        new["weight"][:] = new["centre"] + new["amplitude"] * new["sine"]
        new["weight"][origin.same] = old["weight"][origin.index[origin.same]]


@njit(cache=True)
def _give_birth(states, parameters):
    kernels.give_birth(states[0], parameters[0])
