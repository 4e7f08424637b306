"""Table of the study of peers, from what has been lived."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dynsyn_lab.studies.peers_arms import ARMS
from dynsyn_lab.studies.tables import rounded, write
from dynsyn_lab.studies.trial_processes import Trial, lifetime_of

HEADER = (
    "arm",
    "seed",
    "steps",
    "episodes",
    "wall clock / s",
    "processor time / s",
    "processor time / ms a step",
    "greatest memory / MB",
    "return, last 100 episodes",
    "return, best 100 episodes",
    "steps to 300 of 100",
    "return, 100 courses frozen",
    "falls, 100 courses frozen",
)


def report(trials: Sequence[Trial], work: Path, out: Path) -> list[list[Any]]:
    """Write peers.csv into `out`. Returns its rows.

    Args:
        trials: that have lived.
        work: folder of their run folders.
        out: folder of the results.
    """
    order = list(ARMS)
    ordered = sorted(trials, key=lambda trial: (order.index(trial.arm), trial.seed))
    rows = [_row(trial, work) for trial in ordered]
    out.mkdir(parents=True, exist_ok=True)
    write(out / "peers.csv", HEADER, rows)
    return rows


def _row(trial: Trial, work: Path) -> list[Any]:
    lived = lifetime_of(work / trial.name)
    assert lived is not None  # it has lived
    solved = lived["solved"]
    return [
        trial.arm,
        trial.seed,
        lived["steps"],
        lived["episodes"],
        round(trial.wall),
        round(trial.processor),
        round(1000.0 * trial.processor / max(lived["steps"], 1), 3),
        round(trial.memory),
        rounded(lived["return_average"]),
        rounded(lived["return_best"]),
        solved["step"] if solved else "",
        rounded(trial.evaluation.get("mean")),
        trial.evaluation.get("falls", ""),
    ]
