"""The spiking study: both strategies of Zheng et al. (Biomimetics 2026), and dynamic synapses.

All on the cart and pole with the spiking network, with controls beside them. See docs/spiking.md.
`python -m dynsyn_lab.studies.spiking PART ...` is `dynsyn study spiking PART ...` by its defaults.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.blueprint import Blueprint
from dynsyn_lab.studies import module
from dynsyn_lab.studies.defaults import SPIKING_OUT, SPIKING_PARTS, SPIKING_WORK
from dynsyn_lab.studies.spiking_arena import (
    FOREVER,
    TESTS,
    Life,
    newborn,
    random_actions,
    robot_with,
)
from dynsyn_lab.studies.spiking_arms import ITERATIONS, SIZES, Arm, arms, spiking
from dynsyn_lab.studies.spiking_book import Book, control_key, key_of
from dynsyn_lab.studies.spiking_report import report, solved_after
from dynsyn_sim_bridge.robots.cart_pole import FORCE_LIMIT
from dynsyn_sim_bridge.robots.spec import describe

BLOCKS = 30
"""Blocks of 200 in the controls."""
_PIECE = 20
"""Episodes between looks whether a life has solved the task."""


def run_study(parts: Sequence[str], work: Path, out: Path) -> None:
    """Live what is missing, then write summary.csv, lives.csv and the figures of what is there.

    Args:
        parts: of `defaults.SPIKING_PARTS`; none: only report.
        work: folder that keeps what has been lived, so that a study which was stopped goes on.
        out: folder of the results.

    Raises:
        ValueError: an unknown part.
    """
    for part in parts:
        if part not in SPIKING_PARTS:
            raise ValueError(f"found {part!r}, expected one of {', '.join(SPIKING_PARTS)}")
    book = Book(work / "lives.jsonl")
    if parts:
        live_controls(book)
    for arm in arms():
        if arm.part not in parts:
            continue
        for seed in range(arm.seeds):
            if key_of(arm, seed) not in book.lives:
                book.write(key_of(arm, seed), **live(arm, seed))
        print(f"{arm.part}, {arm.name}: {len(book.of(arm))} lives", flush=True)
    report(book, out)


def live(arm: Arm, seed: int) -> dict[str, Any]:
    """Frames of every episode of one life, and of the policy that it ends with, frozen."""
    robot = describe("cart_pole").robot
    if arm.learner:
        robot = robot_with(arm.network, arm.learner)
    life = newborn(robot, seed)
    if arm.pretrained:
        _start_from(life, arm, seed)
    frames = _until_solved(life, arm) if arm.until_solved else _whole(life, arm)
    tests = life.episodes(TESTS, arm.limit, learning=False)
    return {"frames": frames.tolist(), "tests": tests.tolist()}


def _whole(life: Life, arm: Arm) -> NDArray[np.int64]:
    return life.episodes(arm.episodes, arm.limit, steps=arm.steps)


def _until_solved(life: Life, arm: Arm) -> NDArray[np.int64]:
    frames = np.zeros(0, np.int64)
    while frames.size < arm.episodes and not solved_after(frames, arm.limit):
        count = min(_PIECE, arm.episodes - frames.size)
        frames = np.append(frames, life.episodes(count, arm.limit))
    return frames


def _start_from(life: Life, arm: Arm, seed: int) -> None:
    """First weights from a short life of DQSN."""
    before = newborn(robot_with(arm.network, {"type": "dqsn"}), seed)
    before.episodes(arm.pretrained, arm.limit)
    life.record["weight"] = before.record["weight"]


def live_controls(book: Book) -> None:
    """Random and constant actions, and random networks: blocks of 200 episodes each."""
    for name, push in (("random actions", 0.0), ("constant push", FORCE_LIMIT)):
        for block in range(BLOCKS):
            key = control_key(name, block)
            if key not in book.lives:
                generator = np.random.default_rng((block, 7))
                book.write(key, frames=random_actions(generator, ITERATIONS, push).tolist())
    for size in (*SIZES, 64):
        name = f"random networks, H={size}"
        missing = [block for block in range(BLOCKS) if control_key(name, block) not in book.lives]
        if not missing:
            continue
        robot = robot_with(spiking(size), {"type": "none"})
        life = newborn(robot, 0)
        for block in missing:
            frames = [_first_episode(life, robot.blueprint, 1000 * block + k) for k in range(200)]
            book.write(control_key(name, block), frames=frames)


def _first_episode(life: Life, blueprint: Blueprint, seed: int) -> int:
    """Frames of one episode of a network as it is born."""
    life.record[:] = blueprint.new_state(seed)
    return int(life.episodes(1, FOREVER)[0])


def main(parts: Sequence[str]) -> int:
    """Run the study by its defaults. Returns 0, or 2 for an unknown part."""
    work, out = Path(SPIKING_WORK), Path(SPIKING_OUT)
    return module.run("spiking", SPIKING_PARTS, parts, lambda asked: run_study(asked, work, out))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
