"""The training loop: lifetimes live on their bodies, and what happens goes into the run folder."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.records import loaded, stored
from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.migration import migrate_records
from dynsyn_lab.interrupts import Interrupts
from dynsyn_lab.rollouts.moving import place
from dynsyn_lab.training.backends.registry import make_backend
from dynsyn_lab.training.journal import Ending, Goal
from dynsyn_lab.training.limits import Limits, check_limits
from dynsyn_lab.training.population import Backend, Note, Population, Sample
from dynsyn_lab.training.progress import Progress
from dynsyn_lab.training.reports import Pace, report, summarise
from dynsyn_lab.training.run_folder import CURVE, ORIGIN, RunError, RunFolder
from dynsyn_lab.training.tensorboard import TensorBoard
from dynsyn_lab.training.window import PERIOD, Window

TURN = 0.25
"""s of living between looks at clock, keyboard and screen."""
NO_LIMIT = np.iinfo(np.int64).max


class Trainer:
    """Trains the lifetimes of a run folder, from birth or from where they were saved.

    Args:
        folder: of the run.
        limits: how long.
        progress: where to show it.
        interrupts: request to stop.
        window: shows lifetime 0; only for bodies in this process.
        tensorboard: write TensorBoard's event files.
        make: makes the backend from population, note and sample; None: the run's own.

    Raises:
        RunError: the folder's state is damaged or of another network, or another process trains
            into it.
        CheckpointError: the folder's copy of what they go on from is damaged.
        UsageError: TensorBoard's files are wanted, and what writes them is not installed.
        RobotFileError, ImportError: what the run needs is not there.
    """

    def __init__(
        self,
        folder: RunFolder,
        limits: Limits,
        progress: Progress,
        interrupts: Interrupts,
        window: Window | None = None,
        tensorboard: bool = False,
        make: Callable[[Population, Note, Sample], Backend] | None = None,
    ) -> None:
        self._folder, self._limits = folder, limits
        self._progress, self._interrupts, self._window = progress, interrupts, window
        config = folder.config
        check_limits(limits, config)
        goal = Goal(limits.episodes, limits.until_solved, config.task, config.origin_episodes)
        self.population = Population(
            config.spec,
            config.seeds,
            goal,
            config.trace_every,
            config.course_seeds,
            config.changes,
        )
        self._seconds = 0.0
        self._solved_seconds = np.full(config.lifetimes, np.nan)
        self._rows: dict[tuple[int, str], list] = {}
        self._kept: dict[tuple[int, str], NDArray[np.void]] = {}
        self._exported = np.full(config.lifetimes, -1)
        self._pace = Pace()
        with ExitStack() as undo:
            undo.callback(folder.hold().release)
            make = make or partial(make_backend, config.backend)
            self.backend: Backend = make(self.population, self._note, self._sample)
            undo.callback(self.backend.close)
            self._restore()
            self._board = None
            if tensorboard:
                quantities = self.population.blueprint.learner.layer_quantities
                self._board = TensorBoard(folder.path, self.population.states, quantities)
                undo.callback(self._board.close)
            self._end = undo.pop_all()

    def run(self) -> dict[str, Any]:
        """Train, and return the summary that has also been written to the folder.

        Raises:
            RunError, CheckpointError: something cannot be written; what is on disk is whole.
        """
        self._began = time.monotonic()
        with self._end:
            while not self._over():
                rest = self._next_rest()
                self.backend.begin(np.where(self._living(), rest, 0))
                arrived = self._live()
                self._save(at_mark=arrived and rest % self._folder.config.save_every == 0)
            if self._board is not None:
                self._board.update(self.population.states, self._seconds_now(), now=True)
            threshold = self._folder.config.task.solved_return
            seconds = self._seconds_now()
            summary = summarise(self.population, threshold, seconds, self._solved_seconds)
            self._folder.save_summary(summary)
        return summary

    def _live(self) -> bool:
        """Live until all rest where they were to (True), or until stopped."""
        turn = TURN if self._window is None else PERIOD
        while not self.backend.live(turn):
            self._flush()
            self._show()
            if self._window is not None and not self._window.show(cast(Any, self.backend).frame()):
                self._interrupts.requested = True
            if self._stopped():
                self.backend.halt()
                return False
        self._show()
        return True

    def _show(self) -> None:
        pace = self._pace.look(int(self.population.states["steps"].sum()), time.monotonic())
        living = int(self._living().sum())
        self._progress.update(report(self.population, self._limits, living, pace))
        if self._board is not None:
            self._board.update(self.population.states, self._seconds_now())

    def _stopped(self) -> bool:
        over = time.monotonic() - self._began >= self._limits.seconds
        return over or self._interrupts.requested

    def _over(self) -> bool:
        return self._stopped() or not self._living().any()

    def _living(self) -> NDArray[np.bool_]:
        """Which lifetimes have yet to reach the goal."""
        target = NO_LIMIT if self._limits.steps is None else self._limits.steps
        living = self.population.states["steps"] < target
        return living & [not self.population.done(i) for i in range(len(self.population))]

    def _next_rest(self) -> int:
        """Steps at which the living lifetimes rest next: at the next mark, or the goal before it.

        Marks are the multiples of save_every.
        """
        every = self._folder.config.save_every
        mark = (int(self.population.states["steps"][self._living()].min()) // every + 1) * every
        return mark if self._limits.steps is None else min(mark, self._limits.steps)

    def _note(self, ending: Ending) -> None:
        row = (ending.step, ending.episode, ending.total, ending.length)
        self._rows.setdefault((ending.lifetime, "curve.csv"), []).append(row)
        if self._board is not None:
            self._board.note(ending)
        if ending.record is not None:
            self._kept[ending.lifetime, "best.ckpt"] = ending.record
            if ending.solved:
                self._kept[ending.lifetime, "solved.ckpt"] = ending.record
        if ending.solved:
            seconds = self._seconds_now()
            self._solved_seconds[ending.lifetime] = seconds
            hours = self.population.hours(ending.step)
            self._progress.note(
                f"lifetime {ending.lifetime} solved: episode {ending.episode:,}, step "
                f"{ending.step:,}, {hours:.2f} h simulated, {seconds / 60:.1f} min wall clock"
            )

    def _sample(self, lifetime: int, row: list[Any]) -> None:
        self._rows.setdefault((lifetime, "trace.csv"), []).append(row)

    def _flush(self) -> None:
        headers = {"curve.csv": CURVE, "trace.csv": self.population.trace.columns}
        for (lifetime, name), rows in self._rows.items():
            self._folder.append(lifetime, name, headers[name], rows)
        self._rows.clear()

    def _seconds_now(self) -> float:
        """Wall clock of the whole run so far."""
        return self._seconds + time.monotonic() - self._began

    def _save(self, at_mark: bool) -> None:
        """Write all that has happened.

        Args:
            at_mark: the living lifetimes rest at a mark. Where bodies are put back whenever a run
                goes on, it may go on from marks only, which every run of these lifetimes has; what
                was lived beyond the last mark is then lived again, in the same way.
        """
        self._flush()
        for (lifetime, name), record in self._kept.items():
            self._export(lifetime, name, record)
        self._kept.clear()
        for lifetime, record in enumerate(self.population.states):
            if record["steps"] != self._exported[lifetime]:
                self._export(lifetime, "checkpoint.ckpt", record)
                self._exported[lifetime] = record["steps"]
        if at_mark or not self.backend.restarts:
            parts = {f"world_{name}": part for name, part in self.backend.save().items()}
            states = stored(self.population.states, self.population.blueprint.file_dtype)
            parts |= {"states": states, "books": self.population.books}
            parts["seconds"] = np.array(self._seconds_now())
            parts["solved_seconds"] = self._solved_seconds
            self._folder.save_state(parts)

    def _export(self, lifetime: int, name: str, record: NDArray[np.void]) -> None:
        path = self._folder.lifetime(lifetime) / name
        robot = self.population.bodies.at(int(record["steps"])).robot
        checkpoint.save(path, robot, self.population.controller(record))

    def _restore(self) -> None:
        parts = self._folder.load_state()
        file_dtype = self.population.blueprint.file_dtype
        if parts is not None:
            for name, own in (("states", self.population.states), ("books", self.population.books)):
                found = parts.get(name)
                if name == "states" and found is not None:
                    found = loaded(migrate_records(found, file_dtype), own.dtype)
                if found is None or found.dtype != own.dtype or found.shape != own.shape:
                    raise RunError(f"run {self._folder.path}: state.npz: made by another version")
                own[...] = found
            self._seconds = float(parts["seconds"])
            self._solved_seconds[:] = parts["solved_seconds"]
            prefix = "world_"
            bodies = {n.removeprefix(prefix): p for n, p in parts.items() if n.startswith(prefix)}
            self.backend.restore(bodies)
        elif self._folder.config.origin:
            self._adopt()
        for lifetime, record in enumerate(self.population.states):
            self._folder.shorten(lifetime, int(record["steps"]))

    def _adopt(self) -> None:
        """Let all lifetimes go on from the checkpoint in the folder, on new bodies.

        The first lives on as it would have anywhere; the others draw periods of their own, lest all
        fluctuate alike.
        """
        saved = checkpoint.load(self._folder.path / ORIGIN)
        population = self.population
        controller = population.controller(population.states[0])
        place(saved, population.spec.robot, controller, transferring=True)
        own = population.states["random_state"].copy()
        population.states[:] = controller.state
        population.states["random_state"][1:] = own[1:]
        for journal, record in zip(population.journals, population.states, strict=True):
            journal.restart_episode(record, 0.0)
        self.backend.restore(self.backend.save())  # hands them over to backends that hold copies
