"""The cart and its pole from the side, drawn in NumPy: needs no graphics hardware."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_HEIGHT, _WIDTH = 400, 600
_METRE = 120.0  # pixels
_RAIL_AT = 290.0  # row
_POLE = 1.0  # m, gymnasium's whole length

# told apart by colour-blind people too
_BACKGROUND = np.array([245.0, 246.0, 248.0])
_RAIL = np.array([120.0, 130.0, 140.0])
_CART = np.array([35.0, 70.0, 110.0])
_POLE_COLOUR = np.array([230.0, 140.0, 20.0])
_FORCE = np.array([170.0, 60.0, 0.0])

_Y, _X = np.mgrid[0:_HEIGHT, 0:_WIDTH].astype(float) + 0.5


def draw(place: float, angle: float, force: float) -> NDArray[np.uint8]:
    """A picture, uint8 (400, 600, 3).

    Args:
        place: of the cart, m, 0 in the middle, to the right.
        angle: of the pole, rad, 0 upright, to the right.
        force: -1..1, drawn below the cart.
    """
    picture = np.empty((_HEIGHT, _WIDTH, 3))
    picture[:] = _BACKGROUND
    middle = 0.5 * _WIDTH + place * _METRE
    _bar(picture, (0.0, _RAIL_AT), (_WIDTH, _RAIL_AT), 1.5, _RAIL)
    for end in (-2.4, 2.4):
        at = 0.5 * _WIDTH + end * _METRE
        _bar(picture, (at, _RAIL_AT - 14.0), (at, _RAIL_AT + 14.0), 2.0, _RAIL)
    _bar(picture, (middle - 26.0, _RAIL_AT), (middle + 26.0, _RAIL_AT), 14.0, _CART)
    top = (middle + _METRE * _POLE * math.sin(angle), _RAIL_AT - _METRE * _POLE * math.cos(angle))
    _bar(picture, (middle, _RAIL_AT), top, 5.0, _POLE_COLOUR)
    below = _RAIL_AT + 40.0
    _bar(picture, (middle, below), (middle + 60.0 * force, below), 3.0, _FORCE)
    return picture.round().astype(np.uint8)


def _bar(
    picture: NDArray[np.float64],
    start: tuple[float, float],
    end: tuple[float, float],
    radius: float,
    colour: NDArray[np.float64],
) -> None:
    """Blend a thick line with round ends into the picture, in place."""
    along = np.array(end) - np.array(start)
    length = float(along @ along)
    x, y = _X - start[0], _Y - start[1]
    share = np.clip((x * along[0] + y * along[1]) / max(length, 1e-9), 0.0, 1.0)
    distance = np.hypot(x - share * along[0], y - share * along[1])
    cover = np.clip(radius + 0.5 - distance, 0.0, 1.0)[..., None]
    picture += cover * (colour - picture)
