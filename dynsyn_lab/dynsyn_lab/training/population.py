"""The lifetimes of a training run: one array of records of the same network, and their journals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.controller import Controller
from dynsyn_lab.training.changes import Bodies, Change
from dynsyn_lab.training.journal import Ending, Goal, Journal, Trace, new_books
from dynsyn_sim_bridge.robots.spec import RobotSpec

Note = Callable[[Ending], None]
"""What to do at the end of an episode."""
Sample = Callable[[int, list[Any]], None]
"""What to do with a lifetime's (index) row of its trace."""


class Population:
    """New-born lifetimes.

    Args:
        spec: their robot, network and learner.
        seeds: of each lifetime's birth, >= 0; at least one.
        goal: of each.
        trace_every: control steps between samples.
        course_seeds: of the courses of each, >= 0; None: as its birth.
        changes: of the body in the middle of each life; see `changes.Bodies`.

    Attributes:
        bodies: of each life, one after the other.
        seeds, course_seeds: of each lifetime's birth and of its body's courses.
        blueprint: network and learner, the same for all.
        states: the records, (lifetimes,).
        books: of the journals, (lifetimes,).
    """

    def __init__(
        self,
        spec: RobotSpec,
        seeds: Sequence[int],
        goal: Goal,
        trace_every: int,
        course_seeds: Sequence[int] | None = None,
        changes: Iterable[Change] = (),
    ) -> None:
        self.spec = spec
        self.bodies = Bodies(spec, changes)
        self.blueprint = spec.robot.blueprint
        self.seeds = list(seeds)
        self.course_seeds = list(seeds if course_seeds is None else course_seeds)
        self.states = self.blueprint.new_records(len(self.seeds))
        for index, own in enumerate(self.seeds):
            self.blueprint.give_birth(self.states, index, np.random.default_rng(own))
        self.goal = goal
        self.books = new_books(len(self))
        self.journals = [Journal(i, goal, self.books[i]) for i in range(len(self))]
        self.trace = Trace(self.blueprint)
        self.trace_every = trace_every

    def __len__(self) -> int:
        return self.states.size

    def controller(self, record: NDArray[np.void]) -> Controller:
        """A controller that lives a copy of `record`."""
        state = self.blueprint.new_records(1)
        state[0] = record
        return Controller(self.blueprint, state)

    def hours(self, steps: int) -> float:
        """h that so many control steps last."""
        return steps / self.spec.robot.control_rate / 3600.0

    def done(self, index: int) -> bool:
        """Whether a lifetime has reached its goal."""
        return self.journals[index].done(self.states[index])


class Backend(Protocol):
    """Where the lifetimes of a population live.

    Attributes:
        restarts: whether `begin` puts all bodies onto fresh courses, so that they can be saved only
            when all rest where they were to; else they can be saved at any time.
    """

    restarts: bool

    def begin(self, until: NDArray[np.int64]) -> None:
        """Let each lifetime live until it has lived so many steps; those that have, rest."""

    def live(self, seconds: float) -> bool:
        """Live for about so long (wall clock). Returns whether all rest now."""

    def halt(self) -> None:
        """Bring all to rest as soon as possible, each after a whole control step."""

    def save(self) -> dict[str, NDArray]:
        """What restoring needs beside the population."""

    def restore(self, parts: dict[str, NDArray]) -> None:
        """Put new bodies where `save` was called; the population has been restored before."""

    def close(self) -> None:
        """Release everything."""
