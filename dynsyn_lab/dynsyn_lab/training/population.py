"""The lifetimes of a training run: one array of records of the same network, and their journals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.robot.robot_file import Robot
from dynsyn_lab.training.journal import Ending, Goal, Journal, Trace, new_books

Note = Callable[[Ending], None]
"""What to do at the end of an episode."""
Sample = Callable[[int, list[Any]], None]
"""What to do with a lifetime's (index) row of its trace."""


class Flock:
    """New-born lifetimes, lifetime i from seed + i.

    Args:
        robot: their robot, network and learner.
        seed: of lifetime 0, >= 0.
        lifetimes: number of them, >= 1.
        goal: of each.
        trace_every: control steps between samples.

    Attributes:
        blueprint: network and learner, the same for all.
        states: the records, (lifetimes,).
        books: of the journals, (lifetimes,).
    """

    def __init__(
        self,
        robot: Robot,
        seed: int,
        lifetimes: int,
        goal: Goal,
        trace_every: int,
    ) -> None:
        self.robot = robot
        self.blueprint = robot.blueprint
        self.seeds = [seed + index for index in range(lifetimes)]
        self.states = np.zeros(lifetimes, self.blueprint.dtype)
        for index, own in enumerate(self.seeds):
            self.blueprint.give_birth(self.states, index, np.random.default_rng(own))
        self.goal = goal
        self.books = new_books(lifetimes)
        self.journals = [Journal(i, goal, self.books[i]) for i in range(lifetimes)]
        self.trace = Trace(self.blueprint)
        self.trace_every = trace_every

    def __len__(self) -> int:
        return self.states.size

    def controller(self, record: NDArray[np.void]) -> Controller:
        """A controller that lives a copy of `record`."""
        state = np.zeros(1, self.blueprint.dtype)
        state[0] = record
        return Controller(self.blueprint, state)

    def done(self, index: int) -> bool:
        """Whether a lifetime has reached its goal."""
        return self.journals[index].done(self.states[index])


class World(Protocol):
    """Where the lifetimes of a flock live.

    Attributes:
        cuts: whether `begin` puts all bodies back, so that a world can be saved only when all rest
            where they were to; else it can be saved at any time.
    """

    cuts: bool

    def begin(self, until: NDArray[np.int64]) -> None:
        """Let each lifetime live until it has lived so many steps; those that have, rest."""

    def live(self, seconds: float) -> bool:
        """Live for about so long (wall clock). Returns whether all rest now."""

    def halt(self) -> None:
        """Bring all to rest as soon as possible, each after a whole control step."""

    def save(self) -> dict[str, NDArray]:
        """What restoring needs beside the flock."""

    def restore(self, parts: dict[str, NDArray]) -> None:
        """Put a new world where `save` was called; the flock has been restored before."""

    def close(self) -> None:
        """Release everything."""
