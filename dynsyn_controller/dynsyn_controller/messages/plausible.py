"""What a reading may be at all: beyond it are broken sensors and broken senders, not robots.

A learner never gets over one reading of 1e250. A robot file may say for each channel what its
readings can be (`plausible`); these are the defaults, wide enough for every robot.
"""

from __future__ import annotations

import math

PLAUSIBLE: dict[str, tuple[float, float]] = {
    "rad": (-1e5, 1e5),
    "rad/s": (-1e3, 1e3),
    "m": (-1e7, 1e7),
    "m/s": (-1e3, 1e3),
    "m/s^2": (-1e4, 1e4),
    "N": (-1e6, 1e6),
    "N m": (-1e6, 1e6),
    "0 or 1": (0.0, 1.0),
    "unit quaternion": (-1.01, 1.01),
}
"""Unit -> least and greatest reading."""
OTHERS = (-1e9, 1e9)
"""Least and greatest reading in any other unit."""


def plausible(*units: str) -> tuple[float, float]:
    """Least and greatest reading in the first of these units that is known."""
    for unit in units:
        if unit in PLAUSIBLE:
            return PLAUSIBLE[unit]
    return OTHERS


def complaint(name: str, value: float, between: tuple[float, float], unit: str) -> str:
    """What to say of a reading that is not plausible."""
    if not math.isfinite(value):
        return f"{name}: found {value}, expected a finite number"
    low, high = between
    return f"{name}: found {value:g}, expected {low:g} to {high:g} {unit}".rstrip()
