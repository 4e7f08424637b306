"""`dynsyn sweep FILE.yaml`: many training runs over settings and seeds, side by side in a table."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynsyn_lab.cli.errors import CommandError

if TYPE_CHECKING:
    from dynsyn_lab.sweep_work import Result
    from dynsyn_lab.sweeps.plan import Plan, Point

PLAN_FILE, RESULTS_FILE = "sweep.json", "results.csv"


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
        "--workers", type=_count, metavar="N", help="points at once (one for each processor)"
    )
    parser.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="on a Ray cluster: auto, HOST:PORT, or local to start one here",
    )
    parser.add_argument("--dry-run", action="store_true", help="list the points, train nothing")
    parser.set_defaults(run=run)


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text}: expected 1 or more")
    return value


def run(args: argparse.Namespace) -> int:
    """Sweep. Returns 0 when all points are done, 1 when some failed or it was interrupted."""
    from dynsyn_lab.cli.interrupts import Interrupts
    from dynsyn_lab.sweeps.plan import read_plan

    plan = read_plan(args.file)
    if args.dry_run:
        for point in plan.points:
            print(f"{point.name}: {show_values(point.values)}")
        return 0
    out = (args.out or Path("sweeps") / args.file.stem).absolute()
    _prepare(out, plan)
    with Interrupts() as interrupts:
        errors = _train(args, plan, out, interrupts)
        interrupted = interrupts.requested
    from dynsyn_lab.sweeps.table import print_table, write_csv

    write_csv(out / RESULTS_FILE, plan, out)
    print_table(plan, out)
    print(f"{out / RESULTS_FILE}")
    for name, error in errors.items():
        print(f"{name}: failed: {error}")
    if interrupted:
        print("interrupted; the same command goes on from here")
    return 1 if errors or interrupted else 0


def show_values(values: dict[str, Any]) -> str:
    """What sets a point apart, for people."""
    return ", ".join(f"{key} {show_value(value)}" for key, value in values.items())


def show_value(value: Any) -> str:
    """A number with four digits, anything else as it is."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _prepare(out: Path, plan: Plan) -> None:
    """Make the sweep's folder, or see that it holds this sweep.

    Raises:
        CommandError: it cannot be made, or holds something else.
    """
    import json

    from dynsyn_lab.sweeps.plan import resolved

    # through JSON, so that what is compared has been through it on both sides
    wanted = json.loads(json.dumps(resolved(plan)))
    where = out / PLAN_FILE
    try:
        out.mkdir(parents=True, exist_ok=True)
        if not where.exists():
            if any(out.iterdir()):
                raise CommandError(f"{out}: not empty and not a sweep; name another --out")
        elif json.loads(where.read_text(encoding="utf-8"))["points"] != wanted["points"]:
            raise CommandError(f"{out}: holds a sweep over other points; name another --out")
        partial = where.with_name(f".{PLAN_FILE}.part")
        partial.write_text(json.dumps(wanted, indent=2) + "\n", encoding="utf-8")
        partial.replace(where)
    except OSError as error:
        raise CommandError(f"{out}: cannot be written: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise CommandError(f"{where}: damaged") from None


def _train(args: argparse.Namespace, plan: Plan, out: Path, interrupts: Any) -> dict[str, str]:
    """Train what is not finished; returns the errors by name of the point."""
    from dynsyn_lab.sweeps.point import Task, is_finished
    from dynsyn_lab.sweeps.workers import run_locally, run_on_ray

    tasks = [
        Task(number, out / point.name, point.config, plan.limits)
        for number, point in enumerate(plan.points)
        if not is_finished(out / point.name, plan.limits)
    ]
    finished = len(plan.points) - len(tasks)
    print(f"{len(plan.points)} points into {out}" + (f", {finished} done" if finished else ""))
    if args.ray:
        results = run_on_ray(tasks, args.ray, args.workers, interrupts)
    else:
        results = run_locally(tasks, args.workers or os.cpu_count() or 1, interrupts)
    errors = {}
    for result in results:
        point = plan.points[result.number]
        finished += not result.error and is_finished(out / point.name, plan.limits)
        print(_said(point, result, out, finished, len(plan.points)), flush=True)
        if result.error:
            errors[point.name] = result.error
    return errors


def _said(point: Point, result: Result, out: Path, finished: int, count: int) -> str:
    from dynsyn_lab.sweeps.table import outcome_of

    if result.error:
        return f"{point.name}: {show_values(point.values)}: failed: {result.error}"
    return f"[{finished}/{count}] {point.name}: {show_values(point.values)}: " + str(
        outcome_of(point, out)
    )
