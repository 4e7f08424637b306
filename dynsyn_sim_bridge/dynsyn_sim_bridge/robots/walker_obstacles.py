"""What lies in the way of BipedalWalkerHardcore-v3: stumps, stairs and pits.

Gymnasium does not say where they are. It builds them of boxes, whose measures tell them apart:

======  ==========================================  ==================
kind    boxes                                       width, height
======  ==========================================  ==================
stump   one                                         1 and 1, or 2 and 2
stairs  3 or 4, each beginning where the last ends  4 and 1
pit     its two walls, as deep as the pit           1 and 4
======  ==========================================  ==================

Widths and heights are in steps of the terrain, 14 / 30 m. The ground is of edges, not of boxes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from Box2D import b2PolygonShape
from gymnasium.envs.box2d.bipedal_walker import TERRAIN_STEP

from dynsyn_sim_bridge.robots.base import Obstacle

_KINDS = {(1, 1): "stump", (2, 2): "stump", (4, 1): "stairs", (1, 4): "pit"}
"""Width and height of a box -> of which it is."""


def obstacles(terrain: Iterable[Any]) -> list[Obstacle]:
    """The obstacles of a course, from its start to its end.

    Args:
        terrain: the environment's, bodies of Box2D.

    Raises:
        ValueError: a box that this version does not know.
    """
    found: list[Obstacle] = []
    for kind, start, end in sorted(_boxes(terrain), key=lambda box: box[1]):
        last = found[-1] if found else None
        if last is not None and kind == last.kind and _belongs(kind, last, start):
            found[-1] = last._replace(end=end)
        else:
            found.append(Obstacle(kind, start, end))
    return found


def _boxes(terrain: Iterable[Any]) -> Iterable[tuple[str, float, float]]:
    for body in terrain:
        shape = body.fixtures[0].shape
        if isinstance(shape, b2PolygonShape):
            across, up = zip(*shape.vertices, strict=True)
            size = tuple(round((max(side) - min(side)) / TERRAIN_STEP) for side in (across, up))
            if size not in _KINDS:
                raise ValueError(f"a box of {size[0]} by {size[1]} steps is no known obstacle")
            yield _KINDS[size], min(across), max(across)


def _belongs(kind: str, last: Obstacle, start: float) -> bool:
    """Whether a box that begins at `start` is another of the obstacle before it."""
    if kind == "pit":
        return last.end - last.start < 1.5 * TERRAIN_STEP  # its other wall is still to come
    return kind == "stairs" and start - last.end < 0.5 * TERRAIN_STEP
