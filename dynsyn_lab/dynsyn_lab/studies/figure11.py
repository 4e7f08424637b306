"""The study of figure 11 of the IROS 2018 paper: repulsion on and off by adaptation of the gains.

Six arms, in two groups: of one birth on courses of their own, and on the same courses with a birth
of their own each. The lifetimes of an arm live side by side in one run, in a process of its own;
see `trial_processes`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

from dynsyn_lab.errors import CommandError
from dynsyn_lab.interrupts import Interrupts
from dynsyn_lab.studies.figure11_arms import ARMS, words
from dynsyn_lab.studies.figure11_report import report
from dynsyn_lab.studies.trial_processes import Budget, Trial, goes_on, known, recalled, spend
from dynsyn_lab.training.run_folder import RunFolder

ROUND = 200_000
"""Control steps that each arm goes on before the next one's turn."""


def run_study(
    groups: Sequence[str],
    preset: str,
    lifetimes: int,
    seed: int,
    budget: Budget,
    work: Path,
    out: Path,
    only_report: bool,
) -> None:
    """Live what is missing, then write tables and the figure.

    Args:
        groups: of `figure11_arms.GROUPS`.
        preset: of the learner.
        lifetimes: of each arm in each group.
        seed: of the first birth.
        budget: of each arm in each group.
        work: folder of the run folders, in one for each preset.
        out: folder of the results, in one for each preset.
        only_report: live nothing.

    Raises:
        CommandError: a process failed, and its log is named; or a run has another number of
            lifetimes.
    """
    work, out = work / preset, out / preset
    if not only_report:
        _live(groups, preset, lifetimes, seed, budget, work)
    asked = {trial.name for trial in trials(groups, seed, work)}
    report([trial for trial in known(work) if trial.name in asked], work, out)


def trials(groups: Sequence[str], seed: int, work: Path) -> Iterator[Trial]:
    """All runs of these groups, with what they have used so far."""
    for group, arm in itertools.product(groups, ARMS):
        yield recalled(Trial(arm, seed, group), work)


def _live(
    groups: Sequence[str], preset: str, lifetimes: int, seed: int, budget: Budget, work: Path
) -> None:
    """In rounds, so that all arms are about as far whenever it is ended."""
    work.mkdir(parents=True, exist_ok=True)
    _check_lifetimes(groups, lifetimes, seed, work)
    with Interrupts() as interrupts:
        for steps in [*range(ROUND, budget.steps, ROUND), budget.steps]:
            for trial in trials(groups, seed, work):
                part = Budget(steps, budget.hours)
                if goes_on(trial, part, work) and not interrupts.requested:
                    spend(trial, words(trial, preset, lifetimes), part, work, interrupts)


def _check_lifetimes(groups: Sequence[str], lifetimes: int, seed: int, work: Path) -> None:
    for trial in trials(groups, seed, work):
        path = work / trial.name
        found = RunFolder(path).config.lifetimes if (path / "run.json").exists() else lifetimes
        if found != lifetimes:
            raise CommandError(
                f"{path}: found {found} lifetimes, expected {lifetimes}; name another --work"
            )
