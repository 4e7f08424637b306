"""A whole sweep: its folder, its runs, and the table at the end."""

from __future__ import annotations

import json
import os
from pathlib import Path

from dynsyn_controller.lifetime import atomic
from dynsyn_lab.errors import CommandError
from dynsyn_lab.interrupts import Interrupts
from dynsyn_lab.sweeps.plan import Plan, Point
from dynsyn_lab.sweeps.point import Job, Result, is_finished
from dynsyn_lab.sweeps.table import outcome_of, print_table, write_csv
from dynsyn_lab.sweeps.workers import run_locally, run_on_ray

PLAN_FILE, RESULTS_FILE = "sweep.json", "results.csv"


def sweep(plan: Plan, out: Path, workers: int | None = None, ray: str | None = None) -> bool:
    """Train every point that is not finished, say how they come along, and compare them.

    Args:
        plan: what to train.
        out: folder of the sweep, made where it is not there.
        workers: points at once; None: one for each processor.
        ray: address of a Ray cluster (see `workers.run_on_ray`); None: this machine.

    Returns:
        Whether all points are done.

    Raises:
        CommandError: the folder cannot be written, or holds something else; see also `run_on_ray`.
    """
    _prepare(out, plan)
    with Interrupts() as interrupts:
        errors = _train(plan, out, workers, ray, interrupts)
        interrupted = interrupts.requested
    write_csv(out / RESULTS_FILE, plan, out)
    print_table(plan, out)
    print(f"{out / RESULTS_FILE}")
    for name, error in errors.items():
        print(f"{name}: failed: {error}")
    if interrupted:
        print("interrupted; the same command goes on from here")
    return not (errors or interrupted)


def _prepare(out: Path, plan: Plan) -> None:
    """Make the sweep's folder, or see that it holds this sweep.

    Raises:
        CommandError: it cannot be made, or holds something else.
    """
    # through JSON, so that what is compared has been through it on both sides
    wanted = json.loads(json.dumps(plan.resolved()))
    where = out / PLAN_FILE
    try:
        out.mkdir(parents=True, exist_ok=True)
        if not where.exists():
            if any(out.iterdir()):
                raise CommandError(f"{out}: not empty and not a sweep; name another --out")
        elif json.loads(where.read_text(encoding="utf-8"))["points"] != wanted["points"]:
            raise CommandError(f"{out}: holds a sweep over other points; name another --out")
        atomic.write(where, json.dumps(wanted, indent=2) + "\n")
    except OSError as error:
        raise CommandError(f"{out}: cannot be written: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise CommandError(f"{where}: damaged") from None


def _train(
    plan: Plan, out: Path, workers: int | None, ray: str | None, interrupts: Interrupts
) -> dict[str, str]:
    """Train what is not finished; returns the errors by name of the point."""
    jobs = [
        Job(number, out / point.name, point.config, plan.limits)
        for number, point in enumerate(plan.points)
        if not is_finished(out / point.name, plan.limits)
    ]
    finished = len(plan.points) - len(jobs)
    print(f"{len(plan.points)} points into {out}" + (f", {finished} done" if finished else ""))
    if ray:
        results = run_on_ray(jobs, ray, workers, interrupts)
    else:
        results = run_locally(jobs, workers or os.cpu_count() or 1, interrupts)
    errors = {}
    for result in results:
        point = plan.points[result.number]
        finished += not result.error and is_finished(out / point.name, plan.limits)
        print(_line(point, result, out, f"[{finished}/{len(plan.points)}]"), flush=True)
        if result.error:
            errors[point.name] = result.error
    return errors


def _line(point: Point, result: Result, out: Path, finished: str) -> str:
    """What came of a point, for people."""
    if result.error:
        return f"{point}: failed: {result.error}"
    return f"{finished} {point}: {outcome_of(point, out)}"
