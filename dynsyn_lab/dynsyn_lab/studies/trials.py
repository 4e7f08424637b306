"""Trials of the swimmer's studies: lifetimes, each lived once and kept in files."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.lifetime import atomic, checkpoint
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_lab import workers
from dynsyn_lab.rollouts.loop import StepLoop
from dynsyn_lab.rollouts.moving import settle
from dynsyn_sim_bridge.robots.spec import RobotSpec, describe, of_checkpoint

SPAN = 1000
"""Control steps of one return; the paper's episode."""


@dataclass(frozen=True)
class Trial:
    """A lifetime on one body, from birth or from where another one ended.

    Attributes:
        name: of its files.
        seed: of the birth and of the body's first posture, >= 0.
        spans: of 1000 control steps, how many to live.
        joints, density: of the body.
        network: options in place of the robot file's.
        preset: of the learner; None: the robot file's.
        settings: of the learner, in place of the preset's.
        learning: False: frozen.
        put_back: the body starts from rest, in a random posture, at the beginning of every span, as
            in the paper's episodes; False: once only, and then it swims on until the end.
        parent: name of a trial to go on from; its network and learner hold; empty: new-born.
    """

    name: str
    seed: int
    spans: int
    joints: int = 5
    density: float = 3000.0
    network: dict[str, Any] = field(default_factory=dict)
    preset: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    learning: bool = True
    put_back: bool = False
    parent: str = ""


def returns_of(work: Path, trial: Trial) -> NDArray[np.float64]:
    """Return of each span of a trial, in order; empty where it has not been run."""
    path = work / f"{trial.name}.npy"
    return np.load(path) if path.exists() else np.zeros(0)


def checkpoint_of(work: Path, name: str) -> Path:
    """File of the lifetime as it stands at the end of a trial."""
    return work / f"{name}.ckpt"


def run_all(trials: Sequence[Trial], work: Path, processes: int) -> None:
    """Run the trials that have not been run yet.

    Args:
        trials: none may be the parent of another.
        work: folder for their files.
        processes: at a time.
    """
    work.mkdir(parents=True, exist_ok=True)
    waiting = [trial for trial in trials if len(returns_of(work, trial)) != trial.spans]
    if not waiting:
        return
    with ProcessPoolExecutor(processes, workers.context()) as pool:
        means = pool.map(run, waiting, [work] * len(waiting))
        for trial, mean in zip(waiting, means, strict=True):
            print(f"{trial.name}: {trial.spans * SPAN:,} steps, at the end {mean:.0f}", flush=True)


def run(trial: Trial, work: Path) -> float:
    """Run a trial; keep its returns and where it ended. Returns the mean of its last returns.

    Raises:
        ValueError: the folder holds another trial of this name.
    """
    _check_same(trial, work)
    lived = returns_of(work, trial)
    if len(lived) == trial.spans:  # by another study in the same folder, meanwhile
        return float(lived[-20:].mean())
    spec, controller = _begin(trial, work)
    body = spec.create()
    body.reset(trial.seed)
    loop = StepLoop(spec.robot, body, controller.step)
    returns = np.array([_span(loop, trial.learning) for _ in range(trial.spans)])
    checkpoint.save(checkpoint_of(work, trial.name), spec.robot, controller)
    buffer = io.BytesIO()
    np.save(buffer, returns)
    atomic.write(work / f"{trial.name}.npy", buffer.getvalue())
    return float(returns[-20:].mean())


def _span(loop: StepLoop, learning: bool) -> float:
    """Live one span, over ends of courses; returns the sum of its rewards."""
    left, total = SPAN, 0.0
    loop.total = 0.0
    while left > 0:
        left -= loop.run(left, learning)
        if loop.terminal:
            total += loop.total
            loop.put_back()
    return total + loop.total


def _check_same(trial: Trial, work: Path) -> None:
    """A folder holds one trial under a name."""
    path = work / f"{trial.name}.json"
    about = dict(vars(trial))
    if not path.exists():
        atomic.write(path, json.dumps(about, indent=2) + "\n")
    elif json.loads(path.read_text(encoding="utf-8")) != about:
        raise ValueError(f"{path}: another trial of this name; use another folder for the work")


def _begin(trial: Trial, work: Path) -> tuple[RobotSpec, Controller]:
    """A new-born lifetime, or its parent's in this body."""
    course = SPAN if trial.put_back else 0
    body = {"joints": trial.joints, "density": trial.density, "course_steps": course}
    if trial.parent:
        saved = checkpoint.load(checkpoint_of(work, trial.parent))
        spec = of_checkpoint(saved.robot, "swimmer", body)
        robot, controller = settle(saved, spec.robot, transferring=True, seed=trial.seed)
        return replace(spec, robot=robot), controller
    spec = describe("swimmer", body)
    robot = spec.robot.choose(preset=trial.preset, settings=trial.settings, options=trial.network)
    return replace(spec, robot=robot), new_controller(robot, seed=trial.seed)


def be_nice(level: int) -> None:
    """Leave the machine to others; `level` as of nice(1)."""
    os.nice(level)
