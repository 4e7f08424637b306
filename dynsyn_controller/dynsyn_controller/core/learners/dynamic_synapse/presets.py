"""The named presets of the dynamic-synapse rule and of the networks that it serves.

A preset is a choice of values, never a fork of the code. `paper` follows the text of Wei & Webb
(IROS 2018), `authors` their published program; where the two differ neither is silently mended.
`dynsyn` is what learns best here.
"""

from __future__ import annotations

from dynsyn_controller.core.learners.base import Preset

_AUTHORS_SETTINGS = {"convergence_rate": 3e-9, "amplitude_law": "exponential"}
_AUTHORS_WALKER = {
    "initial_range": 0.2,
    "adaptation": "nonlinear",
    "oscillator_b": 2.0,
    "oscillator_rate": 0.02,
    "oscillator_substeps": 1,
    "oscillator_bound": 2.0,
    "oscillator_activation": "tanh",
    "oscillator_bias": True,
    "action_activation": "tanh",
    "action_bias": True,
    "negative_inputs": False,
}

LIFELONG_STATISTICS = {"normalisation_time": 1e6}
"""s: inputs are standardised by all that a lifetime has seen. Were the recent past to count more, a
body that comes to rest would raise its own gains."""

PRESETS: dict[str, Preset] = {
    # tau = 0.02 is read as seconds: with milliseconds one control step would be 1650 tau. With the
    # printed b = 0.2 the oscillators rest for any constant input; set oscillator_b to 2 to see them
    # swing. Where the text gives no value (periods, first amplitude, first gain): the authors'.
    # A strong drive makes v - v^3 stiff: 8 substeps follow it up to |v| = 2, and the bound, which
    # ordinary drives never reach, keeps the rest finite.
    "paper": Preset(),
    "authors": Preset(_AUTHORS_SETTINGS, {"walker": _AUTHORS_WALKER}),
    "dynsyn": Preset(
        {
            **_AUTHORS_SETTINGS,
            "learning_rate": 1.1e-4,
            "amplitude_law": "progress",
            "progress_goal": 0.22,
            "amplitude_initial": 0.25,
            "amplitude_minimum": 0.05,
            "step_exponent": 0.5,
            "period_mean": 40.0,
            "period_std": 16.0,
            "period_minimum": 4.0,
            "reward_minimum": -15.0,
            "reward_minimum_late": -100.0,
            "baseline_time": 100.0,
            "settling_time": 6.6,
            "effort_cost": 0.12,
        },
        {
            "walker": {
                **_AUTHORS_WALKER,
                "homeostasis_exponent": 2.0,
                "normalisation_time": 1000.0,
                "state_scale": 0.5,
                "negative_inputs": True,
            },
        },
    ),
}
