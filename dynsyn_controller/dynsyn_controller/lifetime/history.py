"""Earlier copies of a lifetime, in a folder beside its checkpoint: hourly and daily ones.

Hours and days are those that the lifetime has lived, which no clock that is set can upset. A
lifetime that is left, because another is loaded or it goes back to a copy, is kept there as well.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from pathlib import Path

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.checkpoint import CheckpointError

_SECONDS_PER_HOUR = 3600.0
_HOURS_PER_DAY = 24
_LEFT = "left_"
_LEFT_KEPT = 5
_NAME = re.compile(r"(\d{15})\.ckpt\Z")


def kept(steps: Iterable[int], hour: int, hourly: int, daily: int) -> set[int]:
    """Which copies to keep: the newest of each of the last hours and of each of the last days.

    Args:
        steps: control steps lived in each copy.
        hour: control steps of an hour, > 0.
        hourly, daily: how many hours and days, of those from which there are copies.
    """
    keep: set[int] = set()
    for span, count in ((hour, hourly), (hour * _HOURS_PER_DAY, daily)):
        newest = {each // span: each for each in sorted(steps)}
        keep.update(newest[when] for when in sorted(newest, reverse=True)[:count])
    return keep


class History:
    """The folder NAME.history beside a checkpoint NAME.

    Args:
        path: of the checkpoint.
        rate: Hz, of control.
        hourly, daily: how many hourly and daily copies are kept, 0 or more.
    """

    def __init__(self, path: Path, rate: float, hourly: int, daily: int) -> None:
        self.folder = path.with_name(f"{path.name}.history")
        self._hour = max(1, round(rate * _SECONDS_PER_HOUR))
        self._hourly, self._daily = hourly, daily

    def copies(self) -> list[tuple[int, Path]]:
        """Control steps lived in each copy, and its file, oldest first; those left not among them.

        Raises:
            CheckpointError: the folder cannot be read.
        """
        with self._told(), contextlib.suppress(FileNotFoundError):
            found = [(_NAME.match(path.name), path) for path in self.folder.iterdir()]
            return sorted((int(match[1]), path) for match, path in found if match)
        return []

    def add(self, data: bytes, steps: int) -> None:
        """Keep the bytes of a checkpoint as a copy if the last one is an hour old, and thin out.

        Raises:
            CheckpointError: cannot be written.
        """
        copies = self.copies()
        if self._hourly + self._daily == 0:
            return
        if copies and copies[-1][0] // self._hour == steps // self._hour:
            return
        self._write(f"{steps:015d}.ckpt", data)
        files = dict(copies)
        files[steps] = self.folder / f"{steps:015d}.ckpt"
        for gone in files.keys() - kept(files, self._hour, self._hourly, self._daily):
            with self._told():
                files[gone].unlink(missing_ok=True)

    def before(self, steps: int, hours: float) -> tuple[int, Path] | None:
        """The newest copy at least `hours` (0 or more) of the lifetime before `steps`; None: none.

        Raises:
            CheckpointError: the folder cannot be read.
        """
        most = steps - max(1, round(hours * self._hour))
        fitting = [copy for copy in self.copies() if copy[0] <= most]
        return fitting[-1] if fitting else None

    def leave(self, data: bytes, steps: int, until: int | None = None) -> Path:
        """Keep the bytes of a checkpoint of the lifetime that is being left.

        Args:
            data: of its checkpoint.
            steps: control steps lived in it.
            until: the copy that the lifetime goes back to; copies after it are of the life that is
                left, and are renamed so. None: it goes back to none.

        Returns:
            Its file. The last few of such files are kept.

        Raises:
            CheckpointError: cannot be written.
        """
        path = self._write(f"{_LEFT}{steps:015d}.ckpt", data)
        with self._told():
            for there, copy in self.copies():
                if until is not None and there > until:
                    copy.rename(copy.with_name(f"{_LEFT}{copy.name}"))
            left = sorted(self.folder.glob(f"{_LEFT}*.ckpt"), key=lambda each: each.stat().st_mtime)
            for gone in [each for each in left if each != path][: 1 - _LEFT_KEPT]:
                gone.unlink(missing_ok=True)
        return path

    def _write(self, name: str, data: bytes) -> Path:
        with self._told():
            self.folder.mkdir(exist_ok=True)
        checkpoint.write(self.folder / name, data)
        return self.folder / name

    @contextlib.contextmanager
    def _told(self):
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            raise CheckpointError(f"history {self.folder}: {error.strerror}") from None
