"""Episodes of one lifetime on a simulated robot, one after the other, and what they came to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.robot.robot import Robot
from dynsyn_lab.rollouts.footfalls import Footfalls
from dynsyn_lab.rollouts.loop import StepLoop
from dynsyn_sim_bridge.robots.base import SimulatedRobot

PLACE = "odom.position"
"""Block of the sensor vector that says where the body is."""


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
    """

    total: float
    length: int
    fell: bool
    distance: float
    effort: float
    footfalls: int
    turns: int


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
    start = _place(loop)
    footfalls.begin()
    loop.run_course(learning)
    distance = float(np.linalg.norm(_place(loop) - start))
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
    )
    loop.put_back()
    return episode


def _place(loop: StepLoop) -> np.ndarray:
    """Where the body is over ground, m, (2,); NaN: it does not sense it."""
    if PLACE not in loop.body.layout.blocks:
        return np.full(2, np.nan)
    loop.senses.look()
    return loop.body.layout.view(loop.senses.sensors, PLACE)[:2].copy()
