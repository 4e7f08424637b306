"""What a lifetime earns, frozen or learning on, over many episodes."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynsyn_lab import workers
from dynsyn_lab.errors import UsageError

if TYPE_CHECKING:
    from dynsyn_lab.rollouts.rollout import Episode
    from dynsyn_sim_bridge.robots.spec import RobotSpec
    from dynsyn_sim_bridge.robots.task import Task

BLOCK = 10
"""Frozen episodes in a row; every block starts from the checkpoint, wherever it is lived."""


@dataclass(frozen=True)
class Block:
    """Episodes to live in a row from a checkpoint.

    Attributes:
        checkpoint: file.
        spec: the robot to live on.
        episodes, seed, learning: see `rollout.live_episodes`.
        transfer: see `moving.settle`.
    """

    checkpoint: Path
    spec: RobotSpec
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
        robot: as in `dynsyn eval --robot`; None: the one that the checkpoint names.
        options: of its body.
        transfer: the body may have another number of modules; see `moving.settle`.

    Raises:
        CheckpointError: the file is missing, damaged, or made for another robot or network.
        UsageError: no such robot or option.
    """
    path = Path(checkpoint)
    spec = match_body(path, robot or "", options or {}, transfer)
    size = episodes if learning else BLOCK
    blocks = [
        Block(path, spec, min(size, episodes - first), course_seed(seed, first), learning, transfer)
        for first in range(0, episodes, size)
    ]
    done = [episode for block in live_all(blocks) for episode in block]
    mode = "learning" if learning else "frozen"
    about = {"robot": spec.reference, "checkpoint": str(path), "mode": mode}
    return {**about, "seed": seed, **figures(done, spec.task)}


def match_body(
    path: Path, robot: str, options: dict[str, Any], transfer: bool = False
) -> RobotSpec:
    """The robot to live on, checked against the checkpoint.

    Raises:
        CheckpointError, UsageError: see `evaluate`.
    """
    from dynsyn_controller.lifetime import checkpoint
    from dynsyn_lab.rollouts.moving import settle
    from dynsyn_sim_bridge.robots.spec import of_checkpoint

    saved = checkpoint.load(path)
    try:
        spec = of_checkpoint(saved.robot, robot, options, ends=True)
    except ValueError as error:
        raise UsageError(str(error)) from None
    settle(saved, spec.robot, transferring=transfer)
    return spec


def course_seed(seed: int, first: int) -> int:
    """Seed of the courses of the block that begins with episode `first`."""
    import numpy as np

    return int(np.random.SeedSequence([seed, first]).generate_state(1)[0])


def live_all(blocks: list[Block]) -> list[list[Episode]]:
    """Live all blocks, on all cores where there are several."""
    processes = min(len(blocks), len(os.sched_getaffinity(0)))
    if processes == 1:
        return [live(block) for block in blocks]
    with workers.context().Pool(processes) as pool:
        return pool.map(live, blocks, chunksize=1)


def live(block: Block) -> list[Episode]:
    """Live the episodes of one block."""
    from dynsyn_controller.lifetime import checkpoint
    from dynsyn_lab.rollouts.moving import settle
    from dynsyn_lab.rollouts.rollout import live_episodes

    saved = checkpoint.load(block.checkpoint)
    robot, controller = settle(saved, block.spec.robot, transferring=block.transfer)
    body = block.spec.create()
    try:
        return live_episodes(robot, body, controller, block.episodes, block.seed, block.learning)
    finally:
        body.close()


def figures(episodes: list[Episode], task: Task) -> dict[str, Any]:
    """What some episodes came to, by the names of `dynsyn eval --json`.

    `solved` and `threshold` are None where the task does not say when it is solved, and
    `mean_distance` where the body does not sense its place, `alternation` where there were no two
    footfalls in a course. `obstacles` has a kind of obstacle only if it was met.
    """
    import numpy as np

    totals = np.array([episode.total for episode in episodes])
    distance = float(np.mean([episode.distance for episode in episodes]))
    footfalls = sum(episode.footfalls for episode in episodes)
    turns = sum(episode.turns for episode in episodes)
    return {
        "episodes": len(episodes),
        "mean": float(totals.mean()),
        "median": float(np.median(totals)),
        "std": float(totals.std()),
        "min": float(totals.min()),
        "max": float(totals.max()),
        "falls": sum(episode.fell for episode in episodes),
        "solved": task.solved_by(float(totals.mean())),
        "threshold": task.solved_return,
        "steps": sum(episode.length for episode in episodes),
        "mean_distance": None if math.isnan(distance) else distance,
        "mean_effort": float(np.mean([episode.effort for episode in episodes])),
        "footfalls": footfalls,
        "alternation": turns / footfalls if footfalls else None,
        "obstacles": _obstacles(episodes),
        "returns": totals.tolist(),
    }


def _obstacles(episodes: list[Episode]) -> dict[str, dict[str, int]]:
    """Kind -> how many were met and passed."""
    met = [each for episode in episodes for each in episode.obstacles]
    found: dict[str, dict[str, int]] = {}
    for kind, passed in sorted(met):
        counts = found.setdefault(kind, {"met": 0, "passed": 0})
        counts["met"] += 1
        counts["passed"] += passed
    return found


def lines(result: dict[str, Any]) -> list[str]:
    """For people."""
    shown = [
        f"{result['robot']}, {result['mode']}, {result['episodes']} episodes, "
        f"{result['steps']:,} steps",
        f"  return    mean {result['mean']:.1f}  median {result['median']:.1f}  "
        f"std {result['std']:.1f}  min {result['min']:.1f}  max {result['max']:.1f}",
        f"  falls     {result['falls']}",
    ]
    if result["mean_distance"] is not None:
        shown.append(f"  distance  {result['mean_distance']:.2f} m on average")
    shown.append(f"  effort    {result['mean_effort']:.4g} N m on average")
    if result["alternation"] is not None:
        shown.append(
            f"  gait      {result['alternation']:.0%} of {result['footfalls']:,} footfalls were "
            "another foot's than the one before"
        )
    if result["obstacles"]:
        passed = ", ".join(
            f"{kind} {counts['passed']} of {counts['met']}"
            for kind, counts in result["obstacles"].items()
        )
        shown.append(f"  passed    {passed}")
    if result["solved"] is not None:
        verdict = "yes" if result["solved"] else "no"
        shown.append(f"  solved    {verdict} (mean of {result['threshold']:g} or more)")
    return shown
