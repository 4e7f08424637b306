"""How the lifetimes of a run do: reports while they learn, and the summary of what it came to."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynsyn_lab.training.limits import Limits
from dynsyn_lab.training.population import Population
from dynsyn_lab.training.progress import Report

LOOKS = 40
"""Looks over which the pace is taken."""


class Pace:
    """Control steps a second, lately."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, int]] = deque(maxlen=LOOKS)

    def look(self, steps: int, now: float) -> float:
        """The pace, after so many steps at `now` (s, steady clock); 0: not known yet."""
        self._looks.append((now, steps))
        then, before = self._looks[0]
        return (steps - before) / (now - then) if now > then else 0.0


def report(population: Population, limits: Limits, living: int, pace: float) -> Report:
    """Where a run stands.

    Args:
        population: its lifetimes.
        limits: how long they are to live.
        living: how many have yet to reach the goal.
        pace: control steps a second by all; 0: not known.
    """
    states = population.states
    steps = int(states["steps"].sum())
    fraction = left = math.nan
    if limits.steps is not None and not limits.until_solved and limits.episodes is None:
        goal = limits.steps * len(population)
        fraction = steps / goal
        left = (goal - steps) / pace if pace > 0 else math.nan
    averages = states["return_average"][states["episodes"] > 0]
    bests = states["return_best"][np.isfinite(states["return_best"])]
    quantities = population.blueprint.learner.layer_quantities
    return Report(
        steps=steps,
        rate=pace,
        episodes=int(states["episodes"].sum()),
        average=float(averages.mean()) if averages.size else math.nan,
        average_best=float(averages.max()) if averages.size else math.nan,
        best=float(bests.max()) if bests.size else math.nan,
        quantities={name: float(states[name].mean()) for name in quantities},
        lifetimes=len(population),
        living=living,
        solved=int((population.books["solved_step"] >= 0).sum()),
        fraction=fraction,
        left=left,
    )


def summarise(
    population: Population,
    threshold: float | None,
    seconds: float,
    solved_seconds: NDArray[np.float64],
) -> dict[str, Any]:
    """What a run has come to, as summary.json has it.

    Args:
        population: its lifetimes.
        threshold: return at which its robot's task counts as solved; None: nobody has said.
        seconds: of wall clock, over all calls.
        solved_seconds: of these, when each lifetime solved the task; (lifetimes,).
    """
    lifetimes = [
        _lifetime(population, index, float(solved_seconds[index]))
        for index in range(len(population))
    ]
    return {
        "seconds": seconds,
        "threshold": threshold,
        "solved": sum(lifetime["solved"] is not None for lifetime in lifetimes),
        "lifetimes": lifetimes,
    }


def _lifetime(population: Population, index: int, solved_seconds: float) -> dict[str, Any]:
    record, book = population.states[index], population.books[index]
    solved = None
    if book["solved_step"] >= 0:
        solved = {
            "episode": int(book["solved_episode"]),
            "step": int(book["solved_step"]),
            "hours": population.hours(int(book["solved_step"])),
            "wall_seconds": solved_seconds,
        }
    returns = {
        name: float(record[name]) if np.isfinite(record[name]) else None
        for name in ("return_last", "return_average", "return_best")
    }
    return {
        "index": index,
        "seed": population.seeds[index],
        "steps": int(record["steps"]),
        "episodes": int(record["episodes"]),
        "falls": int(record["falls"]),
        "hours": population.hours(int(record["steps"])),
        **returns,
        "solved": solved,
    }
