"""Pictures in a row into a file: animated GIF by Pillow, MP4 by ffmpeg."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import zlib
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dynsyn_lab.errors import CommandError, install_extra

Picture = NDArray[np.uint8]
"""(height, width, 3)."""
PALETTE_PICTURES = 8
"""Pictures, spread over a GIF, that its one palette is made from."""
GIF_TICK = 0.01
"""s; a GIF counts time in these."""


class Film(Protocol):
    """Takes one picture after the other, all of the same size."""

    def add(self, picture: Picture) -> None:
        """Append a picture."""

    def close(self) -> None:
        """Write what is left to write."""


class GifFilm:
    """An animated GIF that repeats for ever, with one palette.

    Args:
        path: of the file.
        period: s between pictures, rounded to 0.01 s such that the errors do not add up.
    """

    def __init__(self, path: Path, period: float) -> None:
        self._path, self._period = path, period
        self._pictures: list[bytes] = []
        self._shape: tuple[int, ...] = ()

    def add(self, picture: Picture) -> None:
        """Append a picture."""
        self._shape = picture.shape
        self._pictures.append(zlib.compress(np.ascontiguousarray(picture).data, 1))

    def close(self) -> None:
        """Write the file."""
        from PIL import Image

        palette = self._palette()
        count = len(self._pictures)
        ends = np.round(np.arange(count + 1) * self._period / GIF_TICK).astype(int)
        still = Image.Dither.NONE
        frames = (Image.fromarray(self._picture(i)).quantize(palette=palette, dither=still)
                  for i in range(count))  # fmt: skip
        next(frames).save(
            self._path,
            format="GIF",
            save_all=True,
            append_images=frames,
            duration=[int(ticks) * 10 for ticks in np.diff(ends)],
            loop=0,
        )

    def _picture(self, index: int) -> Picture:
        return np.frombuffer(zlib.decompress(self._pictures[index]), np.uint8).reshape(self._shape)

    def _palette(self):
        from PIL import Image

        last = len(self._pictures) - 1
        chosen = {round(i * last / (PALETTE_PICTURES - 1)) for i in range(PALETTE_PICTURES)}
        montage = np.concatenate([self._picture(i) for i in sorted(chosen)])
        return Image.fromarray(montage).quantize(256, dither=Image.Dither.NONE)


class Mp4Film:
    """H.264 in MP4, by the program ffmpeg.

    Args:
        path: of the file.
        period: s between pictures.

    Raises:
        CommandError: there is no ffmpeg.
    """

    def __init__(self, path: Path, period: float) -> None:
        self._program = find_ffmpeg()
        self._path, self._rate = path, 1.0 / period
        self._process: Any = None

    def add(self, picture: Picture) -> None:
        """Append a picture; a last odd row or column is cut off, which H.264 cannot have."""
        height, width = (side - side % 2 for side in picture.shape[:2])
        if self._process is None:
            self._start(height, width)
        with contextlib.suppress(BrokenPipeError):  # `close` says why it ended
            self._process.stdin.write(np.ascontiguousarray(picture[:height, :width]))

    def _start(self, height: int, width: int) -> None:
        self._messages = tempfile.TemporaryFile()  # noqa: SIM115 (`close` does)
        raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}"]
        coded = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "20", "-movflags", "+faststart"]
        command = [self._program, "-y", "-loglevel", "error", *raw, "-r", f"{self._rate:.6f}"]
        command += ["-i", "-", *coded, "-f", "mp4", str(self._path)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self._messages
        )

    def close(self) -> None:
        """Wait for the file to be complete.

        Raises:
            CommandError: ffmpeg failed; the message is its own.
        """
        if self._process is None:
            return
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        failed = self._process.wait() != 0
        self._messages.seek(0)
        said = self._messages.read().decode(errors="replace").strip().splitlines()
        self._messages.close()
        if failed:
            raise CommandError(f"ffmpeg failed: {said[-1] if said else 'without a message'}")


def find_ffmpeg() -> str:
    """The ffmpeg on the PATH, or the one in the package imageio-ffmpeg.

    Raises:
        CommandError: there is neither.
    """
    program = shutil.which("ffmpeg")
    if program:
        return program
    try:
        from imageio_ffmpeg import get_ffmpeg_exe
    except ImportError:
        raise CommandError(
            f".mp4 needs ffmpeg: sudo apt install ffmpeg, or {install_extra('video')}; "
            ".gif and .png need neither"
        ) from None
    return get_ffmpeg_exe()


FILMS = {".gif": GifFilm, ".mp4": Mp4Film}
"""Kinds of film by the file's ending."""
