"""Steps and episodes of a lifetime whose learner is a library's, counted as the control step does.

So the run folder, the progress and the summary say the same of every learner.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.core.statistics import record_reward
from dynsyn_lab.training.population import Note, Population


class Account:
    """The book of lifetime 0 of a population, which may have several bodies at once.

    Args:
        population: its record there is changed in place.
        bodies: that it has.
        note: called at the end of every episode.
        write: puts what has been learnt so far into the record; called before `note`.

    Attributes:
        totals: return of the episode that each body is in, (bodies,).
        lengths: its control steps, (bodies,).
    """

    def __init__(
        self, population: Population, bodies: int, note: Note, write: Callable[[], None]
    ) -> None:
        self._states, self._journal = population.states, population.journals[0]
        self._threshold = population.blueprint.body.fall_threshold
        self._note, self._write = note, write
        self.totals = np.zeros(bodies)
        self.lengths = np.zeros(bodies, np.int64)

    @property
    def bodies(self) -> int:
        """Number of them."""
        return self.totals.size

    @property
    def steps(self) -> int:
        """Control steps lived, of all bodies."""
        return int(self._states["steps"][0])

    def lived(self, body: int) -> int:
        """Control steps that a body has lived; bodies take turns."""
        return -((body - self.steps) // self.bodies)

    def count(self, body: int, reward: float, terminal: bool) -> None:
        """Count a control step of a body, and its episode where that has ended."""
        _count(self._states, self.totals[body], reward, terminal, self._threshold)
        self.totals[body] += reward
        self.lengths[body] += 1
        if not terminal:
            return
        length = int(self.lengths[body])
        self.totals[body] = self.lengths[body] = 0
        self._write()
        self._note(self._journal.close_episode(self._states[0], self.steps, length))

    def save(self) -> dict[str, NDArray]:
        """What restoring needs beside the record."""
        return {"totals": self.totals, "lengths": self.lengths}

    def restore(self, parts: dict[str, NDArray]) -> None:
        """Go on from where `save` was called."""
        self.totals[:] = parts["totals"]
        self.lengths[:] = parts["lengths"]


@njit(cache=True)
def _count(states, total, reward, terminal, fall_threshold):
    """Count one step of record 0; `total`: of the episode's rewards before this one."""
    state = states[0]
    state.steps += 1
    state.episode_return = total
    record_reward(state, reward, terminal, fall_threshold)
