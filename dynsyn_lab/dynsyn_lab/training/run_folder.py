"""The folder of a training run: what was asked, what came of it, and what resuming needs.

See docs/training.md for the format. Text files are appended to and shortened when a run is resumed;
everything else is written to a neighbour and renamed, so that a kill at any moment leaves the last
good file.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml
from numpy.typing import NDArray

from dynsyn_controller.core.schema import SchemaError
from dynsyn_controller.lifetime import atomic
from dynsyn_controller.lifetime.migration import sections_of_format_1
from dynsyn_controller.lifetime.pid_lock import Held, PidLock
from dynsyn_controller.robot.migration import split_rule
from dynsyn_controller.robot.robot import RobotFileError
from dynsyn_controller.robot.robot_file import parse_robot
from dynsyn_lab.training.changes import Change
from dynsyn_sim_bridge.robots.task import Task

if TYPE_CHECKING:
    from dynsyn_sim_bridge.robots.spec import RobotSpec

FORMAT = 2
ORIGIN = "origin.ckpt"
"""Copy of the checkpoint that the lifetimes go on from, where they are not born in the run."""
LOCK = ".lock"
"""File that the process that trains holds."""
CURVE = ("step", "episode", "return", "length")
BIRTH, COURSES = "birth", "courses"
"""Seeds that all lifetimes of a run can share."""


class RunError(RuntimeError):
    """A run folder that cannot be made, read or written; the message names it and why."""


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


class RunFolder:
    """A run folder that exists.

    Args:
        path: of the folder.

    Raises:
        RunError: there is no run in it, or one of another format.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.config = self._read_config()

    @classmethod
    def create(cls, path: str | Path, config: RunConfig) -> RunFolder:
        """Make the folder and write run.json; an empty folder will do.

        Raises:
            RunError: it holds something already, or cannot be written.
        """
        path = Path(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
            if any(path.iterdir()):
                raise RunError(f"run {path}: not empty; continue it with --resume, or name another")
            for lifetime in range(config.lifetimes):
                cls._folder(path, lifetime).mkdir()
        except OSError as error:
            raise RunError(f"run {path}: cannot be made: {error.strerror}") from None
        if config.origin:
            _copy(Path(config.origin), path / ORIGIN)
        _write(path / "run.json", _json(dataclasses.asdict(config)))
        return cls(path)

    def hold(self) -> PidLock:
        """Be the one process that trains into this folder, until the lock is released.

        Raises:
            RunError: another process does, and is named; or the folder cannot be written to.
        """
        try:
            return PidLock(self.path / LOCK)
        except Held as error:
            raise RunError(
                f"run {self.path}: is being trained by process {error.holder}; end that first"
            ) from None
        except OSError as error:
            raise RunError(f"run {self.path}: {LOCK}: {error.strerror}") from None

    def _read_config(self) -> RunConfig:
        where = self.path / "run.json"
        try:
            data = json.loads(where.read_text(encoding="utf-8"))
        except OSError as error:
            raise RunError(f"run {self.path}: run.json: {error.strerror}") from None
        except ValueError:
            raise RunError(f"run {self.path}: run.json: damaged") from None
        if not isinstance(data, dict) or data.get("format") not in (1, FORMAT):
            raise RunError(f"run {self.path}: run.json: expected format 1 or {FORMAT}")
        try:
            found = _migrated(data) if data["format"] == 1 else data
            changes = tuple(Change(**change) for change in found.get("changes", ()))
            return RunConfig(**{**found, "task": Task(**found["task"]), "changes": changes})
        except (TypeError, KeyError):
            raise RunError(f"run {self.path}: run.json: damaged") from None
        except (RobotFileError, SchemaError) as error:
            raise RunError(f"run {self.path}: run.json: {error}") from None

    @staticmethod
    def _folder(path: Path, index: int) -> Path:
        return path / f"lifetime_{index:03d}"

    def lifetime(self, index: int) -> Path:
        """Folder of one lifetime."""
        return self._folder(self.path, index)

    @property
    def lifetimes(self) -> list[Path]:
        """Folders of all lifetimes, in order."""
        return [self.lifetime(index) for index in range(self.config.lifetimes)]

    def curve(self, index: int) -> dict[str, NDArray[np.float64]]:
        """Columns of a lifetime's curve.csv by name: step, episode, return, length."""
        return _columns(self.lifetime(index) / "curve.csv")

    def trace(self, index: int) -> dict[str, NDArray[np.float64]]:
        """Columns of a lifetime's trace.csv by name."""
        return _columns(self.lifetime(index) / "trace.csv")

    def append(self, index: int, name: str, header: Iterable[str], rows: Iterable) -> None:
        """Append rows to curve.csv or trace.csv of a lifetime.

        Raises:
            RunError: it cannot be written.
        """
        path = self.lifetime(index) / name
        try:
            with path.open("a", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                if file.tell() == 0:
                    writer.writerow(header)
                writer.writerows(rows)
        except OSError as error:
            raise RunError(f"run {self.path}: {path.name}: {error.strerror}") from None

    def shorten(self, index: int, step: int) -> None:
        """Drop the rows of a lifetime's text files beyond `step`, and an unfinished last line."""
        for name in ("curve.csv", "trace.csv"):
            path = self.lifetime(index) / name
            if path.exists():
                lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
                kept = [line for line in lines[1:] if line.endswith("\n") and _step(line) <= step]
                _write(path, "".join(lines[:1] + kept).encode())

    def save_state(self, parts: dict[str, NDArray]) -> None:
        """Write what resuming needs, atomically.

        Raises:
            RunError: it cannot be written; the last one is untouched.
        """
        buffer = io.BytesIO()
        np.savez(buffer, **parts)  # type: ignore[arg-type]
        _write(self.path / "state.npz", buffer.getvalue())

    def load_state(self) -> dict[str, NDArray] | None:
        """What `save_state` wrote last; None: nothing yet.

        Raises:
            RunError: it is damaged.
        """
        path = self.path / "state.npz"
        if not path.exists():
            return None
        try:
            with np.load(path, allow_pickle=False) as parts:
                return {name: parts[name] for name in parts.files}
        except (OSError, ValueError, zipfile.BadZipFile, zlib.error, EOFError):
            raise RunError(f"run {self.path}: state.npz: damaged") from None

    def save_summary(self, summary: dict[str, Any]) -> None:
        """Write summary.json."""
        _write(self.path / "summary.json", _json(summary))


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


def _json(data: Any) -> bytes:
    return (json.dumps(data, indent=2) + "\n").encode()


def _write(path: Path, data: bytes) -> None:
    try:
        atomic.write(path, data)
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror}") from None


def _copy(path: Path, target: Path) -> None:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror}") from None
    _write(target, data)


def _step(line: str) -> int:
    return int(line.partition(",")[0])


def _columns(path: Path) -> dict[str, NDArray[np.float64]]:
    """Columns of a table by name, without a last row that has not been finished."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror}") from None
    rows = list(csv.reader(text[: text.rfind("\n") + 1].splitlines()))
    if not rows:
        return {}
    try:
        table = np.array(rows[1:], dtype=float).reshape(-1, len(rows[0]))
    except ValueError:
        raise RunError(f"{path}: damaged: a row is not {len(rows[0])} numbers") from None
    return dict(zip(rows[0], table.T, strict=True))
