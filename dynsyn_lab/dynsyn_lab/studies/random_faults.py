"""`dynsyn study faults`: random faults on a running robot, and what its lifetime is worth after.

Two processes, the simulated robot and the controller node, run in real time in a ROS domain of
their own while faults come at random times. All commands and weights are watched. Afterwards the
lifetime is evaluated beside what it was.
"""

from __future__ import annotations

import csv
import json
import math
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.robot.config_files import shipped_checkpoint
from dynsyn_lab.errors import CommandError
from dynsyn_lab.rollouts.evaluate import evaluate
from dynsyn_lab.studies.faulty_robot import FaultyRobot
from dynsyn_lab.studies.injector import Injector

LARGEST_LOSS = 0.03
"""Of what the frozen lifetime earned before."""


@dataclass(frozen=True)
class Plan:
    """What is done to whom.

    Attributes:
        robot: registered name.
        lifetime: file that the lifetime begins as a copy of; None: the shipped one.
        minutes: how long.
        pause: mean s between two faults; infinite: there are none, for comparison.
        seed: of the faults and of the robot.
        domain: ROS domain.
        episodes: of the evaluations before and after.
        work: folder of logs and copies.
        life: folder of the running lifetime; see `FaultyRobot`.
        out: folder of the results.
    """

    robot: str
    lifetime: Path | None
    minutes: float
    pause: float
    seed: int
    domain: int
    episodes: int
    work: Path
    life: Path
    out: Path


def run(plan: Plan) -> bool:
    """Do it, and write OUT/ROBOT_events.csv and OUT/ROBOT_summary.json.

    Returns:
        Nothing crashed, every number was finite, no effort out of its limits, and the lifetime has
        lost no more than LARGEST_LOSS of what it earned.

    Raises:
        CommandError: there is no lifetime to begin with.
    """
    origin = plan.lifetime or shipped_checkpoint(plan.robot)
    if origin is None:
        raise CommandError(f"no lifetime of {plan.robot} is shipped; name one by --lifetime")
    os.environ["ROS_DOMAIN_ID"] = str(plan.domain)
    plan.out.mkdir(parents=True, exist_ok=True)
    logs, life = plan.work / "log", plan.life / f"{plan.robot}.ckpt"
    logs.mkdir(parents=True, exist_ok=True)
    plan.life.mkdir(parents=True, exist_ok=True)
    before, after = plan.work / "before.ckpt", plan.work / "after.ckpt"
    shutil.copyfile(origin, before)
    shutil.copyfile(origin, life)
    robot = FaultyRobot(plan.robot, life, logs, plan.seed, plan.domain)
    try:
        robot.start()
        rows = inject(robot, plan)
        code = robot.stop()
    except BaseException:
        robot.close()
        raise
    shutil.copyfile(life, after)
    seen, value = figures(plan, robot.injector, rows, code), worth(before, after, plan)
    summary = {**seen, **value, "good": good(seen) and value["change"] >= -LARGEST_LOSS}
    path = plan.out / f"{plan.robot}_summary.json"
    path.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(summary, indent=2))
    return bool(summary["good"])


def inject(robot: FaultyRobot, plan: Plan) -> list[dict[str, Any]]:
    """Disturb a running robot for as long as planned; returns the rows of the table of events."""
    rows: list[dict[str, Any]] = []
    began = time.monotonic()
    with open(plan.out / f"{plan.robot}_events.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        columns = ("second", "fault", "details", "acts_again_after_s")
        writer.writerow(columns)

        def note(*values: Any) -> None:
            rows.append(dict(zip(columns, values, strict=True)))
            writer.writerow(values)
            file.flush()

        note(0.0, "start", "", round(robot.acts_again(), 2))
        faults = robot.faults()
        while time.monotonic() - began < 60.0 * plan.minutes:
            left = began + 60.0 * plan.minutes - time.monotonic()
            if math.isinf(plan.pause):
                robot.injector.spin(left)
                break
            robot.injector.spin(robot.random.expovariate(1.0 / plan.pause))
            fault = robot.random.choice(sorted(faults))
            second = round(time.monotonic() - began, 1)
            details = faults[fault]()
            crashes = robot.crashed()
            note(second, fault, details, round(robot.acts_again(), 2))
            for crash in crashes + robot.crashed():
                note(second, "CRASH", crash, round(robot.acts_again(), 2))
    return rows


def figures(
    plan: Plan, injector: Injector, rows: list[dict[str, Any]], code: int
) -> dict[str, Any]:
    """What was done, and what was seen meanwhile."""
    kinds = [row["fault"] for row in rows if row["fault"] not in ("start", "CRASH")]
    times = [row["acts_again_after_s"] for row in rows]
    return {
        "robot": plan.robot,
        "minutes": plan.minutes,
        "seed": plan.seed,
        "faults": len(kinds),
        "kinds": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
        "crashes": sum(row["fault"] == "CRASH" for row in rows),
        "not_refused": sum("NOT refused" in row["details"] for row in rows),
        "never_acted_again": sum(math.isinf(each) for each in times),
        "longest_until_acting_s": max(times),
        "commands": injector.commands,
        "numbers_not_finite": injector.not_finite,
        "largest_effort_over_limit": injector.largest,
        "exit_code": code,
    }


def good(seen: dict[str, Any]) -> bool:
    """Whether nothing that `figures` counts went wrong."""
    zero = ("crashes", "not_refused", "never_acted_again", "numbers_not_finite", "exit_code")
    return not any(seen[name] for name in zero) and seen["largest_effort_over_limit"] <= 1.0


def worth(before: Path, after: Path, plan: Plan) -> dict[str, Any]:
    """What the lifetime earns, frozen, before and after."""
    files = {"before": before, "after": after}
    results = {name: evaluate(path, plan.episodes, plan.seed + 1) for name, path in files.items()}
    means = {name: float(result["mean"]) for name, result in results.items()}
    error = {name: float(r["std"]) / math.sqrt(plan.episodes) for name, r in results.items()}
    steps = {n: int(checkpoint.load(f).state["steps"][0]) for n, f in files.items()}
    return {
        "steps_lived": steps["after"] - steps["before"],
        "episodes": plan.episodes,
        **{f"frozen_{name}": round(mean, 2) for name, mean in means.items()},
        **{f"standard_error_{name}": round(each, 2) for name, each in error.items()},
        "change": round(means["after"] / means["before"] - 1.0, 4),
    }
