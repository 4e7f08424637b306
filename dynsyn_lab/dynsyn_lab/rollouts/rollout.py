"""Episodes of one lifetime on a simulated robot, one after the other, and what they came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.robot.robot import Robot
from dynsyn_lab.rollouts.footfalls import Footfalls
from dynsyn_lab.rollouts.loop import StepLoop
from dynsyn_sim_bridge.robots.base import Obstacle, ObstacleCourse, SimulatedRobot

PLACE = "odom.position"
"""Block of the sensor vector that says where the body is."""
REACH = 1.0
"""m; an obstacle is met from so far before it, and passed so far behind it."""


@dataclass(frozen=True)
class Episode:
    """One episode.

    Attributes:
        total: the return: sum of its rewards.
        length: control steps.
        fell: it ended by a fall.
        distance: m over ground, straight from where the body was put to where it came; NaN: it
            does not sense where it is.
        effort: mean |effort| over steps and joints, N m.
        footfalls: that followed another; 0 where the body does not sense its feet.
        turns: those of them that were another foot's than the one before.
        obstacles: that it met: of which kind, and whether it passed.
    """

    total: float
    length: int
    fell: bool
    distance: float
    effort: float
    footfalls: int
    turns: int
    obstacles: tuple[tuple[str, bool], ...]


def live_episodes(
    robot: Robot,
    body: SimulatedRobot,
    controller: Controller,
    episodes: int,
    seed: int,
    learning: bool,
) -> list[Episode]:
    """Let `controller` live so many episodes, never reset between them.

    Its life goes on from where it stands; the body starts a new course, so that the episode it was
    in, and the first step's reward, are of the past.

    Args:
        robot: robot file of the controller.
        body: a simulation of it, whose courses end; reset here.
        controller: changed in place, learning or not: oscillators, gains and statistics live on.
        episodes: number of them, >= 1.
        seed: of the courses, >= 0.
        learning: False: weights stand at their centres.
    """
    body.reset(seed)
    footfalls = Footfalls(controller.step)
    loop = StepLoop(robot, body, footfalls.act, recording=True)
    footfalls.watch(body, loop.senses.sensors)
    return [_episode(loop, learning, footfalls) for _ in range(episodes)]


def _episode(loop: StepLoop, learning: bool, footfalls: Footfalls) -> Episode:
    """One course, from its start until the body has been put onto the next."""
    start, body = _place(loop), loop.body
    ahead = body.obstacles() if isinstance(body, ObstacleCourse) else ()
    footfalls.begin()
    loop.run_course(learning)
    end = _place(loop)
    distance = float(np.linalg.norm(end - start))
    efforts = np.frombuffer(bytes(loop.efforts)).reshape(loop.length, -1)
    spent = sum(sum(map(abs, effort)) for effort in efforts.tolist())
    episode = Episode(
        total=loop.total,
        length=loop.length,
        fell=loop.fell,
        distance=distance,
        effort=spent / loop.length / efforts.shape[1],
        footfalls=footfalls.steps,
        turns=footfalls.turns,
        obstacles=_met(ahead, float(end[0])),
    )
    loop.put_back()
    return episode


def _met(ahead: Sequence[Obstacle], end: float) -> tuple[tuple[str, bool], ...]:
    """What a body met that came to `end` (m)."""
    return tuple((each.kind, end > each.end + REACH) for each in ahead if end > each.start - REACH)


def _place(loop: StepLoop) -> np.ndarray:
    """Where the body is over ground, m, (2,); NaN: it does not sense it."""
    if PLACE not in loop.body.layout.blocks:
        return np.full(2, np.nan)
    loop.senses.look()
    return loop.body.layout.view(loop.senses.sensors, PLACE)[:2].copy()
