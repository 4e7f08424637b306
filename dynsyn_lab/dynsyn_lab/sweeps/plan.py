"""The file of a sweep, and the points that it asks for: a grid, or a random search."""

from __future__ import annotations

import dataclasses
import itertools
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import yaml

from dynsyn_controller.core.schema import SchemaError, parse
from dynsyn_lab.cli.dotted import read_value
from dynsyn_lab.cli.errors import UsageError
from dynsyn_lab.training.backends.registry import BACKENDS, IN_PROCESS, PROCESSES
from dynsyn_lab.training.run_folder import RunConfig
from dynsyn_lab.training.run_setup import make_config
from dynsyn_lab.training.trainer import Limits, check_limits

CHOICES = ("learner", "preset")
SECTIONS = ("learner", "network", "robot")
"""Keys of `vary`: one of CHOICES, or SECTION.NAME."""


@dataclass(frozen=True)
class SweepFile:
    """What a sweep's YAML file may say.

    Attributes:
        robot: as in `dynsyn train ROBOT`.
        vary: what differs between points: `learner`, `preset`, `learner.SETTING`,
            `network.OPTION` or `robot.OPTION` -> a list of values, or for a random search a range
            {low, high, scale: linear or log}.
        search: "grid": every combination; "random": `samples` draws.
        samples: of a random search, >= 1.
        draw_seed: of a random search, >= 0.
        learner, preset: of all points; empty: the robot file's.
        settings, network, robot_options: of all points: settings of the learner, options of the
            network and of the body.
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
    learner: str = ""
    preset: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
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
class Range:
    """A range of a random search; whole numbers where both ends are."""

    low: float
    high: float
    scale: Literal["linear", "log"] = "linear"

    def draw(self, generator: np.random.Generator, whole: bool) -> int | float:
        """A value within it."""
        if whole:
            return int(generator.integers(int(self.low), int(self.high), endpoint=True))
        if self.scale == "log":
            return float(math.exp(generator.uniform(math.log(self.low), math.log(self.high))))
        return float(generator.uniform(self.low, self.high))


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

    def identity(self) -> list[dict[str, Any]]:
        """What must not change when a sweep is resumed: of each point its name and what it is."""
        fields = ("robot", "robot_options", "robot_file", "lifetimes", "seed", "backend")
        fields += ("save_every", "trace_every")
        return [
            {"name": p.name, "values": p.values, **{f: getattr(p.config, f) for f in fields}}
            for p in self.points
        ]


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
        file = parse(SweepFile, _numbers(data))
        _check(file)
        points = tuple(_points(file))
    except (SchemaError, UsageError) as error:
        raise UsageError(f"sweep {path}: {error}") from None
    limits = Limits(file.steps, file.episodes, until_solved=file.until_solved)
    for point in points:
        check_limits(limits, point.config)
    return Plan(file, points, limits)


def _numbers(data: Any) -> Any:
    """Texts that are numbers become numbers: YAML 1.1 takes 1e-5, without a point, for a text."""
    if isinstance(data, dict):
        return {key: _numbers(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_numbers(value) for value in data]
    return read_value(data) if isinstance(data, str) else data


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
    given = {"learner": "settings", "network": "network", "robot": "robot_options"}
    for key in file.vary:
        section, point, name = key.partition(".")
        if point and section in SECTIONS and name in getattr(file, given[section]):
            raise SchemaError(f"vary.{key}", f"also under {given[section]}")
        if not (point and section in SECTIONS) and key not in CHOICES:
            expected = ", ".join([*CHOICES, *(f"{section}.NAME" for section in SECTIONS)])
            raise SchemaError(f"vary.{key}", f"unknown key; expected one of {expected}")


def _points(file: SweepFile) -> list[Point]:
    combinations = _random(file) if file.search == "random" else _grid(file)
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
    chosen = {"learner": file.learner, "preset": file.preset}
    sections = {
        "learner": dict(file.settings),
        "network": dict(file.network),
        "robot": dict(file.robot_options),
    }
    for key, value in values.items():
        section, point, name = key.partition(".")
        if point:
            sections[section][name] = value
        else:
            chosen[key] = value
    config = make_config(
        file.robot,
        robot_options=sections["robot"],
        learner=chosen["learner"] or None,
        preset=chosen["preset"] or None,
        settings=sections["learner"],
        network=sections["network"],
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


def _grid(file: SweepFile) -> list[dict[str, Any]]:
    for key, values in file.vary.items():
        if isinstance(values, dict):
            raise SchemaError(f"vary.{key}", "a range needs search: random; a grid takes a list")
        _check_list(key, values)
    return [
        dict(zip(file.vary, values, strict=True))
        for values in itertools.product(*file.vary.values())
    ]


def _random(file: SweepFile) -> list[dict[str, Any]]:
    generator = np.random.default_rng(file.draw_seed)
    draws = {key: _drawer(key, values) for key, values in file.vary.items()}
    return [{key: draw(generator) for key, draw in draws.items()} for _ in range(file.samples)]


def _drawer(key: str, values: Any):
    if not isinstance(values, dict):
        _check_list(key, values)
        return lambda generator: values[generator.integers(len(values))]
    span = parse(Range, values, f"vary.{key}")
    if not span.low < span.high:
        raise SchemaError(f"vary.{key}", f"low {span.low:g} is not below high {span.high:g}")
    if span.scale == "log" and span.low <= 0:
        raise SchemaError(f"vary.{key}.low", f"found {span.low:g}, expected above 0 for scale log")
    whole = all(type(values[end]) is int for end in ("low", "high")) and span.scale == "linear"
    return lambda generator: span.draw(generator, whole)


def _check_list(key: str, values: Any) -> None:
    if not isinstance(values, list) or not values:
        raise SchemaError(f"vary.{key}", f"found {values!r}, expected a list of values")


def resolved(plan: Plan) -> dict[str, Any]:
    """The plan as it is kept in the sweep's folder."""
    return {"format": 1, "file": dataclasses.asdict(plan.file), "points": plan.identity()}
