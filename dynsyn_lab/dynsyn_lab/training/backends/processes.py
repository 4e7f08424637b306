"""Lifetimes on simulated robots in several processes, one for each core.

Each process has a population and an `InProcessBackend` of its own for its share of the lifetimes;
this side asks all of them for the same thing and gathers the answers.
"""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynsyn_lab import workers
from dynsyn_lab.training.backends.in_process import PARTS, InProcessBackend, parts_of
from dynsyn_lab.training.changes import Change
from dynsyn_lab.training.journal import Goal
from dynsyn_lab.training.population import Note, Population, Sample
from dynsyn_sim_bridge.robots.spec import RobotSpec


@dataclass(frozen=True)
class Share:
    """What a process needs to make its part of the population; see `Population`.

    Attributes:
        spec, goal, trace_every: of all lifetimes.
        seeds, course_seeds: of its lifetimes.
        changes: of their bodies.
    """

    spec: RobotSpec
    seeds: list[int]
    goal: Goal
    trace_every: int
    course_seeds: list[int]
    changes: tuple[Change, ...]


class ShareProcess:
    """A process with its share of the lifetimes, as this side sees it.

    Args:
        share: what it is to make.
        first: index of its first lifetime within the whole population.
    """

    def __init__(self, share: Share, first: int) -> None:
        context = workers.context()
        self._connection, other = context.Pipe()
        self._process = context.Process(target=serve, args=(share, other), daemon=True)
        self._process.start()
        other.close()
        self.first = first
        self.lifetimes = range(first, first + len(share.seeds))

    def ask(self, what: str, *details: Any) -> None:
        """Send a request; `answer` must be called before the next."""
        try:
            self._connection.send((what, *details))
        except OSError:
            raise RuntimeError("a process of this run has died") from None

    def answer(self) -> Any:
        """Wait for the answer.

        Raises:
            RuntimeError: something failed there, or the process has died.
        """
        try:
            done, value = self._connection.recv()
        except (EOFError, OSError):
            raise RuntimeError("a process of this run has died") from None
        if not done:
            raise RuntimeError(value)
        return value

    def close(self) -> None:
        """End the process."""
        self._connection.close()
        self._process.join(timeout=10.0)
        if self._process.is_alive():
            self._process.terminate()


class ProcessBackend:
    """See `population.Backend` and the module.

    Args:
        population: the lifetimes; changed in place.
        note, sample: called at ends of episodes and when a row of the trace is due.
        processes: number of them; 0: as many as cores.
    """

    restarts = False

    def __init__(
        self, population: Population, note: Note, sample: Sample, processes: int = 0
    ) -> None:
        self._population, self._note, self._sample = population, note, sample
        lifetimes = len(population)
        count = min(lifetimes, processes or len(os.sched_getaffinity(0)))
        bounds = [lifetimes * i // count for i in range(count + 1)]
        self._processes = []
        for first, last in itertools.pairwise(bounds):
            share = Share(
                population.spec,
                population.seeds[first:last],
                population.goal,
                population.trace_every,
                population.course_seeds[first:last],
                population.bodies.changes,
            )
            self._processes.append(ShareProcess(share, first))

    def _ask_all(self, what: str, *details: Any) -> list[Any]:
        for process in self._processes:
            process.ask(what, *details)
        return [process.answer() for process in self._processes]

    def begin(self, until: NDArray[np.int64]) -> None:
        """See `population.Backend.begin`."""
        for process in self._processes:
            process.ask("begin", until[process.lifetimes.start : process.lifetimes.stop])
        for process in self._processes:
            process.answer()

    def live(self, seconds: float) -> bool:
        """See `population.Backend.live`."""
        answers = self._ask_all("live", seconds)
        for process, (_, states, books, endings, samples) in zip(
            self._processes, answers, strict=True
        ):
            own = slice(process.lifetimes.start, process.lifetimes.stop)
            self._population.states[own], self._population.books[own] = states, books
            for ending in endings:
                self._note(replace(ending, lifetime=ending.lifetime + process.first))
            for lifetime, row in samples:
                self._sample(lifetime + process.first, row)
        return all(rest for rest, *_ in answers)

    def halt(self) -> None:
        """See `population.Backend.halt`; between two calls all stand after a whole step."""

    def save(self) -> dict[str, NDArray]:
        """See `population.Backend.save`."""
        parts: dict[str, NDArray] = {}
        for process, found in zip(self._processes, self._ask_all("save"), strict=True):
            for at, lifetime in enumerate(process.lifetimes):
                parts |= {f"{name}_{lifetime}": found[f"{name}_{at}"] for name in PARTS}
        return parts

    def restore(self, parts: dict[str, NDArray]) -> None:
        """See `population.Backend.restore`."""
        for process in self._processes:
            own = slice(process.lifetimes.start, process.lifetimes.stop)
            theirs = {
                f"{name}_{at}": part
                for at, lifetime in enumerate(process.lifetimes)
                for name, part in parts_of(lifetime, parts).items()
            }
            process.ask(
                "restore", self._population.states[own], self._population.books[own], theirs
            )
        for process in self._processes:
            process.answer()

    def close(self) -> None:
        """See `population.Backend.close`."""
        for process in self._processes:
            process.close()


def serve(share: Share, connection: Connection) -> None:
    """What a process does: answer requests until the other side is gone."""
    try:
        server = _Server(share)
    except Exception as error:
        connection.recv()
        connection.send((False, f"{type(error).__name__}: {error}"))
        return
    while True:
        try:
            what, *details = connection.recv()
        except (EOFError, ConnectionError):
            return
        try:
            connection.send((True, getattr(server, what)(*details)))
        except Exception as error:
            connection.send((False, f"{type(error).__name__}: {error}"))


class _Server:
    """The requests, one method each."""

    def __init__(self, share: Share) -> None:
        self._population = Population(**vars(share))
        self._endings: list = []
        self._samples: list = []
        self._backend = InProcessBackend(
            self._population,
            self._endings.append,
            lambda *sample: self._samples.append(sample),
        )

    def begin(self, until: NDArray[np.int64]) -> None:
        self._backend.begin(until)

    def live(self, seconds: float) -> tuple:
        rest = self._backend.live(seconds)
        answer = (
            rest,
            self._population.states,
            self._population.books,
            self._endings[:],
            self._samples[:],
        )
        self._endings.clear()
        self._samples.clear()
        return answer

    def save(self) -> dict[str, NDArray]:
        return self._backend.save()

    def restore(self, states: NDArray, books: NDArray, parts: dict[str, NDArray]) -> None:
        self._population.states[...], self._population.books[...] = states, books
        self._backend.restore(parts)
