"""Obstacles of the hardcore walker, held against the ground and the boxes that gymnasium built."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from gymnasium.envs.box2d.bipedal_walker import TERRAIN_STEP

from dynsyn_sim_bridge.robots.base import ObstacleCourse
from dynsyn_sim_bridge.robots.registry import entry

BOXES = {"pit": [2], "stump": [1], "stairs": [3, 4]}
LENGTHS = {"pit": [4, 5], "stump": [1, 2], "stairs": [12, 16]}  # steps of the terrain


@pytest.fixture
def walker():
    body = entry("walker_hardcore").create()
    yield body
    body.close()


@pytest.mark.parametrize("seed", range(5))
def test_every_box_is_of_one_obstacle(walker, seed: int):
    walker.reset(seed)
    found = walker.obstacles()
    boxes = [
        [point[0] for point in body.fixtures[0].shape.vertices]
        for body in walker.environment.terrain
        if len(body.fixtures[0].shape.vertices) == 4
    ]
    assert len(found) > 5
    held = 0
    for kind, start, end in found:
        inside = [x for x in boxes if start - 0.1 < min(x) and max(x) < end + 0.1]
        assert len(inside) in BOXES[kind]
        assert round((end - start) / TERRAIN_STEP) in LENGTHS[kind]
        held += len(inside)
    assert held == len(boxes)
    gaps = [after.start - before.end for before, after in pairwise(found)]
    assert min(gaps) > TERRAIN_STEP  # so that none is a part of its neighbour


def test_the_ground_goes_down_in_pits_alone(walker):
    walker.reset(3)
    x, y = np.array(walker.environment.terrain_x), np.array(walker.environment.terrain_y)
    deep = []
    for kind, start, end in walker.obstacles():
        middle, before = y[np.abs(x - (start + end) / 2).argmin()], y[x < start - 0.1][-1]
        if kind == "pit":
            assert before - middle == pytest.approx(4 * TERRAIN_STEP, abs=0.2)
            deep.append(kind)
    assert deep


def test_a_plain_course_has_none():
    body = entry("walker").create()
    assert isinstance(body, ObstacleCourse)
    body.reset(0)
    assert body.obstacles() == []
    body.close()
