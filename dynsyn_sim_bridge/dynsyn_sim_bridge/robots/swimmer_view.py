"""The swimmer from above, drawn from its pose: needs no graphics hardware."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_PIXELS = 480
_MARGIN = 1.4
_WIDTH_MINIMUM = 1.0  # m
_GRID = 0.1  # m

# Blue water, orange body: told apart by colour-blind people too.
_WATER = np.array([232.0, 240.0, 247.0])
_GRID_LINE = np.array([205.0, 219.0, 232.0])
_TRACK = np.array([120.0, 160.0, 195.0])
_BODY = np.array([230.0, 140.0, 20.0])
_HEAD = np.array([170.0, 60.0, 0.0])


class SwimmerView:
    """Draws a chain of links and the track of its head.

    Args:
        links: number of links, the head included.
        link_length: m.
    """

    def __init__(self, links: int, link_length: float) -> None:
        self._length = link_length
        self._width = max(_WIDTH_MINIMUM, _MARGIN * links * link_length)
        centres = (np.arange(_PIXELS) + 0.5) / _PIXELS - 0.5
        self._x, self._y = np.meshgrid(centres * self._width, -centres * self._width)

    def draw(
        self,
        head: FloatArray,
        headings: FloatArray,
        track: FloatArray,
    ) -> NDArray[np.uint8]:
        """A picture, uint8 (480, 480, 3), x to the right and y upwards, centred on the body.

        Args:
            head: centre of the head in m, (2,).
            headings: direction of each link's tailward axis less a quarter turn, rad, (links,).
            track: places where the head has been, m, (places, 2), in any order.
        """
        ends = self._ends(head, headings)
        centre = 0.5 * (ends.min(axis=0) + ends.max(axis=0))
        picture = np.empty((_PIXELS, _PIXELS, 3))
        picture[:] = _WATER
        pixel = self._width / _PIXELS
        for coordinate in (self._x + centre[0], self._y + centre[1]):
            offset = np.abs((coordinate + 0.5 * _GRID) % _GRID - 0.5 * _GRID)
            _blend(picture, offset - 0.5 * pixel, pixel, _GRID_LINE)
        self._draw_track(picture, (track - centre) / pixel)
        radius = 0.14 * self._length
        for link in range(len(headings) - 1, -1, -1):
            distance = self._distance(ends[link] - centre, ends[link + 1] - centre)
            wide = 1.35 * radius if link == 0 else radius
            _blend(picture, distance - wide, pixel, _HEAD if link == 0 else _BODY)
        return picture.round().astype(np.uint8)

    def _ends(self, head: FloatArray, headings: FloatArray) -> FloatArray:
        """Ends of the links from the nose to the tail, m, (links + 1, 2)."""
        along = self._length * np.stack([-np.sin(headings), np.cos(headings)], axis=1)
        nose = np.asarray(head) - 0.5 * along[0]
        return np.vstack([nose, nose + np.cumsum(along, axis=0)])

    def _distance(self, start: FloatArray, end: FloatArray) -> FloatArray:
        """Distance of every pixel from a line segment, m."""
        x, y = self._x - start[0], self._y - start[1]
        span = end - start
        along = np.clip((x * span[0] + y * span[1]) / (span @ span), 0.0, 1.0)
        return np.hypot(x - along * span[0], y - along * span[1])

    @staticmethod
    def _draw_track(picture: FloatArray, places: FloatArray) -> None:
        """Dots at `places`, in pixels from the centre."""
        points = places + 0.5 * _PIXELS
        columns = points[:, 0].astype(int)
        rows = (_PIXELS - points[:, 1]).astype(int)
        seen = (columns >= 0) & (columns < _PIXELS - 1) & (rows >= 0) & (rows < _PIXELS - 1)
        for down in (0, 1):
            for right in (0, 1):
                picture[rows[seen] + down, columns[seen] + right] = _TRACK


def _blend(picture: FloatArray, outside: FloatArray, pixel: float, colour: FloatArray) -> None:
    """Paint where `outside` (signed distance, m) is negative, with an edge one pixel soft."""
    cover = np.clip(0.5 - outside / pixel, 0.0, 1.0)[..., None]
    picture += cover * (colour - picture)
