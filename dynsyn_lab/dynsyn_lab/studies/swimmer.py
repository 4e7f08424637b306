"""The swimmer's studies: run the trials that they need, then write tables and figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dynsyn_lab.studies.swimmer_report import report
from dynsyn_lab.studies.swimmer_trials import STUDIES, Lengths, with_saturation
from dynsyn_lab.studies.trials import run_all


def run_studies(
    names: Sequence[str],
    lengths: Lengths,
    work: Path,
    out: Path,
    processes: int = 2,
    saturation: str = "stop",
) -> None:
    """Run studies; each writes NAME.csv, NAME.png and NAME.svg, and prints its table.

    Args:
        names: of STUDIES.
        lengths: of the trials.
        work: folder that keeps what has been lived, so that a study which was stopped goes on.
        out: folder of the results.
        processes: trials at a time.
        saturation: option of the network in the trials that do not say so themselves.
    """
    for name in names:
        stages = with_saturation(STUDIES[name](lengths), saturation)
        for trials in stages:
            run_all(trials, work, processes)
        report(name, stages, work, out)
