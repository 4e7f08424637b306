"""Figure 6 of the NCAP paper by every learner: lifetimes of a study of peers in other bodies.

What `dynsyn study ncap` or `ncap_ablations` has lived is put, as it stands and frozen, into
swimmers of other lengths. Circuits are moved as `dynsyn eval --transfer` does it; a perceptron has
as many inputs as its body, and cannot be.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

from dynsyn_controller.lifetime import atomic, checkpoint
from dynsyn_controller.lifetime.checkpoint import CheckpointError
from dynsyn_lab.errors import CommandError
from dynsyn_lab.plots.style import CYCLE, STYLE, new_figure, save
from dynsyn_lab.rollouts.evaluate import BLOCK, evaluate
from dynsyn_lab.studies.swimmer_report import draw_by_length, finish
from dynsyn_lab.studies.swimmer_trials import LENGTHS
from dynsyn_lab.studies.tables import rounded, spread, write
from dynsyn_lab.studies.trial_processes import Trial, known, lifetime_of
from dynsyn_lab.training.run_folder import RunFolder

COURSES = BLOCK
"""Of 1000 control steps, of a lifetime in a body; the same for all."""
HEADER = ("arm", "seed", "steps", "joints", f"return, {COURSES} courses frozen")
CANNOT = "cannot move"
Returns = dict[str, float | None]
"""Joints of the body -> mean return of a course; None: the lifetime cannot move there."""


def run_study(
    arms: Sequence[str],
    work: Path,
    out: Path,
    only_report: bool,
    lengths: Collection[int] = LENGTHS,
) -> None:
    """Evaluate what is missing, write transfer.csv and transfer.png, and print the table.

    Args:
        arms: whose lifetimes, of the study that the folder is of.
        work: folder of that study; what is found is kept in its folder `transfer`.
        out: folder of the results, made where it is not there.
        only_report: evaluate nothing.
        lengths: joints of the bodies.

    Raises:
        CommandError: the folder has no lifetime of these arms.
    """
    trials = [trial for trial in known(work) if trial.arm in arms]
    if not trials:
        raise CommandError(f"{work}: no lifetime of {', '.join(arms)}; `dynsyn study ncap` first")
    trials.sort(key=lambda trial: (arms.index(trial.arm), trial.seed))
    if not only_report:
        for trial in trials:
            _evaluate(trial, work, lengths)
    _report(trials, work, out)


def _file(trial: Trial, work: Path) -> Path:
    return work / "transfer" / f"{trial.name}.json"


def _steps(trial: Trial, work: Path) -> int:
    lived = lifetime_of(work / trial.name)
    assert lived is not None  # it is known
    return int(lived["steps"])


def _found(trial: Trial, work: Path) -> Returns:
    """What has been found of a lifetime as it stands now."""
    path = _file(trial, work)
    if not path.exists():
        return {}
    kept = json.loads(path.read_text(encoding="utf-8"))
    return kept["returns"] if kept["steps"] == _steps(trial, work) else {}


def _evaluate(trial: Trial, work: Path, lengths: Collection[int]) -> None:
    """Find what is missing of a lifetime, and keep it body by body."""
    found, refused, steps = _found(trial, work), "", _steps(trial, work)
    path = RunFolder(work / trial.name).lifetime(0) / "checkpoint.ckpt"
    checkpoint.load(path)  # one that cannot be read is an error, not a lifetime that cannot move
    missing = [joints for joints in lengths if str(joints) not in found]
    for joints in missing:
        try:
            result = evaluate(path, COURSES, options={"joints": joints}, transfer=True)
            found[str(joints)] = result["mean"]
        except CheckpointError as error:
            found[str(joints)], refused = None, str(error)
        kept: dict[str, Any] = {"steps": steps, "returns": found}
        _file(trial, work).parent.mkdir(exist_ok=True)
        atomic.write(_file(trial, work), json.dumps(kept, indent=2) + "\n")
    if missing:
        print(f"{trial.name}: {refused or f'{len(missing)} bodies'}", flush=True)


def _report(trials: Sequence[Trial], work: Path, out: Path) -> None:
    columns: dict[str, dict[int, list[float | None]]] = {}
    rows: list[tuple[object, ...]] = []
    for trial in trials:
        steps = _steps(trial, work)
        for text, value in sorted(_found(trial, work).items(), key=lambda item: int(item[0])):
            columns.setdefault(trial.arm, {}).setdefault(int(text), []).append(value)
            rows.append((trial.arm, trial.seed, steps, text, rounded(value)))
    out.mkdir(parents=True, exist_ok=True)
    write(out / "transfer.csv", HEADER, rows)
    with matplotlib.rc_context(STYLE):
        figure = new_figure(3.4)
        axes = figure.subplots()
        for number, (arm, by_length) in enumerate(columns.items()):
            moved = {n: np.array(v, float) for n, v in by_length.items() if None not in v}
            shift = 0.08 * (number - (len(columns) - 1) / 2)
            colour = CYCLE[number % len(CYCLE)]
            if moved:
                draw_by_length(axes, moved, arm, (0, 50, 100), shift, color=colour)
        finish(axes, "joints of the body", (1.01, 0.2))
        figure.suptitle(
            "Learnt on 5 joints, moved to other bodies, frozen: median and range",
            x=0.01, ha="left", fontweight="bold",
        )  # fmt: skip
        save(figure, out / "transfer", ("png",))
    print("| joints | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for joints in sorted({n for by_length in columns.values() for n in by_length}):
        cells = [spread(own.get(joints, [])) or CANNOT for own in columns.values()]
        print(f"| {joints} | " + " | ".join(cells) + " |")
