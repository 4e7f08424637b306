"""What a controller that never stops learning is for: bodies that change, in the middle of a life.

`python -m dynsyn_lab.studies.lifelong ROBOT ...` is `dynsyn study lifelong ROBOT ...` by its
defaults. See docs/lifelong.md.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from dynsyn_lab.studies import module
from dynsyn_lab.studies.defaults import LIFELONG_OUT, LIFELONG_ROBOTS, LIFELONG_SEEDS, LIFELONG_WORK
from dynsyn_lab.studies.lifelong_lives import (
    CHANGES,
    STEPS,
    childhood,
    evaluate_frozen,
    frozen_file,
    live_on,
    lives,
    origin_of,
)
from dynsyn_lab.studies.lifelong_report import report


def run_study(robots: Sequence[str], seeds: int, work: Path, out: Path, living: bool) -> None:
    """Live what is missing, seed by seed, then write tables and figures of what has been lived.

    Args:
        robots: of `lifelong_lives.CHANGES`.
        seeds: how many, from 0.
        work: folder that keeps what has been lived, so that a study which was stopped goes on.
        out: folder of the results.
        living: False: only report.

    Raises:
        KeyboardInterrupt: somebody has stopped it; what has been lived is kept.
    """
    if living:
        for seed in range(seeds):
            for robot in robots:
                _live_seed(robot, seed, work)
    report(robots, seeds, work, out)


def _live_seed(robot: str, seed: int, work: Path) -> None:
    young = childhood(robot, seed)
    if young is not None:
        live_on(young, work)
    origin = origin_of(robot, seed, work)
    planned = lives(robot, seed, STEPS[robot])
    for life in planned:
        if life.arm == "learning" and life.change in CHANGES[robot]:
            before = frozen_file(life, work, "before")
            evaluate_frozen(origin, robot, life.options, seed, before)
    for life in planned:
        end = live_on(life, work)
        evaluate_frozen(end, "", {}, seed, frozen_file(life, work, "after"))


def main(robots: Sequence[str]) -> int:
    """Run the study by its defaults. Returns 0, or 2 for a robot that it has not."""
    work, out = Path(LIFELONG_WORK), Path(LIFELONG_OUT)
    return module.run(
        "lifelong",
        LIFELONG_ROBOTS,
        robots,
        lambda asked: run_study(asked, LIFELONG_SEEDS, work, out, living=True),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
