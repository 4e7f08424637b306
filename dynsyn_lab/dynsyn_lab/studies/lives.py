"""Swimmers' lifetimes that a study needs, each lived once and kept in a file."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.transfer import transfer
from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.robot_file import Robot
from dynsyn_lab.rollouts.senses import Senses
from dynsyn_sim_bridge.robots.base import SimulatedRobot
from dynsyn_sim_bridge.robots.registry import entry

SPAN = 1000
"""Control steps of one return; the paper's episode."""


@dataclass(frozen=True)
class Life:
    """A lifetime on one body, from birth or from where another stands.

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
            in the paper's episodes; False: once only, and then it swims on for all its life.
        parent: name of a life to go on from; its network and learner hold; empty: new-born.
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


def returns_of(work: Path, life: Life) -> NDArray[np.float64]:
    """Return of each span that it has lived, in order; empty where it has not been lived."""
    path = work / f"{life.name}.npy"
    return np.load(path) if path.exists() else np.zeros(0)


def checkpoint_of(work: Path, name: str) -> Path:
    """File of the lifetime as it stands at its end."""
    return work / f"{name}.ckpt"


def live_all(lives: Sequence[Life], work: Path, processes: int) -> None:
    """Live the lives that have not been lived yet.

    Args:
        lives: none may be the parent of another.
        work: folder for their files.
        processes: at a time.
    """
    work.mkdir(parents=True, exist_ok=True)
    waiting = [life for life in lives if len(returns_of(work, life)) != life.spans]
    if not waiting:
        return
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        for life, mean in zip(waiting, pool.map(live, waiting, [work] * len(waiting)), strict=True):
            print(f"{life.name}: {life.spans * SPAN:,} steps, at the end {mean:.0f}", flush=True)


def live(life: Life, work: Path) -> float:
    """Live a life; keep its returns and where it ended. Returns the mean of its last returns."""
    _check_same(life, work)
    lived = returns_of(work, life)
    if len(lived) == life.spans:  # by another study in the same folder, meanwhile
        return float(lived[-20:].mean())
    robot, controller = _begin(life, work)
    body = entry("swimmer").create(
        joints=life.joints, density=life.density, course_steps=SPAN if life.put_back else 0
    )
    body.reset(life.seed)
    returns = np.array(_swim(robot, controller, body, life.spans, life.learning))
    checkpoint.save(checkpoint_of(work, life.name), robot, controller)
    buffer = io.BytesIO()
    np.save(buffer, returns)
    checkpoint.write(work / f"{life.name}.npy", buffer.getvalue())
    return float(returns[-20:].mean())


def _swim(
    robot: Robot, controller: Controller, body: SimulatedRobot, spans: int, learning: bool
) -> list[float]:
    """The loop: sense, learn and act, move. Returns the sum of rewards of each span."""
    look, act, move = Senses(robot, body).look, controller.step, body.step
    reward, terminal, returns = 0.0, False, []
    for _ in range(spans):
        total = 0.0
        for _ in range(SPAN):
            outcome = move(act(look(), reward, terminal, learning))
            reward, terminal = outcome.reward, outcome.terminal
            total += reward
            if terminal:
                body.reset()
        returns.append(total)
    return returns


def _check_same(life: Life, work: Path) -> None:
    """A folder holds one life under a name."""
    path = work / f"{life.name}.json"
    about = dict(vars(life))
    if not path.exists():
        path.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    elif json.loads(path.read_text(encoding="utf-8")) != about:
        raise ValueError(f"{path}: another life of this name; use another folder for the work")


def _begin(life: Life, work: Path) -> tuple[Robot, Controller]:
    """A new-born lifetime, or its parent's in this body."""
    swimmer = entry("swimmer")
    if life.parent:
        saved = checkpoint.load(checkpoint_of(work, life.parent))
        if len(saved.robot.joints) == life.joints:
            return saved.robot, saved.controller()
        body = swimmer.robot(joints=life.joints)
        robot = body.with_sections(saved.robot.network, saved.robot.learner)
        controller = new_controller(robot, seed=life.seed)
        transfer(saved.controller(), controller)
        return robot, controller
    robot = swimmer.robot(life.network, joints=life.joints)
    return robot, new_controller(robot, life.preset, life.settings, life.seed)


def be_nice(level: int) -> None:
    """Leave the machine to others; `level` as of nice(1)."""
    os.nice(level)
