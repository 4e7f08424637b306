"""The configuration of a new run, resolved: nothing is left to defaults that may change."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.robot.robot import RobotFileError
from dynsyn_lab.errors import UsageError
from dynsyn_lab.rollouts.moving import settle
from dynsyn_lab.training.backends.registry import check_backend, choose_backend
from dynsyn_lab.training.changes import Bodies, parse
from dynsyn_lab.training.run_config import BIRTH, COURSES, RunConfig
from dynsyn_sim_bridge.robots.spec import RobotSpec, describe, of_checkpoint

PACKAGES = ("numpy", "numba", "gymnasium", "box2d", "mujoco", "envpool")


def make_config(
    robot: str,
    robot_options: dict[str, Any] | None = None,
    preset: str | None = None,
    settings: dict[str, Any] | None = None,
    lifetimes: int = 1,
    seed: int = 0,
    backend: str | None = None,
    save_every: int = 100_000,
    trace_every: int = 1_000,
    learner: str | None = None,
    network: str | None = None,
    options: dict[str, Any] | None = None,
    origin: Path | None = None,
    transfer: bool = False,
    robot_seed: int | None = None,
    changes: Iterable[str] = (),
    held: str = "",
) -> RunConfig:
    """Check and resolve what a run is asked for; None: the default choice.

    Args:
        robot: as in `dynsyn train ROBOT`; see `robots.references.find`.
        learner, preset, settings, network, options: see `Robot.choose`.
        origin: checkpoint that the lifetimes go on from; it brings network and learner along.
        transfer: its body may have another number of modules; see `moving.settle`.
        changes: of the body in the middle of each life, such as "torque=0.7@1000000".
        others: see `RunConfig`.

    Raises:
        UsageError: a robot, option, preset, setting or backend that does not exist or cannot be.
        CheckpointError: `origin` is missing, damaged, or does not fit the robot.
        ImportError: the simulator or the backend's package is not installed.
    """
    if held not in ("", BIRTH, COURSES):
        raise UsageError(f"held: found {held!r}, expected {BIRTH}, {COURSES} or nothing")
    if held == BIRTH and origin is not None:
        raise UsageError("--hold birth: not with --from, whose lifetime has been born")
    try:
        before = 0
        if origin is None:
            spec = describe(robot, robot_options, ends=True)
            chosen = spec.robot.choose(learner, preset, settings, network, options)
            chosen.check_birth()
        else:
            saved = checkpoint.load(origin)
            spec = of_checkpoint(saved.robot, robot, robot_options, ends=True)
            before = int(saved.state["episodes"][0])
            chosen, _ = settle(saved, spec.robot, settings, options, transfer)
        bodies = Bodies(spec, map(parse, changes))
        _check_to_come(bodies, origin)
        bodies.build_all()
        backend = backend or choose_backend(bodies.specs, lifetimes)
        check_backend(backend, bodies.specs)
    except ValueError as error:
        raise UsageError(_plain(error)) from None
    description = chosen.complete()
    asked = {"learner": settings or {}, "network": options or {}}
    return RunConfig(
        robot=spec.reference,
        robot_options=spec.options,
        robot_file=description.source,
        overrides={
            # of a preset of the network only its options are left
            f"{name}.{key}": getattr(description, name).get(key, asked[name][key])
            for name in asked
            for key in asked[name]
        },
        lifetimes=lifetimes,
        seed=seed,
        backend=backend,
        save_every=save_every,
        trace_every=trace_every,
        versions=versions(),
        machine=machine(),
        started=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        origin=str(origin or ""),
        origin_episodes=before,
        robot_seed=robot_seed,
        task=spec.task,
        changes=bodies.changes,
        held=held,
    )


def _check_to_come(bodies: Bodies, origin: Path | None) -> None:
    """A lifetime that goes on cannot change in its past."""
    if bodies.changes and origin is not None:
        lived, first = int(checkpoint.load(origin).state["steps"][0]), bodies.changes[0]
        if first.step <= lived:
            raise UsageError(
                f"--change {first}: {origin} has lived {lived} steps already; what it is to begin "
                f"with is --robot.{first.option}"
            )


def _plain(error: ValueError) -> str:
    """The message; a robot file's error about learner or network is about the command line here."""
    message = str(error)
    if isinstance(error, RobotFileError) and (": learner." in message or ": network." in message):
        return message.partition(": ")[2]
    return message


def default_folder(spec: RobotSpec) -> Path:
    """A new folder runs/ROBOT-DATE-TIME below the working folder; a second one in the same second
    has a number as well.

    Raises:
        OSError: it cannot be made.
    """
    first = Path("runs") / f"{spec.name}-{datetime.now():%Y%m%d-%H%M%S}"
    folder, number = first, 1
    while not _made(folder):
        number += 1
        folder = first.with_name(f"{first.name}-{number}")
    return folder


def _made(folder: Path) -> bool:
    """Make a folder; false: it is there already."""
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        return False
    return True


def versions(others: Iterable[str] = ()) -> dict[str, str]:
    """Versions of what a run's results depend on, and of other packages where they are there."""
    found = {package: _version(package) for package in ("dynsyn_lab", *PACKAGES, *others)}
    return {"python": platform.python_version(), **{k: v for k, v in found.items() if v}}


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def machine() -> dict[str, Any]:
    """What this machine is."""
    return {"cpu": _processor(), "cores": os.cpu_count(), "system": platform.platform()}


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
