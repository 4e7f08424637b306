"""What a lifetime earns, frozen or learning on, over many episodes."""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynsyn_lab.cli.errors import UsageError

if TYPE_CHECKING:
    from dynsyn_lab.rollouts.rollout import Episode

BLOCK = 10
"""Frozen episodes in a row; every block starts from the checkpoint, wherever it is lived."""
SOLVED_RETURN = 300.0


@dataclass(frozen=True)
class Task:
    """Episodes to live in a row from a checkpoint.

    Attributes:
        checkpoint: file.
        robot, options: registered robot and its body's options.
        episodes, seed, learning: see `rollout.live_episodes`.
        transfer: see `moving.settle`.
    """

    checkpoint: Path
    robot: str
    options: dict[str, Any]
    episodes: int
    seed: int
    learning: bool
    transfer: bool


def evaluate(
    checkpoint: str | Path,
    episodes: int = 100,
    seed: int = 0,
    learning: bool = False,
    robot: str | None = None,
    options: dict[str, Any] | None = None,
    transfer: bool = False,
) -> dict[str, Any]:
    """What the lifetime of a checkpoint earns; the keys are those of `dynsyn eval --json`.

    Learning, it lives all episodes in a row. Frozen, it does so by tens, each from the checkpoint:
    the result is the same on any number of cores.

    Args:
        checkpoint: file.
        episodes: number of them, >= 1.
        seed: of the courses, >= 0.
        learning: False: weights stand at their centres.
        robot: registered robot; None: the one that the checkpoint names.
        options: of its body.
        transfer: the body may have another number of modules; see `moving.settle`.

    Raises:
        CheckpointError: the file is missing, damaged, or made for another robot or network.
        UsageError: no such robot or option.
    """
    path = Path(checkpoint)
    name, resolved = match_body(path, robot, options or {}, transfer)
    size = episodes if learning else BLOCK
    tasks = [
        Task(
            path,
            name,
            resolved,
            min(size, episodes - first),
            course_seed(seed, first),
            learning,
            transfer,
        )
        for first in range(0, episodes, size)
    ]
    done = [episode for block in live_all(tasks) for episode in block]
    about = {"robot": name, "checkpoint": str(path), "mode": "learning" if learning else "frozen"}
    return {**about, "seed": seed, **figures(done)}


def match_body(
    path: Path, robot: str | None, options: dict[str, Any], transfer: bool = False
) -> tuple[str, dict]:
    """Name and options of the body to live on, checked against the checkpoint.

    Raises:
        CheckpointError, UsageError: see `evaluate`.
    """
    from dynsyn_controller.lifetime import checkpoint
    from dynsyn_lab.rollouts.moving import settle
    from dynsyn_lab.training.run_setup import resolve_options, same_length
    from dynsyn_sim_bridge.robots.registry import entry

    saved = checkpoint.load(path)
    try:
        body = entry(robot or saved.robot.name)
        resolved = resolve_options(body, same_length(body, saved, options))
        description = body.robot(**resolved)
    except ValueError as error:
        raise UsageError(str(error)) from None
    settle(saved, description, transfer)
    return body.name, resolved


def course_seed(seed: int, first: int) -> int:
    """Seed of the courses of the block that begins with episode `first`."""
    import numpy as np

    return int(np.random.SeedSequence([seed, first]).generate_state(1)[0])


def live_all(tasks: list[Task]) -> list[list[Episode]]:
    """Live all tasks, on all cores where there are several."""
    processes = min(len(tasks), len(os.sched_getaffinity(0)))
    if processes == 1:
        return [live(task) for task in tasks]
    # spawned, not forked: simulators and compiled code may have threads
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, initializer=_ignore_interrupts) as pool:
        return pool.map(live, tasks, chunksize=1)


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asked ends these


def live(task: Task) -> list[Episode]:
    """Live the episodes of one task."""
    from dynsyn_controller.lifetime import checkpoint
    from dynsyn_lab.rollouts.moving import settle
    from dynsyn_lab.rollouts.rollout import live_episodes
    from dynsyn_sim_bridge.robots.registry import entry

    described = entry(task.robot)
    body = described.create(**task.options)
    try:
        saved = checkpoint.load(task.checkpoint)
        robot, controller = settle(saved, described.robot(**task.options), task.transfer)
        return live_episodes(robot, body, controller, task.episodes, task.seed, task.learning)
    finally:
        body.close()


def figures(episodes: list[Episode]) -> dict[str, Any]:
    """What some episodes came to, by the names of `dynsyn eval --json`."""
    import numpy as np

    totals = np.array([episode.total for episode in episodes])
    return {
        "episodes": len(episodes),
        "mean": float(totals.mean()),
        "median": float(np.median(totals)),
        "std": float(totals.std()),
        "min": float(totals.min()),
        "max": float(totals.max()),
        "falls": sum(episode.fell for episode in episodes),
        "solved": bool(totals.mean() >= SOLVED_RETURN),
        "threshold": SOLVED_RETURN,
        "steps": sum(episode.length for episode in episodes),
        "mean_distance": float(np.mean([episode.distance for episode in episodes])),
        "mean_effort": float(np.mean([episode.effort for episode in episodes])),
        "returns": totals.tolist(),
    }


def lines(result: dict[str, Any]) -> list[str]:
    """For people."""
    verdict = "yes" if result["solved"] else "no"
    return [
        f"{result['robot']}, {result['mode']}, {result['episodes']} episodes, "
        f"{result['steps']:,} steps",
        f"  return    mean {result['mean']:.1f}  median {result['median']:.1f}  "
        f"std {result['std']:.1f}  min {result['min']:.1f}  max {result['max']:.1f}",
        f"  falls     {result['falls']}",
        f"  distance  {result['mean_distance']:.2f} m on average",
        f"  effort    {result['mean_effort']:.4g} N m on average",
        f"  solved    {verdict} (mean of {result['threshold']:.0f} or more)",
    ]
