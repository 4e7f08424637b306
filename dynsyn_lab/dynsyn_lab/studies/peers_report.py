"""Table of a study of peers, from what has been lived."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from dynsyn_controller.lifetime import checkpoint
from dynsyn_lab.studies.peers_arms import Peers
from dynsyn_lab.studies.tables import rounded, write
from dynsyn_lab.studies.trial_processes import Trial, lifetime_of
from dynsyn_lab.training.run_folder import RunFolder


def report(peers: Peers, trials: Sequence[Trial], work: Path, out: Path) -> list[list[Any]]:
    """Write peers.csv into `out`. Returns its rows.

    Args:
        peers: the study.
        trials: that have lived.
        work: folder of their run folders.
        out: folder of the results.
    """
    order = list(peers.arms)
    ordered = sorted(trials, key=lambda trial: (order.index(trial.arm), trial.seed))
    rows = [_row(peers, trial, work) for trial in ordered]
    out.mkdir(parents=True, exist_ok=True)
    if rows:
        write(out / "peers.csv", tuple(rows[0]), [list(row.values()) for row in rows])
    return [list(row.values()) for row in rows]


@cache
def _parameters(run: Path) -> int:
    """Of the network that a run's lifetime learns; read once, for it stays the same."""
    saved = checkpoint.load(RunFolder(run).lifetime(0) / "checkpoint.ckpt")
    return int(saved.state["weight"].size)


def _row(peers: Peers, trial: Trial, work: Path) -> dict[str, Any]:
    """Values by column."""
    lived = lifetime_of(work / trial.name)
    assert lived is not None  # it has lived
    solved, frozen = lived["solved"], f"{peers.courses} courses frozen"
    return {
        "arm": trial.arm,
        "seed": trial.seed,
        "parameters": _parameters(work / trial.name),
        "steps": lived["steps"],
        "episodes": lived["episodes"],
        "wall clock / s": round(trial.wall),
        "processor time / s": round(trial.processor),
        "processor time / ms a step": round(1000.0 * trial.processor / max(lived["steps"], 1), 3),
        "greatest memory / MB": round(trial.memory),
        "return, last 100 episodes": rounded(lived["return_average"]),
        "return, best 100 episodes": rounded(lived["return_best"]),
        **(
            {f"steps to {peers.goal} of 100": solved["step"] if solved else ""}
            if peers.goal
            else {}
        ),
        f"return, {frozen}": rounded(trial.evaluation.get("mean")),
        **({f"falls, {frozen}": trial.evaluation.get("falls", "")} if peers.goal else {}),
    }
