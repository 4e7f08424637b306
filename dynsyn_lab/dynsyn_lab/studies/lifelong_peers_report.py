"""Table of other learners on the changes of the study `lifelong`, from what has been lived."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.lifetime import checkpoint
from dynsyn_lab.studies.lifelong_lives import CHANGES, UNCHANGED, Life
from dynsyn_lab.studies.lifelong_report import (
    FIGURES,
    Row,
    in_words,
    result,
    summary,
    values,
    write_rows,
)
from dynsyn_lab.studies.peers_arms import PEERS
from dynsyn_lab.studies.tables import rounded, spread
from dynsyn_lab.training.run_folder import ORIGIN, RunFolder

COLUMNS = (
    "learner", "change", "seed", "childhood", "frozen", "frozen_falls", *FIGURES, "deployed",
    "deployed_falls",
)  # fmt: skip
"""Of peers.csv. `childhood`: control steps before the change; the others as in lives.csv."""


def report(work: Path, out: Path) -> None:
    """Write peers.csv of all that has been lived in `work` into `out`, and print the table of
    the lives that have ended."""
    rows = [row for life in _lived(work) for row in _row(life, work)]
    out.mkdir(parents=True, exist_ok=True)
    write_rows(out / "peers.csv", COLUMNS, rows)
    print("\n".join(table([row for row in rows if row["deployed"] != ""])))


def _lived(work: Path) -> Iterator[Life]:
    """Learner by learner, change by change, seed by seed."""
    for learner in PEERS["peers"].arms:
        for change, options in CHANGES["walker"].items():
            found = (work / "walker" / change).glob(f"{learner}-*/run.json")
            for seed in sorted(int(path.parent.name.rpartition("-")[2]) for path in found):
                yield Life("walker", change, learner, seed, 0, options)


def _row(life: Life, work: Path) -> list[Row]:
    """Values by column, of a life that is told of as far as it has been lived."""
    childhood, steps, returns = courses(RunFolder(life.folder(work)))
    if not len(steps):
        return []
    before, after = (result(life, work, when) for when in ("before", "after"))
    whole = result(Life("walker", UNCHANGED, life.arm, life.seed, 0), work, "before")
    row = {
        "learner": life.arm,
        "change": life.change,
        "seed": life.seed,
        "childhood": childhood,
        "frozen": rounded(before.get("mean")),
        "frozen_falls": before.get("falls", ""),
        "deployed": rounded(after.get("mean")),
        "deployed_falls": after.get("falls", ""),
    }
    return [row | summary(steps, returns, whole.get("mean", np.nan))]


def courses(run: RunFolder) -> tuple[int, NDArray[np.float64], NDArray[np.float64]]:
    """Control steps before the change; of each course begun since, steps at its end since the
    change, and its return.

    With several bodies each control step of one counts, and their courses overlap.
    """
    lived = int(checkpoint.load(run.path / ORIGIN).state["steps"][0])
    curve = run.curve(0) if (run.lifetime(0) / "curve.csv").exists() else {}
    if not curve:
        return lived, np.zeros(0), np.zeros(0)
    bodies = run.config.baseline.get("n_envs", 1)
    # a course begins at the same turn of all bodies, whichever of them it is
    own = curve["step"] - bodies * curve["length"] > lived - bodies
    return lived, curve["step"][own] - lived, curve["return"][own]


def table(rows: Sequence[Row]) -> list[str]:
    """Learners and changes in rows: median over seeds and, in brackets, range."""
    lines = [
        "| learner | change | lives | frozen | first 20 courses | last 20 | continuing "
        "| deployed after | recovered | after steps |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for learner, change in dict.fromkeys((row["learner"], row["change"]) for row in rows):
        own = [row for row in rows if (row["learner"], row["change"]) == (learner, change)]
        names = ("frozen", "first_20", "last_20", "continuing", "deployed")
        figures = " | ".join(spread(values(own, name)) for name in names)
        recovered = values(own, "recovered_step")
        lines.append(
            f"| {learner} | {in_words('walker', change)} | {len(own)} | {figures} "
            f"| {len(recovered)} | {spread(recovered)} |"
        )
    return lines
