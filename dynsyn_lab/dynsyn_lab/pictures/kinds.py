"""Kinds of pictures by the ending of their file; quick to import, for the command line's help."""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """What a kind of file shows unless it is told otherwise.

    Attributes:
        seconds: of the robot's time.
        start: robot's time before the first picture, s.
    """

    seconds: float
    start: float


FILM, STRIP = Kind(seconds=10.0, start=0.0), Kind(seconds=1.6, start=3.0)
KINDS = {".gif": FILM, ".mp4": FILM, ".png": STRIP}
