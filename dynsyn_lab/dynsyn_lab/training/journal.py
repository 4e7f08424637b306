"""The book kept of a lifetime while it trains: its episodes, its best, when it was solved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.blueprint import Blueprint
from dynsyn_controller.core.statistics import WINDOW
from dynsyn_sim_bridge.robots.task import Task

BEST_RISE = 1.0
"""A new best mean return is kept when it is higher than the last one kept by this much."""


@dataclass(frozen=True)
class Goal:
    """When a lifetime has done what was asked for, beside the number of steps to live.

    Attributes:
        episodes: stop after so many since birth; None: no limit.
        until_solved: stop when it is solved.
        task: says when that is.
        before: episodes lived, on whatever body, when the run began; they count neither for the
            best mean nor for having solved the task.
    """

    episodes: int | None = None
    until_solved: bool = False
    task: Task = field(default_factory=Task)
    before: int = 0


@dataclass(frozen=True)
class Ending:
    """The end of an episode.

    Attributes:
        lifetime: index within the run.
        step: control steps lived at the end.
        episode: number of the episode, the first is 1.
        total: the return: sum of the episode's rewards.
        length: control steps of the episode.
        solved: it made the mean return solve the task for the first time.
        record: copy of the lifetime where the ending is a new best or solved it, else None.
    """

    lifetime: int
    step: int
    episode: int
    total: float
    length: int
    solved: bool
    record: NDArray[np.void] | None


BOOK = np.dtype(
    [
        ("episode_start", np.int64),
        ("best", np.float64),
        ("solved_step", np.int64),
        ("solved_episode", np.int64),
    ]
)
"""What a journal knows beyond the lifetime's own record; kept in the run's state."""


class Journal:
    """Follows one lifetime.

    Args:
        lifetime: index within the run.
        goal: when it has done what was asked for.
        book: element of an array of BOOK, used and changed in place.
    """

    def __init__(self, lifetime: int, goal: Goal, book: NDArray[np.void]) -> None:
        self.lifetime = lifetime
        self.goal = goal
        self.book = book

    def close_episode(
        self, record: NDArray[np.void], step: int | None = None, length: int | None = None
    ) -> Ending:
        """Note the episode that the record has just closed.

        Args:
            record: of the lifetime.
            step: control steps lived at the end; None: the record has by now lived the first step
                of the next episode as well.
            length: of the episode; None: it began where the one before ended.
        """
        book, episode = self.book, int(record["episodes"])
        step = int(record["steps"]) - 1 if step is None else step
        solved = book["solved_step"] < 0 and bool(self._solves(record))
        if solved:
            book["solved_step"], book["solved_episode"] = step, episode
        whole, average = episode - self.goal.before >= WINDOW, float(record["return_average"])
        best = whole and average >= book["best"] + BEST_RISE
        if best:
            book["best"] = average
        length = step - int(book["episode_start"]) if length is None else length
        book["episode_start"] = step
        total = float(record["return_last"])
        copy = record.copy() if best or solved else None
        return Ending(self.lifetime, step, episode, total, length, bool(solved), copy)

    def _solves(self, record: NDArray[np.void]) -> bool | None:
        """Whether the mean return of the task's window solves it; None: no return does."""
        task, episodes = self.goal.task, int(record["episodes"])
        if episodes - self.goal.before < task.window:
            return False
        if task.window == WINDOW:
            return task.solved_by(float(record["return_average"]))
        last = np.arange(episodes - task.window, episodes) % WINDOW
        return task.solved_by(float(record["returns"][last].mean()))

    def restart_episode(self, record: NDArray[np.void], reward: float) -> None:
        """Forget the episode in progress, whose body is put onto a fresh course before its end.

        Args:
            record: of the lifetime; the next episode's return starts at 0.
            reward: of the episode's last effort, which the record is yet to be told.
        """
        record["episode_return"] = -reward
        self.book["episode_start"] = record["steps"]

    def done(self, record: NDArray[np.void]) -> bool:
        """Whether the goal is reached."""
        goal = self.goal
        if goal.episodes is not None and record["episodes"] >= goal.episodes:
            return True
        return goal.until_solved and bool(self.book["solved_step"] >= 0)


def new_books(lifetimes: int) -> NDArray[np.void]:
    """Books of new-born lifetimes, (lifetimes,)."""
    books = np.zeros(lifetimes, BOOK)
    books["best"] = -np.inf
    books["solved_step"] = books["solved_episode"] = -1
    return books


class Trace:
    """What is sampled of a lifetime now and then: means over layers, and a few synapses.

    Args:
        blueprint: says which quantities; of each layer the first synapse and the first of its last
            row are followed.
    """

    def __init__(self, blueprint: Blueprint) -> None:
        layers, learner = blueprint.layers, blueprint.learner
        self._slices = [
            (name, layer.slice) for name in learner.layer_quantities for layer in layers
        ]
        self._parts = ("weight", *learner.quantities)
        self.columns = ["step"]
        self.columns += [
            f"{name}.{layer.name}" for name in learner.layer_quantities for layer in layers
        ]
        synapses = []
        for layer in layers:
            for row in dict.fromkeys((0, layer.rows - 1)):
                synapses.append(layer.start + row * layer.columns)
                name = f"{layer.name}.{row}.0"
                self.columns += [f"{name}.{part}" for part in self._parts]
        self._synapses = np.array(synapses)

    def row(self, record: NDArray[np.void]) -> list[Any]:
        """Values of `columns` at this moment."""
        means = [float(record[name][part].mean()) for name, part in self._slices]
        parts = [record[name][self._synapses] for name in self._parts]
        return [int(record["steps"]), *means, *np.stack(parts, axis=1).ravel().tolist()]
