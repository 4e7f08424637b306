"""Tables and figures of the spiking study, from the lives that are there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.statistics import WINDOW
from dynsyn_lab.plots.style import STYLE, save
from dynsyn_lab.studies.spiking_arms import Arm, arms
from dynsyn_lab.studies.spiking_book import CONTROLS, Book
from dynsyn_lab.studies.spiking_figures import draw
from dynsyn_lab.studies.tables import write

SOLVED = {200: 195.0, 500: 475.0}
"""Frames at most -> mean over 100 episodes that counts as solved."""

HEADER = (
    "part",
    "arm",
    "lives",
    "best, median",
    "best, quartile 1",
    "best, quartile 3",
    "best, largest",
    "first 20 episodes, mean",
    "last 20 episodes, mean",
    "final policy, median",
    "final policy, quartile 1",
    "final policy, quartile 3",
    "solved",
    "steps to solved, median",
    "episodes to solved, median",
)


def report(book: Book, out: Path) -> None:
    """Write summary.csv, lives.csv and the figures into `out`, and print the tables."""
    out.mkdir(parents=True, exist_ok=True)
    lived = [arm for arm in arms() if book.of(arm)]
    rows = [*_controls(book), *(_summary(arm, book) for arm in lived)]
    write(out / "summary.csv", HEADER, rows)
    write(out / "lives.csv", LIVES, (row for arm in lived for row in _lives(arm, book)))
    for row in rows:
        print("| " + " | ".join(str(value) for value in row) + " |")
    with matplotlib.rc_context(STYLE):
        for part in dict.fromkeys(arm.part for arm in lived):
            chosen = [arm for arm in lived if arm.part == part]
            save(draw(part, chosen, book), out / part, ("png", "svg"))


LIVES = (
    "part",
    "arm",
    "seed",
    "episodes",
    "steps",
    "best",
    "last 20, mean",
    "final policy",
    "steps to solved",
    "episodes to solved",
)


def _lives(arm: Arm, book: Book) -> Iterable[tuple]:
    for life in book.of(arm):
        frames = np.array(life["frames"])
        episodes = solved_after(frames, arm.limit)
        yield (
            arm.part,
            arm.name,
            life["key"].rsplit("/", 1)[1],
            len(frames),
            frames.sum(),
            frames.max(),
            round(frames[-20:].mean(), 1),
            round(float(np.mean(life["tests"])), 1),
            frames[:episodes].sum() or "",
            episodes or "",
        )


def solved_after(frames: NDArray[np.int64], limit: int) -> int:
    """Episodes until the last 100 are good enough in the mean; 0: never."""
    if limit not in SOLVED or len(frames) < WINDOW:
        return 0
    means = np.convolve(frames, np.full(WINDOW, 1.0 / WINDOW), "valid")
    good = np.flatnonzero(means >= SOLVED[limit] - 1e-9)
    return int(good[0]) + WINDOW if good.size else 0


def _summary(arm: Arm, book: Book) -> tuple:
    lives = book.of(arm)
    every = [np.array(life["frames"]) for life in lives]
    best, final = [f.max() for f in every], [float(np.mean(life["tests"])) for life in lives]
    solved = [solved_after(f, arm.limit) for f in every]
    steps, episodes = (
        _median(values, arm.limit)
        for values in ([f[:n].sum() for f, n in zip(every, solved, strict=True)], solved)
    )
    low, middle, high = np.percentile(best, (25, 50, 75))
    f_low, f_middle, f_high = np.percentile(final, (25, 50, 75))
    return (
        arm.part,
        arm.name,
        len(lives),
        *(round(value, 1) for value in (middle, low, high)),
        max(best),
        round(float(np.mean([f[:20].mean() for f in every])), 1),
        round(float(np.mean([f[-20:].mean() for f in every])), 1),
        *(round(value, 1) for value in (f_middle, f_low, f_high)),
        sum(map(bool, solved)) if arm.limit in SOLVED else "",
        steps,
        episodes,
    )


def _median(spent: Sequence[int], limit: int) -> int | str:
    """Median of what it took to solve the task, where half of the lives or more did; else empty."""
    # a life that has not solved it counts as longer than any
    median = float(np.median([value or np.inf for value in spent]))
    return int(median) if limit in SOLVED and np.isfinite(median) else ""


def _controls(book: Book) -> Iterable[tuple]:
    """Best of 200 episodes, over blocks; "last 20" and "first 20" are the mean of all."""
    for name, blocks in book.controls().items():
        low, middle, high = np.percentile([b.max() for b in blocks], (25, 50, 75))
        mean = round(float(np.mean(blocks)), 1)
        largest = max(b.max() for b in blocks)
        quartiles = (round(middle, 1), round(low, 1), round(high, 1))
        yield (CONTROLS, name, len(blocks), *quartiles, largest, mean, mean, *("",) * 6)
