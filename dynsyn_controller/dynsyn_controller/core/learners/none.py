"""The learner that learns nothing: weights stay as the network sets them at birth."""

from __future__ import annotations

from dataclasses import dataclass

from dynsyn_controller.core.learners.base import Learner, Preset
from dynsyn_controller.core.learners.dynamic_synapse.presets import PRESETS
from dynsyn_controller.core.numba_support import njit


@dataclass(frozen=True)
class NoSettings:
    """There is nothing to set."""


@njit(cache=True, inner=True)
def learn(state, settings, observation, reward, terminal):
    """Change nothing."""


@njit(cache=True, inner=True)
def exploration(state, settings):
    """Nothing is explored."""
    return 0.0


_PRESETS = {name: Preset(networks=preset.networks) for name, preset in PRESETS.items()}


class NoLearner(Learner):
    """See the module. Its presets set the networks as those of dynamic synapses do."""

    name = "none"
    Settings = NoSettings
    presets = _PRESETS
    default_preset = "authors"
    limits_exploration = True  # there is none
    learn, exploration = learn, exploration
