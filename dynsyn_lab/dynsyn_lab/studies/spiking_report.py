"""Tables and figures of the spiking study, from the lives that are there."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dynsyn_controller.core.learners.synaptic import MODELS
from dynsyn_lab.plots.style import BLACK, GREY, STYLE, new_figure, save
from dynsyn_lab.studies.spiking_arms import ITERATIONS, SIZES, Arm, arms

if TYPE_CHECKING:
    from dynsyn_lab.studies.spiking import Book

PAPER = {
    4: (22, 34, 35, 26, 57),
    8: (60, 30, 30, 44, 62),
    16: (32, 42, 32, 42, 32),
    32: (38, 48, 59, 32, 41),
}
"""Table 2 of the paper: hidden neurons -> best frames of models 1 to 5."""
WINDOW = 100
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
)


def report(book: Book, out: Path) -> None:
    """Write summary.csv, lives.csv and the figures into `out`, and print the tables."""
    out.mkdir(parents=True, exist_ok=True)
    lived = [arm for arm in arms() if book.of(arm)]
    rows = [*_controls(book), *(_summary(arm, book) for arm in lived)]
    _write(out / "summary.csv", HEADER, rows)
    _write(out / "lives.csv", LIVES, (row for arm in lived for row in _lives(arm, book)))
    for row in rows:
        print("| " + " | ".join(str(value) for value in row) + " |")
    with matplotlib.rc_context(STYLE):
        for part in dict.fromkeys(arm.part for arm in lived):
            chosen = [arm for arm in lived if arm.part == part]
            save(_figure(part, chosen, book), out / part, ("png", "svg"))


LIVES = ("part", "arm", "seed", "episodes", "best", "last 20, mean", "final policy", "solved after")


def _lives(arm: Arm, book: Book) -> Iterable[tuple]:
    for life in book.of(arm):
        frames = np.array(life["frames"])
        yield (
            arm.part,
            arm.name,
            life["key"].rsplit("/", 1)[1],
            len(frames),
            frames.max(),
            round(frames[-20:].mean(), 1),
            round(float(np.mean(life["tests"])), 1),
            solved_after(frames, arm.limit) or "",
        )


def solved_after(frames: NDArray[np.int64], limit: int) -> int:
    """Control steps until 100 consecutive episodes are good enough; 0: never."""
    if limit not in SOLVED or len(frames) < WINDOW:
        return 0
    means = np.convolve(frames, np.full(WINDOW, 1.0 / WINDOW), "valid")
    good = np.flatnonzero(means >= SOLVED[limit] - 1e-9)
    return int(frames[: good[0] + WINDOW].sum()) if good.size else 0


def _summary(arm: Arm, book: Book) -> tuple:
    lives = book.of(arm)
    every = [np.array(life["frames"]) for life in lives]
    best, final = [f.max() for f in every], [float(np.mean(life["tests"])) for life in lives]
    solved = [solved_after(f, arm.limit) for f in every]
    # a life that has not solved it counts as longer than any
    times = np.array([steps or np.inf for steps in solved])
    low, middle, high = np.percentile(best, (25, 50, 75))
    f_low, f_middle, f_high = np.percentile(final, (25, 50, 75))
    tried = arm.limit in SOLVED
    median = float(np.median(times))
    return (
        arm.part,
        arm.name,
        len(lives),
        *(round(value, 1) for value in (middle, low, high)),
        max(best),
        round(float(np.mean([f[:20].mean() for f in every])), 1),
        round(float(np.mean([f[-20:].mean() for f in every])), 1),
        *(round(value, 1) for value in (f_middle, f_low, f_high)),
        sum(map(bool, solved)) if tried else "",
        int(median) if tried and np.isfinite(median) else "",
    )


def _blocks(book: Book, name: str) -> list[NDArray[np.int64]]:
    prefix = f"controls/{name}/"
    return [np.array(v["frames"]) for k, v in book.lives.items() if k.startswith(prefix)]


def _control_names(book: Book) -> list[str]:
    return list(dict.fromkeys(k.split("/")[1] for k in book.lives if k.startswith("controls/")))


def _controls(book: Book) -> Iterable[tuple]:
    """Best of 200 episodes, over blocks; "last 20" and "first 20" are the mean of all."""
    for name in _control_names(book):
        blocks = _blocks(book, name)
        low, middle, high = np.percentile([b.max() for b in blocks], (25, 50, 75))
        mean = round(float(np.mean(blocks)), 1)
        largest = max(b.max() for b in blocks)
        quartiles = (round(middle, 1), round(low, 1), round(high, 1))
        yield ("controls", name, len(blocks), *quartiles, largest, mean, mean, *("",) * 5)


def _write(path: Path, header: tuple, rows: Iterable[tuple]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _figure(part: str, chosen: list[Arm], book: Book) -> Figure:
    if part == "table_2":
        return _models(chosen, book)
    figure = new_figure(3.0)
    axes = figure.subplots()
    for arm in chosen:
        _curve(axes, arm, book)
    _random(axes, book)
    _finish(axes, part)
    return figure


def _models(chosen: list[Arm], book: Book) -> Figure:
    """Figures 4 to 8: one panel a model, one line a size; the paper's best as crosses."""
    figure = new_figure(2.0 * len(MODELS))
    for axes, model in zip(figure.subplots(len(MODELS), sharex=True), MODELS, strict=True):
        for arm in chosen:
            if arm.name.startswith(f"model {model},"):
                _curve(axes, arm, book)
        for size in SIZES:
            best = PAPER[size][MODELS.index(model)]
            axes.plot(ITERATIONS, best, "x", color=BLACK, markersize=4)
        _random(axes, book)
        _finish(axes, f"model {model}; x: the paper's best of each size")
    return figure


def _curve(axes: Axes, arm: Arm, book: Book) -> None:
    """Median over lives of the mean over ten episodes, quartiles as a band."""
    lives = [np.array(life["frames"]) for life in book.of(arm)]
    count = min(map(len, lives)) // 10 * 10
    if count == 0:
        return
    means = np.array([f[:count].reshape(-1, 10).mean(axis=1) for f in lives])
    low, middle, high = np.percentile(means, (25, 50, 75), axis=0)
    at = np.arange(len(middle)) * 10 + 5
    line = axes.plot(at, middle, label=arm.name.split(", ")[-1])[0]
    axes.fill_between(at, low, high, color=line.get_color(), alpha=0.15, linewidth=0)


def _random(axes: Axes, book: Book) -> None:
    blocks = _blocks(book, "random actions")
    if blocks:
        axes.axhline(np.mean(blocks), color=GREY, linestyle=":", label="random actions, mean")
        best = np.median([b.max() for b in blocks])
        axes.axhline(best, color=GREY, linestyle="--", label="random actions, best of 200")


def _finish(axes: Axes, title: str) -> None:
    axes.set_title(title.replace("_", " "))
    axes.set_xlabel("iteration (episode)")
    axes.set_ylabel("frames")
    axes.legend(fontsize=6.5, ncols=2)
