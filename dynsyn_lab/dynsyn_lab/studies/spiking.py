"""The spiking study: python -m dynsyn_lab.studies.spiking [PART ...]

Both strategies of Zheng et al. (Biomimetics 2026), and dynamic synapses, on the cart and pole with
the spiking network; controls beside them. Every life is kept in a file of the work folder and not
lived again; tables and figures are made of what is there. See docs/spiking.md.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from dynsyn_controller.core.blueprint import Blueprint
from dynsyn_lab.studies.spiking_arena import (
    FOREVER,
    TESTS,
    Life,
    newborn,
    random_actions,
    robot_with,
)
from dynsyn_lab.studies.spiking_arms import ITERATIONS, PARTS, SIZES, Arm, arms, spiking
from dynsyn_sim_bridge.robots.cart_pole import FORCE_LIMIT
from dynsyn_sim_bridge.robots.spec import describe

BLOCKS = 30
"""Blocks of 200 in the controls."""


class Book:
    """Lives that have been lived, one line of JSON each.

    Args:
        path: of the file; it need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.lives: dict[str, dict[str, Any]] = {}
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                entry = json.loads(line)
                self.lives[entry["key"]] = entry

    def write(self, key: str, **result: Any) -> None:
        """Keep one more."""
        entry = {"key": key, **result}
        self.lives[key] = entry
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def of(self, arm: Arm) -> list[dict[str, Any]]:
        """Lives of an arm that are there, by seed."""
        keys = [key_of(arm, seed) for seed in range(arm.seeds)]
        return [self.lives[key] for key in keys if key in self.lives]


def key_of(arm: Arm, seed: int) -> str:
    """Name of a life in the book."""
    return f"{arm.part}/{arm.name}/{seed}"


def live(arm: Arm, seed: int) -> dict[str, Any]:
    """Frames of every episode of one life, and of the policy that it ends with, frozen."""
    robot = describe("cart_pole").robot
    if arm.learner:
        robot = robot_with(arm.network, arm.learner)
    life = newborn(robot, seed)
    if arm.pretrained:
        _start_from(life, arm, seed)
    frames = life.episodes(arm.episodes, arm.limit, steps=arm.steps)
    tests = life.episodes(TESTS, arm.limit, learning=False)
    return {"frames": frames.tolist(), "tests": tests.tolist()}


def _start_from(life: Life, arm: Arm, seed: int) -> None:
    """First weights from a short life of DQSN."""
    before = newborn(robot_with(arm.network, {"type": "dqsn"}), seed)
    before.episodes(arm.pretrained, arm.limit)
    life.record["weight"] = before.record["weight"]


def controls(book: Book) -> None:
    """Random and constant actions, and random networks: blocks of 200 episodes each."""
    for name, push in (("random actions", 0.0), ("constant push", FORCE_LIMIT)):
        for block in range(BLOCKS):
            key = f"controls/{name}/{block}"
            if key not in book.lives:
                generator = np.random.default_rng((block, 7))
                book.write(key, frames=random_actions(generator, ITERATIONS, push).tolist())
    for size in (*SIZES, 64):
        robot = robot_with(spiking(size), {"type": "none"})
        missing = [
            block
            for block in range(BLOCKS)
            if f"controls/random networks, H={size}/{block}" not in book.lives
        ]
        life = newborn(robot, 0) if missing else None
        for block in missing:
            frames = [_first_episode(life, robot.blueprint, 1000 * block + k) for k in range(200)]
            book.write(f"controls/random networks, H={size}/{block}", frames=frames)


def _first_episode(life: Life, blueprint: Blueprint, seed: int) -> int:
    """Frames of one episode of a network as it is born."""
    life.record[:] = blueprint.new_state(seed)
    return int(life.episodes(1, FOREVER)[0])


def main(arguments: list[str] | None = None) -> None:
    """Live what is missing, then write the results."""
    from dynsyn_lab.studies.spiking_report import report

    parser = argparse.ArgumentParser(prog="python -m dynsyn_lab.studies.spiking")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all")
    parser.add_argument("--work", type=Path, default=Path("runs/spiking"), help="folder of lives")
    parser.add_argument("--out", type=Path, default=Path("results/spiking"), help="results folder")
    parser.add_argument("--report", action="store_true", help="only report what has been lived")
    chosen = parser.parse_args(arguments)
    unknown = [part for part in chosen.parts if part not in PARTS]
    if unknown:
        parser.error(f"part: found {unknown[0]!r}, expected one of {', '.join(PARTS)}")
    book = Book(chosen.work / "lives.jsonl")
    if not chosen.report:
        controls(book)
        for arm in arms():
            if chosen.parts and arm.part not in chosen.parts:
                continue
            for seed in range(arm.seeds):
                if key_of(arm, seed) not in book.lives:
                    book.write(key_of(arm, seed), **live(arm, seed))
            print(f"{arm.part}, {arm.name}: {len(book.of(arm))} lives", flush=True)
    report(book, chosen.out)


if __name__ == "__main__":
    main()
