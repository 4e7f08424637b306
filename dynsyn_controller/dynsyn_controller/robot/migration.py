"""Robot files of older versions.

Version 2 (`version: 2`) has sections `learner` and `network`. Version 1, which had no such key, had
`preset` and `rule`; the latter held settings of the dynamic-synapse rule and of the walker's
network alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynsyn_controller.core.schema import SchemaError, unknown_key

VERSION = 2

LEARNER_SETTINGS = (
    "learning_rate",
    "convergence_rate",
    "amplitude_law",
    "progress_goal",
    "progress_time",
    "step_exponent",
    "amplitude_initial",
    "amplitude_minimum",
    "amplitude_maximum",
    "period_mean",
    "period_std",
    "period_minimum",
    "repulsion",
    "reward_minimum",
    "reward_maximum",
    "reward_minimum_late",
    "baseline_time",
    "settling_time",
    "effort_cost",
)
"""Settings of a version 1 `rule` that are the learner's now."""

WALKER_OPTIONS = {
    "homeostasis_exponent": "homeostasis_exponent",
    "centre_range": "initial_range",
    "adaptation": "adaptation",
    "adaptation_rate": "adaptation_rate",
    "adaptation_target": "adaptation_target",
    "gain_initial": "gain_initial",
    "oscillator_a": "oscillator_a",
    "oscillator_b": "oscillator_b",
    "oscillator_c": "oscillator_c",
    "oscillator_rate": "oscillator_rate",
    "oscillator_substeps": "oscillator_substeps",
    "oscillator_bound": "oscillator_bound",
    "oscillator_activation": "oscillator_activation",
    "oscillator_bias": "oscillator_bias",
    "action_activation": "action_activation",
    "action_bias": "action_bias",
    "normalisation_time": "normalisation_time",
    "state_scale": "state_scale",
    "negative_inputs": "negative_inputs",
}
"""Settings of a version 1 `rule` that are the network walker's now, and what they are called."""


def newest_version(data: Mapping[str, Any]) -> dict[str, Any]:
    """A robot file of any version as one of version 2.

    Raises:
        SchemaError: a version that does not exist, or a setting that version 1 did not have.
    """
    version = data.get("version", 1)
    if version == VERSION:
        return dict(data)
    if version != 1:
        raise SchemaError("version", f"found {version!r}, expected 1 or {VERSION}")
    if "learner" in data:
        raise SchemaError("version", f"missing; a file with a section learner says {VERSION}")
    rest = {key: value for key, value in data.items() if key not in ("version", "preset", "rule")}
    rule = data.get("rule", {})
    network, learner = rest.get("network"), {"type": "dynamic_synapse"}
    learner["preset"] = data.get("preset", "authors")
    if isinstance(rule, dict) and isinstance(network, dict):
        settings, options = split_rule(rule, str(network.get("type")))
        learner |= settings
        rest["network"] = network | options
    elif rule:
        raise SchemaError("rule", f"found {rule!r} ({type(rule).__name__}), expected keys")
    return {"version": VERSION, **rest, "learner": learner}


def split_rule(rule: Mapping[str, Any], network: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings of the learner and options of a network of type `network`, from a version 1 `rule`.

    Other networks than the walker's had no use for the options; they are left out.

    Raises:
        SchemaError: a name that version 1 did not have.
    """
    for name in rule:
        if name not in LEARNER_SETTINGS and name not in WALKER_OPTIONS:
            raise SchemaError(
                f"rule.{name}", unknown_key(name, (*LEARNER_SETTINGS, *WALKER_OPTIONS))
            )
    settings = {name: rule[name] for name in LEARNER_SETTINGS if name in rule}
    if network != "walker":
        return settings, {}
    return settings, {new: rule[old] for old, new in WALKER_OPTIONS.items() if old in rule}
