"""Results of `dynsyn eval --json`, gathered by arm: what walkers earn frozen and learning on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dynsyn_lab.errors import CommandError


@dataclass(frozen=True)
class Evaluation:
    """One result; the figures are those of `dynsyn eval --json` of the same names.

    Attributes:
        arm: that the lifetime belongs to.
        lifetime: its checkpoint: name of the file, with the folders of run and lifetime where it is
            in a run.
    """

    arm: str
    lifetime: str
    mode: str
    seed: int
    episodes: int
    mean: float
    median: float
    std: float
    min: float
    max: float
    falls: int
    solved: bool
    mean_effort: float


_TAKEN = ("mode", "seed", "episodes", "mean", "median", "std", "min", "max", "falls", "solved",
          "mean_effort")  # fmt: skip


def read(arm: str, files: Sequence[Path]) -> list[Evaluation]:
    """The results in these files.

    Raises:
        CommandError: one cannot be read, or is no result of `dynsyn eval`.
    """
    return [_read(arm, path) for path in files]


def _read(arm: str, path: Path) -> Evaluation:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"evaluation {path}: cannot be read: {error.strerror}") from None
    except ValueError:
        raise CommandError(f"evaluation {path}: not JSON") from None
    keys = (*_TAKEN, "checkpoint")
    missing = [key for key in keys if not isinstance(data, dict) or key not in data]
    if missing:
        raise CommandError(
            f"evaluation {path}: no {missing[0]}, expected what `dynsyn eval --json` writes"
        )
    taken = {key: data[key] for key in _TAKEN}
    return Evaluation(arm, lifetime_name(Path(data["checkpoint"])), **taken)


def lifetime_name(checkpoint: Path) -> str:
    """A checkpoint's name without the folders that say where on this machine it is."""
    in_run = checkpoint.parent.name.startswith("lifetime_")
    return "/".join(checkpoint.parts[-3:]) if in_run else checkpoint.name


def table(evaluations: Sequence[Evaluation]) -> list[str]:
    """For people: by arm and mode, over the means of its lifetimes."""
    lines = [
        "| arm | weights | lifetimes | episodes of each | mean return, median | range "
        "| 300 or more | falls |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for arm, mode in dict.fromkeys((e.arm, e.mode) for e in evaluations):
        own = [e for e in evaluations if (e.arm, e.mode) == (arm, mode)]
        means = [e.mean for e in own]
        episodes = sorted({e.episodes for e in own})
        lines.append(
            f"| {arm} | {mode} | {len(own)} | {' or '.join(map(str, episodes))} "
            f"| {np.median(means):.1f} | {min(means):.1f} to {max(means):.1f} "
            f"| {sum(e.solved for e in own)} of {len(own)} | {sum(e.falls for e in own)} |"
        )
    return lines
