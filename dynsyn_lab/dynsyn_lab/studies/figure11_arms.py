"""Arms and groups of the study `figure11`."""

from __future__ import annotations

import itertools

from dynsyn_lab.studies.trial_processes import Trial
from dynsyn_lab.training.run_config import BIRTH, COURSES

GROUPS = {"courses": BIRTH, "births": COURSES}
"""What differs from lifetime to lifetime -> the seed that they share."""
REPULSION = {"repulsive": "true", "attractive": "false"}
ADAPTATION = ("none", "linear", "nonlinear")
ARMS = tuple(f"{one}-{other}" for one, other in itertools.product(REPULSION, ADAPTATION))
COURSE_SEED = 1000
"""Courses come from the seed of the births and this."""


def words(trial: Trial, preset: str, lifetimes: int) -> list[str]:
    """Robot and options of `dynsyn train`."""
    repulsion, adaptation = trial.arm.split("-")
    options = {
        "--preset": preset,
        "--repulsive": REPULSION[repulsion],
        "--adaptation": adaptation,
        "--lifetimes": str(lifetimes),
        "--hold": GROUPS[trial.body],
        "--robot-seed": str(trial.seed + COURSE_SEED),
    }
    return ["walker", *itertools.chain.from_iterable(options.items())]
