"""On which backend a run's lifetimes live."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dynsyn_lab.training.population import Backend, Note, Population, Sample
    from dynsyn_sim_bridge.robots.spec import RobotSpec

IN_PROCESS, ENVPOOL, PROCESSES = BACKENDS = ("in_process", "envpool", "processes")
"""The robot in this process, the same body on envpool, the robot in several processes."""


def has_envpool() -> bool:
    """Whether envpool is installed."""
    return importlib.util.find_spec("envpool") is not None


def choose_backend(specs: Sequence[RobotSpec], lifetimes: int) -> str:
    """The fastest backend for so many lifetimes of a robot that is installed here.

    Args:
        specs: the robot, and what it becomes in the course of a life.
        lifetimes: number of them.
    """
    if lifetimes == 1:
        return IN_PROCESS
    if all(spec.envpool is not None for spec in specs) and has_envpool():
        return ENVPOOL
    return PROCESSES


def check_backend(backend: str, specs: Sequence[RobotSpec]) -> None:
    """Check that a robot's lifetimes can live on a backend here.

    Args:
        backend: its name.
        specs: the robot, and what it becomes in the course of a life.

    Raises:
        ValueError: an unknown backend, or one that does not have this robot.
        ImportError: the backend's package is not installed.
    """
    if backend not in BACKENDS:
        raise ValueError(f"backend: found {backend!r}, expected one of {', '.join(BACKENDS)}")
    if backend != ENVPOOL:
        return
    for spec in specs:
        if spec.envpool is None:
            changes = ", ".join(f"{name} {value}" for name, value in spec.changes.items())
            body = f"{spec.reference} with {changes}" if spec.entry.envpool else spec.reference
            raise ValueError(
                f"backend: envpool has no {body}, expected {IN_PROCESS} or {PROCESSES}"
            )
    if not has_envpool():
        raise ImportError(
            "envpool is not installed: pip install -r requirements/extra-envpool.txt, "
            "or use --backend processes"
        )


def make_backend(name: str, population: Population, note: Note, sample: Sample) -> Backend:
    """A backend by its name.

    Args:
        name: one of BACKENDS.
        population: the lifetimes that are to live on it.
        note, sample: called at ends of episodes and when a row of the trace is due.

    Raises:
        ValueError, ImportError: see `check_backend`.
    """
    check_backend(name, population.bodies.specs)
    if name == ENVPOOL:
        from dynsyn_lab.training.backends.envpool import EnvpoolBackend

        return EnvpoolBackend(population, note, sample)
    if name == PROCESSES:
        from dynsyn_lab.training.backends.processes import ProcessBackend

        return ProcessBackend(population, note, sample)
    from dynsyn_lab.training.backends.in_process import InProcessBackend

    return InProcessBackend(population, note, sample)
