"""Lifetimes on simulated robots in several processes, one for each core.

Each process has a flock and a `RobotWorld` of its own for its share of the lifetimes; this side
asks all of them for the same thing and gathers the answers.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.robot.robot_file import parse_robot
from dynsyn_lab.training.backends.in_process import PARTS, RobotWorld, parts_of
from dynsyn_lab.training.journal import Goal
from dynsyn_lab.training.population import Flock, Note, Sample


@dataclass(frozen=True)
class Share:
    """What a process needs to make its part of the flock.

    Attributes:
        name, options: registered robot and its body's options.
        robot_file: of the lifetimes, with their network and learner.
        seed: of the first of them.
        lifetimes: number of them.
        goal, trace_every: see `Flock`.
    """

    name: str
    options: dict[str, Any]
    robot_file: str
    seed: int
    lifetimes: int
    goal: Goal
    trace_every: int


class Worker:
    """A process with its share of the lifetimes, as this side sees it.

    Args:
        share: what it is to make.
        first: index of its first lifetime within the whole flock.
    """

    def __init__(self, share: Share, first: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, other = context.Pipe()
        self._process = context.Process(target=serve, args=(share, other), daemon=True)
        self._process.start()
        other.close()
        self.first = first
        self.lifetimes = range(first, first + share.lifetimes)

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


class ProcessWorld:
    """See `flock.World` and the module.

    Args:
        name, options: registered robot and its body's options.
        flock: the lifetimes; changed in place.
        note, sample: called at ends of episodes and when a row of the trace is due.
        processes: number of them; 0: as many as cores.
    """

    cuts = False

    def __init__(
        self,
        name: str,
        options: dict[str, Any],
        flock: Flock,
        note: Note,
        sample: Sample,
        processes: int = 0,
    ) -> None:
        self._flock, self._note, self._sample = flock, note, sample
        count = min(len(flock), processes or len(os.sched_getaffinity(0)))
        bounds = [len(flock) * i // count for i in range(count + 1)]
        self._workers = []
        for first, last in itertools.pairwise(bounds):
            share = Share(
                name,
                options,
                flock.robot.source,
                flock.seeds[first],
                last - first,
                flock.goal,
                flock.trace_every,
            )
            self._workers.append(Worker(share, first))

    def _ask_all(self, what: str, *details: Any) -> list[Any]:
        for worker in self._workers:
            worker.ask(what, *details)
        return [worker.answer() for worker in self._workers]

    def begin(self, until: NDArray[np.int64]) -> None:
        """See `flock.World.begin`."""
        for worker in self._workers:
            worker.ask("begin", until[worker.lifetimes.start : worker.lifetimes.stop])
        for worker in self._workers:
            worker.answer()

    def live(self, seconds: float) -> bool:
        """See `flock.World.live`."""
        answers = self._ask_all("live", seconds)
        for worker, (_, states, books, endings, samples) in zip(
            self._workers, answers, strict=True
        ):
            own = slice(worker.lifetimes.start, worker.lifetimes.stop)
            self._flock.states[own], self._flock.books[own] = states, books
            for ending in endings:
                self._note(replace(ending, lifetime=ending.lifetime + worker.first))
            for lifetime, row in samples:
                self._sample(lifetime + worker.first, row)
        return all(rest for rest, *_ in answers)

    def halt(self) -> None:
        """See `flock.World.halt`; between two calls every life is after a whole step."""

    def save(self) -> dict[str, NDArray]:
        """See `flock.World.save`."""
        parts = {}
        for worker, found in zip(self._workers, self._ask_all("save"), strict=True):
            for at, lifetime in enumerate(worker.lifetimes):
                parts |= {f"{name}_{lifetime}": found[f"{name}_{at}"] for name in PARTS}
        return parts

    def restore(self, parts: dict[str, NDArray]) -> None:
        """See `flock.World.restore`."""
        for worker in self._workers:
            own = slice(worker.lifetimes.start, worker.lifetimes.stop)
            theirs = {
                f"{name}_{at}": part
                for at, lifetime in enumerate(worker.lifetimes)
                for name, part in parts_of(lifetime, parts).items()
            }
            worker.ask("restore", self._flock.states[own], self._flock.books[own], theirs)
        for worker in self._workers:
            worker.answer()

    def close(self) -> None:
        """See `flock.World.close`."""
        for worker in self._workers:
            worker.close()


def serve(share: Share, connection: Connection) -> None:
    """What a process does: answer requests until the other side is gone."""
    # Ctrl-C reaches every process of the terminal; only the one that saves is to act on it.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
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
        robot = parse_robot(share.robot_file)
        self._flock = Flock(
            robot,
            share.seed,
            share.lifetimes,
            share.goal,
            share.trace_every,
        )
        self._endings: list = []
        self._samples: list = []
        self._world = RobotWorld(
            share.name,
            share.options,
            self._flock,
            self._endings.append,
            lambda *sample: self._samples.append(sample),
        )

    def begin(self, until: NDArray[np.int64]) -> None:
        self._world.begin(until)

    def live(self, seconds: float) -> tuple:
        rest = self._world.live(seconds)
        answer = (rest, self._flock.states, self._flock.books, self._endings[:], self._samples[:])
        self._endings.clear()
        self._samples.clear()
        return answer

    def save(self) -> dict[str, NDArray]:
        return self._world.save()

    def restore(self, states: NDArray, books: NDArray, parts: dict[str, NDArray]) -> None:
        self._flock.states[...], self._flock.books[...] = states, books
        self._world.restore(parts)
