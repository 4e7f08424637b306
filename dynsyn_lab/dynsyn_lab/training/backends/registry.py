"""Which world a run's lifetimes live in."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dynsyn_lab.training.population import Flock, Note, Sample, World
    from dynsyn_lab.training.run_folder import RunConfig

BACKENDS = ("gymnasium", "envpool", "processes")
"""Names of the worlds: the robot in this process, envpool, the robot in several processes."""

ENVPOOL_ROBOTS = ("walker", "walker_hardcore")


def has_envpool() -> bool:
    """Whether envpool is installed."""
    return importlib.util.find_spec("envpool") is not None


def choose_backend(robot: str, lifetimes: int) -> str:
    """The fastest world for so many lifetimes of a robot that is installed here."""
    if lifetimes == 1:
        return "gymnasium"
    if robot in ENVPOOL_ROBOTS and has_envpool():
        return "envpool"
    return "processes"


def check_backend(backend: str, robot: str) -> None:
    """Check that a robot's lifetimes can live on a backend here.

    Raises:
        ValueError: an unknown backend, or one that does not have this robot.
        ImportError: the backend's package is not installed.
    """
    if backend not in BACKENDS:
        raise ValueError(f"backend: found {backend!r}, expected one of {', '.join(BACKENDS)}")
    if backend != "envpool":
        return
    if robot not in ENVPOOL_ROBOTS:
        raise ValueError(f"backend: envpool has no {robot}, only {', '.join(ENVPOOL_ROBOTS)}")
    if not has_envpool():
        raise ImportError(
            "envpool is not installed: pip install -r requirements/extra-envpool.txt, "
            "or use --backend processes"
        )


def make_world(config: RunConfig, flock: Flock, note: Note, sample: Sample) -> World:
    """The world of `config.backend`.

    Args:
        config: of the run.
        flock: the lifetimes that are to live in it.
        note, sample: called at ends of episodes and when a row of the trace is due.

    Raises:
        ValueError, ImportError: see `check_backend`.
    """
    check_backend(config.backend, config.robot)
    if config.backend == "envpool":
        from dynsyn_lab.training.backends.envpool import EnvpoolWorld

        return EnvpoolWorld(config.robot, flock, note, sample)
    if config.backend == "processes":
        from dynsyn_lab.training.backends.processes import ProcessWorld

        return ProcessWorld(config.robot, config.robot_options, flock, note, sample)
    from dynsyn_lab.training.backends.in_process import RobotWorld

    return RobotWorld(config.robot, config.robot_options, flock, note, sample)
