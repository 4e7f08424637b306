"""Training one point of a sweep."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynsyn_lab.interrupts import Interrupts
from dynsyn_lab.training.limits import Limits
from dynsyn_lab.training.progress import Report
from dynsyn_lab.training.run_config import RunConfig
from dynsyn_lab.training.run_folder import RunFolder
from dynsyn_lab.training.trainer import Trainer


@dataclass(frozen=True)
class Job:
    """One point to train.

    Attributes:
        number: of the point.
        folder: of its run, absolute.
        config: of the run.
        limits: of the run.
    """

    number: int
    folder: Path
    config: RunConfig
    limits: Limits


@dataclass(frozen=True)
class Result:
    """How a point ended.

    Attributes:
        number: of the point.
        error: what went wrong; empty: nothing.
    """

    number: int
    error: str = ""


class Silence:
    """Progress that nobody looks at; see `progress.Progress`."""

    def __enter__(self) -> Silence:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, report: Report) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""


def train_point(job: Job) -> Result:
    """Train a point from birth or from where it was saved; also ends, saved, at SIGINT or SIGTERM.

    Never raises for what goes wrong in the run: the error is in the result.
    """
    try:
        with Interrupts() as interrupts:
            Trainer(open_folder(job), job.limits, Silence(), interrupts).run()
    except Exception as error:
        return Result(job.number, " ".join(str(error).split()) or type(error).__name__)
    return Result(job.number)


def open_folder(job: Job) -> RunFolder:
    """The point's run folder, made where there is none or only the empty beginning of one.

    Raises:
        RunError: it cannot be made or read.
    """
    if (job.folder / "run.json").exists():
        return RunFolder(job.folder)
    if job.folder.is_dir():  # killed while it was being made: what is empty goes
        for part in [*job.folder.iterdir(), job.folder]:
            with contextlib.suppress(OSError):
                part.rmdir()
    return RunFolder.create(job.folder, job.config)


def is_finished(folder: Path, limits: Limits) -> bool:
    """Whether every lifetime of the run has reached its limit."""
    try:
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        return all(_reached(lifetime, limits) for lifetime in summary["lifetimes"])
    except (OSError, ValueError, KeyError):
        return False


def _reached(lifetime: dict[str, Any], limits: Limits) -> bool:
    if limits.steps is not None and lifetime["steps"] >= limits.steps:
        return True
    if limits.episodes is not None and lifetime["episodes"] >= limits.episodes:
        return True
    return limits.until_solved and lifetime["solved"] is not None
