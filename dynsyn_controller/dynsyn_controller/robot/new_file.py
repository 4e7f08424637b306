"""What every new robot file begins with, whoever writes it."""

from __future__ import annotations

RULE_STEP = 33.0
"""ms of the rule in one control step, as in the paper's program, whatever the robot's rate."""

LEARNING = """\
network:
  type: mlp
  hidden: []                  # observation to joints: learns quickest, and begins at neutral
  initial_scale: 0.0          # efforts; where it cannot do the task, hidden [16] and scale 1.0
  normalisation_time: 1.0e+6  # s of the rule; channels are standardised by all that has been seen
learner: {type: dynamic_synapse_normalised}   # no setting in units of the reward
"""
"""Sections `network` and `learner`."""


def time_scale(rate: float) -> float:
    """Of a robot with `rate` (Hz) control steps a second."""
    return RULE_STEP * rate / 1000.0
