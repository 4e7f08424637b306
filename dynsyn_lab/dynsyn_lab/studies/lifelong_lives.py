"""The lives of the study `lifelong`: who meets which change, for how long, and where it is kept."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dynsyn_controller.lifetime import atomic, checkpoint
from dynsyn_controller.robot.config_files import shipped_checkpoint
from dynsyn_lab.errors import CommandError
from dynsyn_lab.rollouts.evaluate import BLOCK, Block, course_seed, figures, live, match_body
from dynsyn_lab.training.limits import Limits
from dynsyn_lab.training.run_config import RunConfig
from dynsyn_lab.training.run_folder import RunFolder
from dynsyn_lab.training.run_setup import make_config
from dynsyn_lab.training.train import train

UNCHANGED = "unchanged"
CHANGES: dict[str, dict[str, dict[str, Any]]] = {
    "walker": {
        "torque": {"torque": 0.7},
        "delay": {"delay": 2},
        "legs": {"legs": 0.8},
        "gravity": {"gravity": 1.3},
        "knee_speed": {"knee_speed": 0.6},
        "noise": {"noise": 0.1},
        UNCHANGED: {},
    },
    "swimmer": {
        "torque": {"torque": 0.7},
        "delay": {"delay": 2},
        "density": {"density": 6000.0},
        "dead_joint": {"dead_joint": 3},
        "stiff_joint": {"stiff_joint": 3},
        "noise": {"noise": 0.1},
        UNCHANGED: {},
    },
}
"""Robot -> name of a change -> options of the body after it."""
STEPS = {"walker": 300_000, "swimmer": 40_000}
"""Control steps after a change."""
CHILDHOOD = {"swimmer": 400_000}
"""Control steps that a lifetime learns on the first body; the others go on from a shipped one."""
COURSES = 20
"""In an evaluation, and in the figures of a life's beginning and end."""
BIRTHS = 9000
"""Seed of the birth of a new-born lifetime of seed 0."""
SAVE_EVERY, TRACE_EVERY = 20_000, 10_000


@dataclass(frozen=True)
class Life:
    """One lifetime in a body, kept as a run folder.

    Attributes:
        robot: registered name.
        change: of CHANGES, `sequence`, or `childhood`.
        arm: learning (an old lifetime goes on), newborn.
        seed: of the courses; a new-born lifetime is born from it, too.
        steps: control steps to live here.
        options: of the body.
        changes: of the body on the way: steps since the beginning here, and options.
    """

    robot: str
    change: str
    arm: str
    seed: int
    steps: int
    options: dict[str, Any] = field(default_factory=dict)
    changes: tuple[tuple[int, dict[str, Any]], ...] = ()

    def folder(self, work: Path) -> Path:
        """Of the run."""
        return work / self.robot / self.change / f"{self.arm}-{self.seed}"

    def origin(self, work: Path) -> Path | None:
        """Checkpoint that it goes on from; None: it is born here.

        Raises:
            CommandError: there is none yet.
        """
        return None if self.arm == "newborn" else origin_of(self.robot, self.seed, work)


def childhood(robot: str, seed: int) -> Life | None:
    """The life on the first body that the others go on from; None: the shipped one."""
    steps = CHILDHOOD.get(robot)
    return None if steps is None else Life(robot, "childhood", "newborn", seed, steps)


def origin_of(robot: str, seed: int, work: Path) -> Path:
    """The lifetime that meets the changes.

    Raises:
        CommandError: there is none.
    """
    young = childhood(robot, seed)
    if young is None:
        path = shipped_checkpoint(robot)
    else:
        path = young.folder(work) / "lifetime_000" / "checkpoint.ckpt"
    if path is None or not path.exists():
        raise CommandError(f"no lifetime of {robot}, seed {seed}, to begin with in {work}")
    return path


def lives(robot: str, seed: int, steps: int) -> list[Life]:
    """What one seed lives, in this order: each change, all in a row, and new-born beside."""
    changes = CHANGES[robot]
    old = [Life(robot, name, "learning", seed, steps, options) for name, options in changes.items()]
    young = [
        Life(robot, name, "newborn", seed, steps, options) for name, options in changes.items()
    ]
    return [*old, sequence(robot, seed, steps), *young]


def sequence(robot: str, seed: int, steps: int) -> Life:
    """All changes one after the other in one life, each without the one before; then none."""
    phases = list(CHANGES[robot].values())
    defaults = {name: default for options in phases for name, default in _defaults(robot, options)}
    on_the_way = tuple(
        (steps * number, {**{name: defaults[name] for name in before}, **options})
        for number, (before, options) in enumerate(itertools.pairwise(phases), 1)
    )
    return Life(robot, "sequence", "learning", seed, steps * len(phases), phases[0], on_the_way)


def _defaults(robot: str, options: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    from dynsyn_sim_bridge.robots.registry import entry

    yield from ((one.name, one.default) for one in entry(robot).options if one.name in options)


def live_on(life: Life, work: Path) -> Path:
    """Live what is missing of a life. Returns the checkpoint that it ends with.

    Raises:
        ValueError: the folder holds another life.
        KeyboardInterrupt: somebody has stopped it; what has been lived is saved.
    """
    origin, folder = life.origin(work), life.folder(work)
    lived = int(checkpoint.load(origin).state["steps"][0]) if origin else 0
    config = make_config(
        life.robot,
        life.options,
        seed=life.seed + (0 if origin else BIRTHS),
        backend="in_process",
        save_every=SAVE_EVERY,
        trace_every=TRACE_EVERY,
        origin=origin,
        changes=[
            f"{name}={value}@{lived + step}"
            for step, options in life.changes
            for name, value in options.items()
        ],
    )
    run = open_run(folder, config, ("robot_options", "robot_file", "seed", "changes"))
    goal, end = lived + life.steps, run.lifetime(0) / "checkpoint.ckpt"
    if not end.exists() or int(checkpoint.load(end).state["steps"][0]) < goal:
        summary = train(run, Limits(steps=goal))
        if summary["lifetimes"][0]["steps"] < goal:
            raise KeyboardInterrupt
    return end


def open_run(folder: Path, config: RunConfig, same: Iterable[str]) -> RunFolder:
    """The run of a life, made where it is not there.

    Args:
        folder: of the run.
        config: of the life.
        same: what a run that is there must agree in.

    Raises:
        ValueError: the folder holds another life.
    """
    if not (folder / "run.json").exists():
        return RunFolder.create(folder, config)
    run = RunFolder(folder)
    for name in same:
        if getattr(run.config, name) != getattr(config, name):
            raise ValueError(f"{folder}: {name}: another life; use another folder for the work")
    return run


def evaluate_frozen(
    path: Path, robot: str, options: dict[str, Any], seed: int, file: Path
) -> dict[str, Any]:
    """What a lifetime earns on unseen courses, frozen; kept in `file`, so that it is done once."""
    if not file.exists():
        spec = match_body(path, robot, options)
        blocks = [
            Block(path, spec, BLOCK, course_seed(seed, first), learning=False, transfer=False)
            for first in range(0, COURSES, BLOCK)
        ]
        result = figures([episode for block in blocks for episode in live(block)], spec.task)
        file.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(file, json.dumps(result) + "\n")
    return json.loads(file.read_text(encoding="utf-8"))


def frozen_file(life: Life, work: Path, when: str) -> Path:
    """File of an evaluation `before` or `after` a life."""
    folder = life.folder(work)
    return folder.with_name(f"{folder.name}-{when}.json")


def courses(life: Life, work: Path) -> tuple[np.ndarray, np.ndarray]:
    """Of each course lived so far: steps at its end since the beginning here, and its return."""
    folder = life.folder(work)
    if not (folder / "lifetime_000" / "curve.csv").exists():
        return np.zeros(0), np.zeros(0)
    curve = RunFolder(folder).curve(0)
    if not curve or not len(curve["step"]):
        return np.zeros(0), np.zeros(0)
    begin = curve["step"][0] - curve["length"][0]
    return curve["step"] - begin, curve["return"]
