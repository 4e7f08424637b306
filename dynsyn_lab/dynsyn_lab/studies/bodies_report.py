"""Tables and the figure of the study `bodies`, from what has been lived so far."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dynsyn_lab.plots.source import NotDrawable, finished_episodes
from dynsyn_lab.plots.style import CYCLE, GREY, STYLE, new_figure, save
from dynsyn_lab.studies.bodies_arms import ARMS, BODIES
from dynsyn_lab.studies.tables import rounded, spread, write
from dynsyn_lab.studies.trial_processes import Trial, lifetime_of
from dynsyn_lab.training.run_folder import RunFolder

POINTS = 20
"""Of a curve."""
_LEGEND = 5
"""Arms side by side."""
HEADER = (
    "body",
    "arm",
    "seed",
    "steps",
    "episodes",
    "processor time / s",
    "return, last 100 episodes",
    "return, best 100 episodes",
    "return, frozen",
    "falls, frozen",
)
Chance = Mapping[str, NDArray[np.float64]]
"""Body -> returns of random efforts."""


def report(trials: Sequence[Trial], chance: Chance, work: Path, out: Path) -> None:
    """Write lives.csv, random.csv, curves.csv, bodies.png and bodies.svg.

    Args:
        trials: that have lived.
        chance: what random efforts earn.
        work: folder of their run folders.
        out: folder of the results, made where it is not there.
    """
    out.mkdir(parents=True, exist_ok=True)
    order = list(BODIES)
    ordered = sorted(trials, key=lambda t: (order.index(t.body), ARMS.index(t.arm), t.seed))
    write(out / "lives.csv", HEADER, [_row(trial, work) for trial in ordered])
    write(
        out / "random.csv",
        ("body", "courses", "mean return", "standard deviation"),
        [(body, len(r), round(r.mean(), 1), round(r.std(), 1)) for body, r in chance.items()],
    )
    curves = {trial.name: curve(trial, work) for trial in ordered}
    write(
        out / "curves.csv",
        ("body", "arm", "seed", "step", "return"),
        [
            (trial.body, trial.arm, trial.seed, int(step), round(value, 1))
            for trial in ordered
            for step, value in zip(*curves[trial.name], strict=True)
        ],
    )
    with matplotlib.rc_context(STYLE):
        save(draw(ordered, curves, chance), out / "bodies", ("png", "svg"))


def _row(trial: Trial, work: Path) -> list[Any]:
    lived = lifetime_of(work / trial.name)
    assert lived is not None  # it has lived
    return [
        trial.body,
        trial.arm,
        trial.seed,
        lived["steps"],
        lived["episodes"],
        round(trial.processor),
        rounded(lived["return_average"]),
        rounded(lived["return_best"]),
        rounded(trial.evaluation.get("mean")),
        trial.evaluation.get("falls", ""),
    ]


def curve(trial: Trial, work: Path) -> tuple[NDArray, NDArray]:
    """Steps, and the mean return of the episodes that ended in each part of a life up to them."""
    lived = lifetime_of(work / trial.name)
    assert lived is not None
    try:
        episodes = finished_episodes(RunFolder(work / trial.name), 0)
    except NotDrawable:
        return np.zeros(0), np.zeros(0)
    size = max(math.ceil(lived["steps"] / POINTS), 1)
    parts = ((episodes["step"] - 1) // size).astype(int)
    present = np.unique(parts)
    means = [float(episodes["return"][parts == part].mean()) for part in present]
    return (present + 1) * size, np.array(means)


def table(trials: Sequence[Trial], chance: Chance, work: Path) -> list[str]:
    """Bodies in rows, arms in columns: medians over seeds and, in brackets, ranges."""
    arms = _present(trials)
    columns = [f"{arm}, {what}" for arm in arms for what in ("last 100", "frozen")]
    lines = [
        "| body | random | " + " | ".join(columns) + " |",
        "|---" * (len(columns) + 2) + "|",
    ]
    for body in chance:
        cells = [f"{chance[body].mean():.0f}"]
        for arm in arms:
            own = [t for t in trials if (t.body, t.arm) == (body, arm)]
            last = [(lifetime_of(work / t.name) or {}).get("return_average") for t in own]
            cells += [spread(last), spread([t.evaluation.get("mean") for t in own])]
        lines.append(f"| {body} | " + " | ".join(cells) + " |")
    return lines


def _present(trials: Sequence[Trial]) -> list[str]:
    """Arms that have been lived, in their order."""
    return [arm for arm in ARMS if any(trial.arm == arm for trial in trials)]


def draw(
    trials: Sequence[Trial], curves: Mapping[str, tuple[NDArray, NDArray]], chance: Chance
) -> Figure:
    """A panel for each body: a thin line for each lifetime, a dashed one for random efforts."""
    bodies = list(chance)
    rows = math.ceil(len(bodies) / 4)
    figure = new_figure(1.7 * rows + 0.7)
    panels = figure.subplots(rows, 4, squeeze=False).ravel()
    handles: dict[str, Any] = {}
    present = _present(trials)
    for axes, body in zip(panels, bodies, strict=False):
        for trial in trials:
            if trial.body == body:
                steps, returns = curves[trial.name]
                colour = CYCLE[present.index(trial.arm) % len(CYCLE)]
                (line,) = axes.plot(steps / 1000.0, returns, color=colour, lw=0.9)
                handles.setdefault(trial.arm, line)
        handles["random"] = axes.axhline(chance[body].mean(), color=GREY, ls="--", lw=0.9)
        axes.set_title(body.split("-")[0].replace("Inverted", "Inv. "))  # as wide as a panel
    for axes in panels[len(bodies) :]:
        axes.set_axis_off()
    columns = min(len(handles), _LEGEND)
    figure.legend(handles.values(), handles.keys(), loc="outside upper right", ncols=columns)
    figure.supxlabel("control steps / 1000", fontsize=9)
    figure.supylabel("return of a course", fontsize=9)
    return figure
