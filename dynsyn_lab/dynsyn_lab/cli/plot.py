"""`dynsyn plot RUN [RUN ...]`: the papers' figures from one's own runs and checkpoints."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynsyn_lab.cli.arguments import OF_THE_BODY, whole
from dynsyn_lab.cli.dotted import accept_dotted
from dynsyn_lab.errors import UsageError
from dynsyn_lab.plots.figures import FIGURES, FORMATS, SEVERAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynsyn_lab.plots.drawing import Drawn

_FIGURES = "; ".join(f"{name}: {figure.about}" for name, figure in FIGURES.items())


def add_parser(subparsers: Any) -> None:
    """Add `plot` to the `dynsyn` command."""
    parser = subparsers.add_parser(
        "plot",
        help="draw the papers' figures from runs and checkpoints",
        description="Draw figures of a run folder or a checkpoint. Of several runs: their returns "
        "by arm; runs that differ in nothing but their seeds are one arm.",
        epilog=f"figures: {_FIGURES}; {', '.join(SEVERAL)}: several runs compared by arm: curves "
        "(figure 11), and interquartile means with bootstrap intervals. " + OF_THE_BODY,
    )
    parser.add_argument(
        "runs", nargs="+", type=Path, metavar="RUN", help="run folder, or checkpoint file"
    )
    parser.add_argument(
        "--figure",
        action="append",
        choices=(*FIGURES, *SEVERAL),
        metavar="NAME",
        help="only this one; may be repeated (all that the run has data for)",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where to (the first run's folder figures/)"
    )
    parser.add_argument("--format", action="append", choices=FORMATS, help="(both)")
    parser.add_argument(
        "--lifetime", type=whole, default=0, metavar="I", help="which of the run's lifetimes (0)"
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
        "--robot", default="", metavar="NAME", help="robot to watch a lifetime on (its own)"
    )
    parser.add_argument(
        "--seed", type=whole, default=0, metavar="S", help="of its course there (0)"
    )
    accept_dotted(parser, ("robot",))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Draw. Returns 0; what a run has no data for is left out unless it was asked for."""
    for drawn in _draw(args):
        said = f"left out: {drawn.left_out}" if drawn.left_out else " ".join(map(str, drawn.files))
        print(f"{drawn.name}: {said}", *drawn.said, sep="\n", flush=True)
    return 0


def _draw(args: argparse.Namespace) -> Iterator[Drawn]:
    several, names = len(args.runs) > 1, args.figure or []
    formats = tuple(dict.fromkeys(args.format or FORMATS))
    compared = [name for name in names if name in SEVERAL]
    if several and len(compared) < len(names):
        raise UsageError(
            f"--figure: of several runs there are only {' and '.join(SEVERAL)}; name one run"
        )
    if several or compared:
        from dynsyn_lab.plots.drawing import draw_runs

        yield from draw_runs(args.runs, args.labels, compared, args.out, formats)
        names = [name for name in names if name not in SEVERAL]
        if several or not names:
            return
    from dynsyn_lab.plots.drawing import draw_lifetime
    from dynsyn_lab.plots.source import open_source

    source = open_source(
        args.runs[0], args.lifetime, args.synapses, args.robot, args.seed, args.dotted["robot"]
    )
    yield from draw_lifetime(source, names, args.out, formats)
