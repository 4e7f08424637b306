"""Quaternions of bodies that turn about one axis alone."""

from __future__ import annotations

from math import cos, sin


def planar_quaternion(axis: int, angle: float) -> tuple[float, float, float, float]:
    """Quaternion x, y, z, w of a rotation by `angle` (rad) about one body axis (0 x, 1 y, 2 z)."""
    quaternion = [0.0, 0.0, 0.0, cos(angle / 2.0)]
    quaternion[axis] = sin(angle / 2.0)
    return tuple(quaternion)
