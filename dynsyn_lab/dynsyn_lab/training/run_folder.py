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
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.lifetime import atomic
from dynsyn_controller.lifetime.pid_lock import Held, PidLock
from dynsyn_lab.training.run_config import RunConfig, parse_config

ORIGIN = "origin.ckpt"
"""Copy of the checkpoint that the lifetimes go on from, where they are not born in the run."""
LOCK = ".lock"
"""File that the process that trains holds."""
CURVE = ("step", "episode", "return", "length")


class RunError(RuntimeError):
    """A run folder that cannot be made, read or written; the message names it and why."""


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
        try:
            return parse_config((self.path / "run.json").read_bytes())
        except OSError as error:
            raise RunError(f"run {self.path}: run.json: {error.strerror}") from None
        except ValueError as error:
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
