"""The configuration of a training run: what was asked for, as run.json keeps it."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import yaml

from dynsyn_controller.lifetime.migration import sections_of_format_1
from dynsyn_controller.robot.migration import split_rule
from dynsyn_controller.robot.robot_file import parse_robot
from dynsyn_lab.training.changes import Change
from dynsyn_sim_bridge.robots.task import Task

if TYPE_CHECKING:
    from dynsyn_sim_bridge.robots.spec import RobotSpec

FORMAT = 2
BIRTH, COURSES = "birth", "courses"
"""Seeds that all lifetimes of a run can share."""


@dataclass(frozen=True)
class RunConfig:
    """What decides how the lifetimes of a run go, beside how long they last.

    Attributes:
        robot: reference of the simulated robot: a name, gymnasium:ENV_ID, /path/to/FILE.py:CLASS.
        robot_options: of its body, all of them.
        robot_file: YAML text; its sections network and learner leave nothing to presets and
            defaults.
        overrides: what was asked for in place of the robot file's, such as learner.learning_rate or
            network.hidden, with its value.
        lifetimes: number of them, >= 1.
        seed: lifetime i is born from seed + i, unless births are held.
        backend: one of `backends.registry.BACKENDS`.
        save_every: control steps of each lifetime between checkpoints, >= 1.
        trace_every: control steps between rows of trace.csv, >= 1.
        versions: of the packages that matter, by name.
        machine: what it ran on.
        started: when, UTC, ISO 8601.
        format: of the folder.
        origin: checkpoint that the lifetimes go on from, as it was named (its copy in the folder is
            ORIGIN); empty: they are born in this run.
        origin_episodes: that it had lived.
        robot_seed: courses of lifetime i come from robot_seed + i, unless courses are held; None:
            the seed of their births in place of robot_seed.
        task: what counts as good.
        changes: of the body in the middle of each life, in the order of their steps.
        baseline: what learns in place of the robot file's learner, by its type, and all its
            settings; empty: the robot file's.
        held: BIRTH or COURSES: all lifetimes share this seed; empty: they share none.
    """

    robot: str
    robot_options: dict[str, Any]
    robot_file: str
    overrides: dict[str, Any]
    lifetimes: int
    seed: int
    backend: str
    save_every: int
    trace_every: int
    versions: dict[str, str]
    machine: dict[str, Any]
    started: str
    format: int = FORMAT
    origin: str = ""
    origin_episodes: int = 0
    robot_seed: int | None = None
    task: Task = field(default_factory=Task)
    changes: tuple[Change, ...] = ()
    baseline: dict[str, Any] = field(default_factory=dict)
    held: str = ""

    @cached_property
    def spec(self) -> RobotSpec:
        """The robot, described.

        Raises:
            RobotFileError, ValueError: it is not there any more, or has changed.
            ImportError: its simulator is not installed.
        """
        from dynsyn_sim_bridge.robots.spec import restored

        return restored(self.robot, self.robot_options, self.robot_file)

    @cached_property
    def sections(self) -> dict[str, dict[str, Any]]:
        """Sections `network` and `learner` of the robot file, or the baseline in place of that."""
        data = yaml.safe_load(self.robot_file)
        return {"network": data["network"], "learner": self.baseline or data["learner"]}

    @property
    def seeds(self) -> list[int]:
        """Of the birth of each lifetime."""
        return self._seeds(self.seed, BIRTH)

    @property
    def course_seeds(self) -> list[int]:
        """Of the courses of each lifetime."""
        first = self.seed if self.robot_seed is None else self.robot_seed
        return self._seeds(first, COURSES)

    def _seeds(self, first: int, name: str) -> list[int]:
        step = 0 if self.held == name else 1
        return [first + step * index for index in range(self.lifetimes)]

    @property
    def preset(self) -> str:
        """Of the learner; the name of the baseline where one learns."""
        return self.sections["learner"]["type" if self.baseline else "preset"]

    def setting(self, name: str) -> Any:
        """Value of a setting, such as "learner.learning_rate"; None: there is none of this name."""
        section, _, key = name.partition(".")
        return self.sections[section].get(key)


def parse_config(data: bytes) -> RunConfig:
    """The configuration in the bytes of a run.json, of whatever format.

    Raises:
        ValueError: it is damaged, of no format that is known, or its robot file says something that
            cannot be; the message says what.
    """
    try:
        written = json.loads(data.decode())
    except ValueError:
        raise ValueError("damaged") from None
    if not isinstance(written, dict) or written.get("format") not in (1, FORMAT):
        raise ValueError(f"expected format 1 or {FORMAT}")
    try:
        found = _migrated(written) if written["format"] == 1 else written
        changes = tuple(Change(**change) for change in found.get("changes", ()))
        return RunConfig(**{**found, "task": Task(**found["task"]), "changes": changes})
    except (TypeError, KeyError):
        raise ValueError("damaged") from None


def _migrated(data: dict[str, Any]) -> dict[str, Any]:
    """A run.json of format 1.

    It kept `preset` and `rule` beside the robot file, knew no task, and called the backend of this
    process by the name of a simulator.
    """
    from dynsyn_sim_bridge.robots.registry import entry

    old = {**data}
    preset, rule = old.pop("preset"), old.pop("rule")
    robot = parse_robot(old["robot_file"], where="robot_file")
    sections = sections_of_format_1(robot.network, preset, rule)
    parts = zip(
        ("learner", "network"), split_rule(old["overrides"], robot.network["type"]), strict=True
    )
    asked = {f"{name}.{key}": value for name, part in parts for key, value in part.items()}
    return {
        **old,
        "format": FORMAT,
        "robot_file": robot.with_sections(**sections).complete().source,
        "overrides": asked,
        "backend": "in_process" if old["backend"] == "gymnasium" else old["backend"],
        "task": dataclasses.asdict(entry(old["robot"]).task),
    }
