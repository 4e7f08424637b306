"""The studies of peers: other learners on a robot beside the dynamic synapses.

Arms are lived seed by seed, each in a process of its own; see `trial_processes`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from dynsyn_lab.studies.peers_arms import Peers
from dynsyn_lab.studies.peers_report import report
from dynsyn_lab.studies.trial_processes import Budget, Trial, known, live_all, recalled


def run_study(
    peers: Peers,
    arms: Sequence[str],
    seeds: int,
    budget: Budget,
    work: Path,
    out: Path,
    only_report: bool,
) -> None:
    """Train what is missing, one after the other and seed by seed, then write the tables.

    Args:
        peers: the study.
        arms: names of its arms.
        seeds: number of them, from 0.
        budget: of each trial.
        work: folder of the run folders.
        out: folder of the results.
        only_report: train nothing.

    Raises:
        CommandError: a process failed; its log is named.
    """
    if not only_report:
        live_all(
            trials(arms, seeds, work),
            lambda trial: peers.words(trial.arm),
            budget,
            peers.courses,
            work,
            lambda lived: report(peers, lived, work, out),
        )
    for row in report(peers, list(known(work)), work, out):
        print("| " + " | ".join(str(value) for value in row) + " |", flush=True)


def trials(arms: Sequence[str], seeds: int, work: Path) -> Iterator[Trial]:
    """All trials, seed by seed, with what they have used so far."""
    for seed in range(seeds):
        for arm in arms:
            yield recalled(Trial(arm, seed), work)
