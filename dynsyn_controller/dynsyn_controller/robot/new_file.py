"""What every new robot file begins with, whoever writes it."""

from __future__ import annotations

RULE_STEP = 33.0
"""ms of the rule in one control step, as in the paper's program, whatever the robot's rate."""

LEARNING = """\
network:
  type: mlp
  hidden: [16]
  normalisation_time: 300.0   # s of the rule; channels are standardised over about this time
learner: {type: dynamic_synapse, preset: dynsyn}
"""
"""Sections `network` and `learner`."""


def time_scale(rate: float) -> float:
    """Of a robot with `rate` (Hz) control steps a second."""
    return RULE_STEP * rate / 1000.0
