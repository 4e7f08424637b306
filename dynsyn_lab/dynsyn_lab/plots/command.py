"""`dynsyn plot RUN [RUN ...]`: the papers' figures from one's own runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynsyn_lab.cli.errors import CommandError, UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dynsyn_lab.plots.source import Source

FIGURES = {
    "exploration2": ("exploration", "draw_two", "trajectory of two weights (figure 2)"),
    "exploration3": ("exploration", "draw_three", "trajectory of three weights (figure 3)"),
    "oscillator": ("oscillator", "draw_sweep", "oscillator under a slow input sweep (figure 6)"),
    "portrait": ("oscillator", "draw_portrait", "phase portrait of the oscillator (figure 7)"),
    "returns": ("learning", "draw_returns", "return of each episode, running mean (figure 8)"),
    "poincare": ("learning", "draw_poincare", "Poincaré map of the exploration (figure 9)"),
    "weights": ("learning", "draw_weights", "weights, centres, amplitudes (figure 10)"),
    "activity": ("activity", "draw_activity", "every unit and joint over some seconds"),
    "spikes": ("spikes", "draw_spikes", "spikes and potentials of a spiking network"),
}
"""Figures of one lifetime: name -> module, function, description."""
ARMS = "arms"
FORMATS = ("png", "svg")


def add_parser(subparsers: Any) -> None:
    """Add `plot` to the `dynsyn` command."""
    parser = subparsers.add_parser(
        "plot",
        help="draw the papers' figures from runs and checkpoints",
        description="Draw figures of a run folder or a checkpoint. Of several runs: their returns "
        "by arm; runs that differ in nothing but their seeds are one arm.",
        epilog="figures: "
        + "; ".join(f"{name}: {about}" for name, (_, _, about) in FIGURES.items())
        + f"; {ARMS}: several runs compared by arm (figure 11).",
    )
    parser.add_argument(
        "runs", nargs="+", type=Path, metavar="RUN", help="run folder, or checkpoint file"
    )
    parser.add_argument(
        "--figure",
        action="append",
        choices=(*FIGURES, ARMS),
        metavar="NAME",
        help="only this one; may be repeated (all that the run has data for)",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where to (the first run's folder figures/)"
    )
    parser.add_argument("--format", action="append", choices=FORMATS, help="(both)")
    parser.add_argument(
        "--lifetime", type=int, default=0, metavar="I", help="which of the run's lifetimes (0)"
    )
    parser.add_argument(
        "--synapses",
        nargs="+",
        default=(),
        metavar="LAYER.ROW.COLUMN",
        help="which synapses to show, such as action.0.2",
    )
    parser.add_argument(
        "--labels",
        nargs="+",
        default=(),
        metavar="TEXT",
        help="names of the arms, one for each run",
    )
    parser.add_argument(
        "--robot", default="", metavar="NAME", help="robot to watch a checkpoint on (its own)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="S", help="of the course in the figure activity (0)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Draw. Returns 0; what a run has no data for is left out unless it was asked for."""
    import matplotlib

    from dynsyn_lab.plots.style import STYLE

    if args.seed < 0:
        raise UsageError(f"--seed: found {args.seed}, expected 0 or more")
    formats = tuple(dict.fromkeys(args.format or FORMATS))
    with matplotlib.rc_context(STYLE):
        for name, draw, optional in _wanted(args):
            _draw(args, name, draw, optional, formats)
    return 0


Drawing = tuple[str, Callable[[], "Figure"], bool]
"""Name, function, and whether it may be left out for want of data."""


def _wanted(args: argparse.Namespace) -> list[Drawing]:
    """The figures to draw."""
    several = len(args.runs) > 1
    names = args.figure or ([ARMS] if several else list(FIGURES))
    if several and set(names) != {ARMS}:
        raise UsageError(f"--figure: of several runs there is only {ARMS}; name one run")
    if ARMS in names:
        from dynsyn_lab.plots.comparison import collect, draw_arms
        from dynsyn_lab.training.run_folder import RunFolder

        def draw() -> Figure:
            config = RunFolder(args.runs[0]).config
            arms = collect(args.runs, args.labels)
            return draw_arms(arms, config.robot, config.task.solved_return)

        return [(ARMS, draw, False)]
    from dynsyn_lab.plots.source import open_source

    source = open_source(args.runs[0], args.lifetime, args.synapses, args.robot, args.seed)
    return [(name, _drawer(name, source), not args.figure) for name in dict.fromkeys(names)]


def _drawer(name: str, source: Source) -> Callable[[], Figure]:
    from importlib import import_module

    module, function, _ = FIGURES[name]
    return lambda: getattr(import_module(f"dynsyn_lab.plots.{module}"), function)(source)


def _draw(args, name: str, draw: Callable[[], Figure], optional: bool, formats) -> None:
    from dynsyn_lab.plots.source import NotDrawable
    from dynsyn_lab.plots.style import save

    try:
        figure = draw()
    except NotDrawable as error:
        if not optional:
            raise
        print(f"{name}: left out: {error}")
        return
    first = args.runs[0]
    folder = args.out or (first if first.is_dir() else first.parent) / "figures"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = save(figure, folder / name, formats)
    except OSError as error:
        raise CommandError(f"{folder}: cannot be written: {error.strerror}") from None
    print(f"{name}: {' '.join(str(path) for path in files)}")
