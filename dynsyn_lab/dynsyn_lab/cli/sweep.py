"""`dynsyn sweep FILE.yaml`: many training runs over settings and seeds, side by side in a table."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from dynsyn_lab.cli.arguments import count


def add_parser(subparsers: Any) -> None:
    """Add `sweep` to the `dynsyn` command."""
    parser = subparsers.add_parser(
        "sweep",
        help="train over a grid or random search of settings, and compare",
        description="Train every point of a grid or random search, several at once, into one run "
        "folder each, and compare them in a table and a CSV. The same command again goes on where "
        "it was interrupted; with more steps in the file, the runs go on to there.",
    )
    parser.add_argument("file", type=Path, metavar="FILE.yaml", help="see config/sweeps/")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the sweep (sweeps/FILE)")
    parser.add_argument(
        "--workers", type=count, metavar="N", help="points at once (one for each processor)"
    )
    parser.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="on a Ray cluster: auto, HOST:PORT, or local to start one here",
    )
    parser.add_argument("--dry-run", action="store_true", help="list the points, train nothing")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Sweep. Returns 0 when all points are done, 1 when some failed or it was interrupted."""
    from dynsyn_lab.sweeps.plan import read_plan

    plan = read_plan(args.file)
    if args.dry_run:
        for point in plan.points:
            print(point)
        return 0
    from dynsyn_lab.sweeps.sweep import sweep

    out = (args.out or Path("sweeps") / args.file.stem).absolute()
    return 0 if sweep(plan, out, args.workers, args.ray) else 1
