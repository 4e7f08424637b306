"""The file of a sweep, and the points that it asks for."""

from __future__ import annotations

import dataclasses
import difflib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from dynsyn_controller.core.schema import SchemaError, parse
from dynsyn_controller.core.text_values import value_of
from dynsyn_lab.errors import UsageError
from dynsyn_lab.sweeps.search import grid, random_draws
from dynsyn_lab.training.backends.registry import BACKENDS, IN_PROCESS, PROCESSES
from dynsyn_lab.training.limits import Limits, check_limits
from dynsyn_lab.training.run_config import RunConfig
from dynsyn_lab.training.run_setup import make_config

FORMAT = 2
SECTIONS = {"learner": "learner", "network": "network", "robot": "robot_options"}
"""First part of a key of `vary` -> the attribute of `SweepFile` with the values of all points."""
_OF_THE_DAY = ("versions", "machine", "started")
"""Of a run's configuration, what may be another when a sweep is resumed."""


@dataclass(frozen=True)
class SweepFile:
    """What a sweep's YAML file may say.

    Attributes:
        robot: as in `dynsyn train ROBOT`.
        vary: what differs between points: `learner.KEY`, `network.KEY` or `robot.OPTION` -> a list
            of values, or for a random search a range {low, high, scale: linear or log}. KEY is one
            of the robot file's section: `learner.preset` is the learner's preset, `learner.type`
            its name.
        search: "grid": every combination; "random": `samples` draws.
        samples: of a random search, >= 1.
        draw_seed: of a random search, >= 0.
        learner, network: of all points, in place of what the robot file's sections say.
        robot_options: of all points.
        lifetimes: of each point, >= 1; lifetime i has the seed `seed` + i, at every point alike.
        seed: >= 0.
        steps, episodes: of each lifetime; at least one of them, the first that comes.
        until_solved: a lifetime also ends when it is solved.
        backend: as of `dynsyn train`; empty: for many lifetimes envpool where it is installed,
            else in_process, one process to a point.
        save_every, trace_every: as of `dynsyn train`.
    """

    robot: str
    vary: dict[str, Any]
    search: Literal["grid", "random"] = "grid"
    samples: int | None = None
    draw_seed: int = 0
    learner: dict[str, Any] = field(default_factory=dict)
    network: dict[str, Any] = field(default_factory=dict)
    robot_options: dict[str, Any] = field(default_factory=dict)
    lifetimes: int = 1
    seed: int = 0
    steps: int | None = None
    episodes: int | None = None
    until_solved: bool = False
    backend: str = ""
    save_every: int = 100_000
    trace_every: int = 1_000


@dataclass(frozen=True)
class Point:
    """One point of a sweep: a training run.

    Attributes:
        name: of its run folder within the sweep's.
        values: what `vary` gives it.
        config: of the run, resolved.
    """

    name: str
    values: dict[str, Any]
    config: RunConfig

    def __str__(self) -> str:
        values = (f"{key} {show_value(value)}" for key, value in self.values.items())
        return f"{self.name}: {', '.join(values)}"


@dataclass(frozen=True)
class Plan:
    """A sweep, checked and resolved.

    Attributes:
        file: as read.
        points: in order.
        limits: of every run.
    """

    file: SweepFile
    points: tuple[Point, ...]
    limits: Limits

    def resolved(self) -> dict[str, Any]:
        """The plan as it is kept in the sweep's folder; its points must not change on resuming."""
        points = [
            {
                "name": point.name,
                "values": point.values,
                **{
                    key: value
                    for key, value in dataclasses.asdict(point.config).items()
                    if key not in _OF_THE_DAY
                },
            }
            for point in self.points
        ]
        return {"format": FORMAT, "file": dataclasses.asdict(self.file), "points": points}


def show_value(value: Any) -> str:
    """A value for people: a number with four digits, anything else as it is."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def read_plan(path: Path) -> Plan:
    """Read a sweep's file and work out its points.

    Raises:
        UsageError: it is missing, not YAML, or says something that cannot be; with file and key.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text"
        raise UsageError(f"sweep {path}: cannot be read: {reason}") from None
    except yaml.YAMLError as error:
        raise UsageError(f"sweep {path}: not valid YAML: {' '.join(str(error).split())}") from None
    try:
        file = parse(SweepFile, _values(data))
        _check(file)
        points = tuple(_points(file))
    except (SchemaError, UsageError) as error:
        raise UsageError(f"sweep {path}: {error}") from None
    limits = Limits(file.steps, file.episodes, until_solved=file.until_solved)
    for point in points:
        check_limits(limits, point.config)
    return Plan(file, points, limits)


def _values(data: Any) -> Any:
    """Texts become what they stand for: YAML 1.1 takes 1e-5, without a point, for a text."""
    if isinstance(data, dict):
        return {key: _values(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_values(value) for value in data]
    return value_of(data) if isinstance(data, str) else data


def _check(file: SweepFile) -> None:
    if not file.vary:
        raise SchemaError("vary", "found nothing, expected at least one setting")
    for name in ("lifetimes", "save_every", "trace_every", "steps", "episodes", "samples"):
        value = getattr(file, name)
        if value is not None and value < 1:
            raise SchemaError(name, f"found {value}, expected 1 or more")
    for name in ("seed", "draw_seed"):
        if getattr(file, name) < 0:
            raise SchemaError(name, f"found {getattr(file, name)}, expected 0 or more")
    if file.steps is None and file.episodes is None:
        raise SchemaError("steps", "missing; give steps, episodes or both, so that runs end")
    if file.backend and file.backend not in BACKENDS:
        expected = ", ".join(BACKENDS)
        raise SchemaError("backend", f"found {file.backend!r}, expected one of {expected}")
    if (file.search == "random") != (file.samples is not None):
        found = "missing for" if file.samples is None else "not used by"
        raise SchemaError("samples", f"{found} search: {file.search}")
    for key in file.vary:
        section, name = _split(key)
        if name in getattr(file, SECTIONS[section]):
            raise SchemaError(f"vary.{key}", f"also under {SECTIONS[section]}")


def _split(key: str) -> tuple[str, str]:
    """Section and name of a key of `vary`.

    Raises:
        SchemaError: it is not of the form SECTION.NAME.
    """
    section, _, name = key.partition(".")
    if section in SECTIONS and name:
        return section, name
    near = difflib.get_close_matches(section, SECTIONS, n=1) if name else []
    hint = f"{near[0]}.{name}" if near else ", ".join(f"{known}.KEY" for known in SECTIONS)
    raise SchemaError(f"vary.{key}", f"unknown key, expected {hint}")


def _points(file: SweepFile) -> list[Point]:
    if file.search == "random":
        combinations = random_draws(file.vary, file.samples or 0, file.draw_seed)
    else:
        combinations = grid(file.vary)
    digits = max(3, len(str(len(combinations) - 1)))
    points = []
    for number, values in enumerate(combinations):
        try:
            config = _config(file, values)
        except UsageError as error:
            raise UsageError(f"vary {values}: {error}") from None
        points.append(Point(f"point_{number:0{digits}d}", values, config))
    return points


def _config(file: SweepFile, values: dict[str, Any]) -> RunConfig:
    given = {section: dict(getattr(file, name)) for section, name in SECTIONS.items()}
    for key, value in values.items():
        section, name = _split(key)
        given[section][name] = value
    learner, preset = (given["learner"].pop(name, None) for name in ("type", "preset"))
    network = given["network"].pop("type", None)
    config = make_config(
        file.robot,
        robot_options=given["robot"],
        learner=learner,
        preset=preset,
        settings=given["learner"],
        network=network,
        options=given["network"],
        lifetimes=file.lifetimes,
        seed=file.seed,
        backend=file.backend or None,
        save_every=file.save_every,
        trace_every=file.trace_every,
    )
    if not file.backend and config.backend == PROCESSES:
        # One process to a point: the points are many.
        return dataclasses.replace(config, backend=IN_PROCESS)
    return config
