"""Lifetimes on simulated robots in this process, in turns."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.controller import Controller
from dynsyn_lab.rollouts.loop import StepLoop
from dynsyn_lab.training.changes import Succession
from dynsyn_lab.training.population import Note, Population, Sample
from dynsyn_lab.training.run_folder import RunError
from dynsyn_sim_bridge.robots.base import SimulatedRobot

SLICE = 64
"""Control steps of one lifetime before the next has its turn."""

PARTS = ("reward", "terminal", "generator", "efforts")
"""What is saved of each body; see `StepLoop.save`."""


def parts_of(index: int, parts: dict[str, NDArray]) -> dict[str, NDArray]:
    """What was saved of one lifetime's body, by the names in PARTS.

    Raises:
        RunError: something is missing.
    """
    names = {name: f"{name}_{index}" for name in PARTS}
    for name in names.values():
        if name not in parts:
            raise RunError(
                f"state.npz: found no {name}: saved by another version, it cannot be resumed; "
                "its checkpoints are as good as ever"
            )
    return {name: parts[saved] for name, saved in names.items()}


class LifetimeRunner:
    """Lets one lifetime of a population live on its body.

    Args:
        population: that it belongs to; its record there is changed in place.
        index: within the population.
        body: the lifetime's first, and nobody else's; reset here.
        note, sample: called at ends of episodes and when a row of the trace is due.

    Attributes:
        loop: the lifetime on its body.
        until: control steps to live before it rests.
    """

    def __init__(
        self, population: Population, index: int, body: SimulatedRobot, note: Note, sample: Sample
    ) -> None:
        self._population, self._index = population, index
        self._journal = population.journals[index]
        self._note, self._sample = note, sample
        self._state = population.states[index : index + 1]
        controller = Controller(population.blueprint, self._state)
        body.reset(population.course_seeds[index])
        self.loop = StepLoop(population.spec.robot, body, controller.step, recording=True)
        self._succession = Succession(population.bodies, self.loop)
        self.until = 0

    @property
    def steps(self) -> int:
        """Control steps lived."""
        return int(self._state["steps"][0])

    @property
    def resting(self) -> bool:
        """Whether it has lived as long as it should."""
        return self.steps >= self.until

    def live(self, steps: int) -> None:
        """Live for `steps` control steps or until it should rest."""
        end = min(self.steps + steps, self.until)
        every = self._population.trace_every
        while self.steps < min(end, self.until):
            self._live(min(end, (self.steps // every + 1) * every) - self.steps)
            if self.steps % every == 0:
                self._sample(self._index, self._population.trace.row(self._state[0]))

    def _live(self, steps: int) -> None:
        """Live so many control steps, or until the goal is reached at the end of an episode."""
        loop = self.loop
        while steps > 0:
            closing = loop.terminal
            # The step after an end closes the episode, which may be the last.
            steps -= loop.run(1 if closing else steps)
            if closing:
                self._close_episode()
            if loop.terminal:
                self._succession.take_body_of(self.steps)
                loop.put_back()
            if self.until == 0:
                break

    def restore(self, parts: dict[str, NDArray]) -> None:
        """Put a new body where the loop was saved; the record has been restored before."""
        self._succession.take_body_of(self.steps - len(parts["efforts"]))
        self.loop.restore(parts)

    def _close_episode(self) -> None:
        self._note(self._journal.close_episode(self._state[0]))
        if self._journal.done(self._state[0]):
            self.until = 0

    def close(self) -> None:
        """Release the body."""
        self.loop.body.close()


class InProcessBackend:
    """Lets lifetimes live in turns, in this process; see `population.Backend`.

    Args:
        population: the lifetimes; changed in place.
        note, sample: called at ends of episodes and when a row of the trace is due.
    """

    restarts = False

    def __init__(self, population: Population, note: Note, sample: Sample) -> None:
        create = population.spec.create
        self.runners = [
            LifetimeRunner(population, index, create(), note, sample)
            for index in range(len(population))
        ]

    def begin(self, until: NDArray[np.int64]) -> None:
        """See `population.Backend.begin`."""
        for index, runner in enumerate(self.runners):
            runner.until = int(until[index])

    def live(self, seconds: float) -> bool:
        """See `population.Backend.live`."""
        deadline = time.monotonic() + seconds
        while True:
            living = [runner for runner in self.runners if not runner.resting]
            if not living:
                return True
            for runner in living:
                runner.live(SLICE)
            if time.monotonic() >= deadline:
                return False

    def frame(self) -> NDArray[np.uint8]:
        """Picture of the first body, (height, width, 3)."""
        return self.runners[0].loop.body.frame()

    def halt(self) -> None:
        """See `population.Backend.halt`; between two calls all stand after a whole step."""
        for runner in self.runners:
            runner.until = 0

    def save(self) -> dict[str, NDArray]:
        """See `population.Backend.save`."""
        return {
            f"{name}_{index}": part
            for index, runner in enumerate(self.runners)
            for name, part in runner.loop.save().items()
        }

    def restore(self, parts: dict[str, NDArray]) -> None:
        """See `population.Backend.restore`."""
        for index, runner in enumerate(self.runners):
            runner.restore(parts_of(index, parts))

    def close(self) -> None:
        """See `population.Backend.close`."""
        for runner in self.runners:
            runner.close()
