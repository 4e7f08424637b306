"""Lifetimes learn offline, as fast as they can, into a run folder; said on the terminal."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from dynsyn_lab.interrupts import Interrupts
from dynsyn_lab.training.limits import Limits
from dynsyn_lab.training.population import Backend, Note, Population, Sample
from dynsyn_lab.training.progress import make_progress
from dynsyn_lab.training.run_folder import RunFolder
from dynsyn_lab.training.trainer import Trainer
from dynsyn_lab.training.window import Window


def train(
    folder: RunFolder,
    limits: Limits,
    window: Window | None = None,
    tensorboard: bool = False,
    make: Callable[[Population, Note, Sample], Backend] | None = None,
) -> dict[str, Any]:
    """Train the lifetimes of a run; Ctrl-C ends it, saved. Returns the run's summary.

    Args:
        folder: of the run.
        limits: how long.
        window: shows lifetime 0; closed at the end.
        tensorboard: write TensorBoard's event files into the folder.
        make: see `Trainer`.

    Raises:
        UsageError: what writes them is not installed.
    """
    with Interrupts() as interrupts:
        with make_progress() as progress:
            progress.note(_heading(folder, limits))
            trainer = Trainer(folder, limits, progress, interrupts, window, tensorboard, make)
            summary = trainer.run()
        _conclude(folder, summary)
    if window is not None:
        window.close()
    return summary


def _heading(folder: RunFolder, limits: Limits) -> str:
    config = folder.config
    many = "1 lifetime" if config.lifetimes == 1 else f"{config.lifetimes} lifetimes"
    goals = [
        text
        for wanted, text in (
            (limits.steps, f"{limits.steps or 0:,} steps"),
            (limits.episodes, f"{limits.episodes or 0:,} episodes"),
            (math.isfinite(limits.seconds), f"{limits.seconds / 3600:g} h"),
            (limits.until_solved, "solved"),
        )
        if wanted
    ]
    until = " or ".join(goals) or "Ctrl-C"
    kind = "learner" if config.baseline else "preset"
    return (
        f"{config.robot}: {many}, {kind} {config.preset}, seed {config.seed}, on "
        f"{config.backend}, into {folder.path}, until {until}"
        + (f"; {', '.join(map(str, config.changes))}" if config.changes else "")
    )


def _conclude(folder: RunFolder, summary: dict[str, Any]) -> None:
    lifetimes = summary["lifetimes"]
    print(f"saved in {folder.path}: {sum(x['steps'] for x in lifetimes):,} steps")
    for lifetime in lifetimes:
        average, best = lifetime["return_average"], lifetime["return_best"]
        print(
            f"  lifetime {lifetime['index']}: {lifetime['steps']:,} steps, "
            f"{lifetime['episodes']:,} episodes, return/100 "
            f"{'-' if average is None else format(average, '.1f')}, best "
            f"{'-' if best is None else format(best, '.1f')}"
            + (
                f", solved in episode {lifetime['solved']['episode']:,}"
                if lifetime["solved"]
                else ""
            )
        )
