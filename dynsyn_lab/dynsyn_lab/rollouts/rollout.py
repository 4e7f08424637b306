"""Episodes of one lifetime on a simulated robot, one after the other, and what they came to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.robot.robot_file import Robot
from dynsyn_lab.rollouts.senses import Senses
from dynsyn_sim_bridge.robots.base import SimulatedRobot


@dataclass(frozen=True)
class Episode:
    """One episode.

    Attributes:
        total: the return: sum of its rewards.
        length: control steps.
        fell: it ended by a fall.
        distance: m over ground, straight from where the body was put to where it came.
        effort: mean |effort| over steps and joints, N m.
    """

    total: float
    length: int
    fell: bool
    distance: float
    effort: float


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
        body: a simulation of it; reset here.
        controller: changed in place, learning or not: oscillators, gains and statistics live on.
        episodes: number of them, >= 1.
        seed: of the courses, >= 0.
        learning: False: weights stand at their centres.
    """
    senses = Senses(robot, body)
    ground = body.layout.blocks["odom.position"].start
    place = slice(ground, ground + 2)
    body.reset(seed)
    reward, terminal, done = 0.0, False, []
    for _ in range(episodes):
        total, spent, length = 0.0, 0.0, 0
        observation = senses.look()
        start = senses.sensors[place].copy()
        while True:
            effort = controller.step(observation, reward, terminal, learning)
            spent += sum(map(abs, effort.tolist()))
            outcome = body.step(effort)
            reward, terminal = outcome.reward, outcome.terminal
            total, length = total + reward, length + 1
            observation = senses.look()
            if terminal:
                break
        distance = float(np.linalg.norm(senses.sensors[place] - start))
        done.append(Episode(total, length, outcome.fell, distance, spent / length / effort.size))
        body.reset()
    return done
