"""Lifetimes that older versions have saved.

Format 2 keeps the sections `network` and `learner` with nothing left to presets and defaults.
Format 1 kept a preset and a `rule`: settings of the dynamic-synapse rule and of the walker's
network alike. Settings that were added while format 1 was in use are missing in older files; a
lifetime then lived as with the values below.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dynsyn_controller.robot.migration import split_rule

FORMAT = 2

_FORMAT_1_RULE: dict[str, Any] = {
    "learning_rate": 1.2e-5,
    "convergence_rate": 1e-9,
    "amplitude_law": "linear",
    "progress_goal": 1.0,
    "progress_time": 1000.0,
    "step_exponent": 0.0,
    "homeostasis_exponent": 0.0,
    "amplitude_initial": 0.2,
    "amplitude_minimum": 0.0,
    "amplitude_maximum": 1e300,
    "period_mean": 20.0,
    "period_std": 2.0,
    "period_minimum": 1.0,
    "centre_range": 0.1,
    "repulsion": True,
    "reward_minimum": -1e300,
    "reward_maximum": 1e300,
    "reward_minimum_late": 0.0,
    "baseline_time": 0.0,
    "settling_time": 0.0,
    "effort_cost": 0.0,
    "adaptation": "linear",
    "adaptation_rate": 1e-6,
    "adaptation_target": 0.3,
    "gain_initial": 0.5,
    "oscillator_a": 0.08,
    "oscillator_b": 0.2,
    "oscillator_c": 0.8,
    "oscillator_rate": 0.05,
    "oscillator_substeps": 8,
    "oscillator_bound": 10.0,
    "oscillator_activation": "linear",
    "oscillator_bias": False,
    "action_activation": "linear",
    "action_bias": False,
    "normalisation_time": 0.0,
    "state_scale": 1.0,
    "negative_inputs": True,
}

_YOUNGER_FIELDS = {"homeostasis": 1.0}
"""Fields of records that format 1 did not have: what they begin with."""


def sections_of_format_1(
    network: Mapping[str, Any], preset: str, rule: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Sections `network` and `learner` of a lifetime of format 1.

    Args:
        network: section of its robot file.
        preset: its preset's name.
        rule: settings that were saved with it.

    Raises:
        SchemaError: a setting that format 1 did not have.
    """
    settings, options = split_rule({**_FORMAT_1_RULE, **rule}, str(network.get("type")))
    return {
        "network": {**network, **options},
        "learner": {"type": "dynamic_synapse", "preset": preset, **settings},
    }


def migrate_records(records: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Records of format 1 with the fields of `dtype`, that of a file now, in their order.

    Records that lack more than what format 1 lacked, or have more, come back unchanged.
    """
    found, wanted = records.dtype.names or (), dtype.names or ()
    younger = [name for name in wanted if name not in found and name in _YOUNGER_FIELDS]
    expected = {name: dtype[name] for name in wanted if name not in younger}
    if {name: records.dtype[name] for name in found} != expected:
        return records
    migrated = np.zeros(records.shape, dtype)
    for name in wanted:
        migrated[name] = _YOUNGER_FIELDS[name] if name in younger else records[name]
    return migrated
