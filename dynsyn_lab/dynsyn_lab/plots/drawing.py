"""Figures into files: all that a run or a checkpoint has data for, or those that are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from dynsyn_lab.errors import CommandError
from dynsyn_lab.plots.aggregates import aggregate, collect_scores, draw_aggregates
from dynsyn_lab.plots.comparison import collect, draw_arms
from dynsyn_lab.plots.figures import ARMS, FIGURES, SEVERAL
from dynsyn_lab.plots.source import NotDrawable, Source
from dynsyn_lab.plots.style import STYLE, save
from dynsyn_lab.training.run_folder import RunFolder


@dataclass(frozen=True)
class Drawn:
    """What came of one figure.

    Attributes:
        name: of the figure.
        files: that were written.
        left_out: why none was; empty: it was drawn.
        said: its numbers, for people.
    """

    name: str
    files: tuple[Path, ...] = ()
    left_out: str = ""
    said: tuple[str, ...] = ()


def draw_lifetime(
    source: Source, names: Sequence[str], folder: Path | None, formats: Sequence[str]
) -> Iterator[Drawn]:
    """Draw figures of one lifetime, one after the other.

    Args:
        source: the lifetime.
        names: of FIGURES; empty: all, of which those that there is no data for are left out.
        folder: to write to; None: `figures` in the run's folder or beside the checkpoint.
        formats: endings of the files.

    Raises:
        NotDrawable: there is no data for a figure that was asked for by name.
        CommandError: a file cannot be written.
    """
    folder = folder or _beside(source.path)
    for name in dict.fromkeys(names or FIGURES):
        module, function, _ = FIGURES[name]
        with matplotlib.rc_context(STYLE):
            try:
                figure = getattr(import_module(f"dynsyn_lab.plots.{module}"), function)(source)
            except NotDrawable as error:
                if names:
                    raise
                yield Drawn(name, left_out=str(error))
                continue
            files = _save(figure, folder, name, formats)
        yield Drawn(name, files)


def draw_runs(
    runs: Sequence[Path],
    labels: Sequence[str],
    names: Sequence[str],
    folder: Path | None,
    formats: Sequence[str],
) -> Iterator[Drawn]:
    """Draw several runs compared by arm, one figure after the other.

    Args:
        runs: their folders.
        labels: of the arms; see `comparison.collect`.
        names: of SEVERAL; empty: all, of which those that there is no data for are left out.
        folder, formats: see `draw_lifetime`.

    Raises:
        UsageError, RunError, NotDrawable: see `comparison.collect`, `aggregates.collect_scores`.
        CommandError: a file cannot be written.
    """
    folder = folder or _beside(runs[0])
    for name in dict.fromkeys(names or SEVERAL):
        with matplotlib.rc_context(STYLE):
            try:
                draw = _draw_arms if name == ARMS else _draw_aggregates
                figure, said = draw(runs, labels)
            except NotDrawable as error:
                if names or name == ARMS:
                    raise
                yield Drawn(name, left_out=str(error))
                continue
            files = _save(figure, folder, name, formats)
        yield Drawn(name, files, said=said)


def _draw_arms(runs: Sequence[Path], labels: Sequence[str]) -> tuple[Figure, tuple[str, ...]]:
    config = RunFolder(runs[0]).config
    return draw_arms(collect(runs, labels), config.robot, config.task.solved_return), ()


def _draw_aggregates(runs: Sequence[Path], labels: Sequence[str]) -> tuple[Figure, tuple[str, ...]]:
    arms = collect_scores(runs, labels)
    found = [aggregate(arm.label, arm.strata) for arm in arms]
    robots = list(dict.fromkeys(robot for arm in arms for robot in arm.scores))
    said = tuple(
        f"  {one.label}: {one.mean:.4g}"
        + (f" ({one.low:.4g} to {one.high:.4g})" if one.lifetimes > 1 else "")
        + f", {one.lifetimes} lifetime{'s' if one.lifetimes > 1 else ''}"
        for one in found
    )
    return draw_aggregates(found, robots), said


def _beside(path: Path) -> Path:
    return (path if path.is_dir() else path.parent) / "figures"


def _save(figure: Figure, folder: Path, name: str, formats: Sequence[str]) -> tuple[Path, ...]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tuple(save(figure, folder / name, formats))
    except OSError as error:
        raise CommandError(f"{folder}: cannot be written: {error.strerror}") from None
