"""Many lives on the cart and pole, compiled: the study's own loop round the core's control step.

Physics and control step are those of robot and node; what lies between them there, messages and the
quaternion of the pole, is left out, so a number may differ from the trainer's in its last digits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.blueprint import Blueprint
from dynsyn_controller.core.noise import uniform
from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.core.step import step
from dynsyn_controller.robot.robot import Robot
from dynsyn_sim_bridge.robots.cart_pole import FORCE_LIMIT, move, out_of_bounds
from dynsyn_sim_bridge.robots.spec import describe

FOREVER = 5000
"""Frames after which an episode "without a limit" ends."""
TESTS = 20
"""Episodes of a final policy."""

_WORLD = np.dtype(
    [
        ("random_state", np.uint64),
        ("state", np.float64, (4,)),
        ("observation", np.float64, (4,)),
        ("reward", np.float64),
        ("terminal", np.bool_),
        ("age", np.int64),
    ],
    align=True,
)


@dataclass
class Life:
    """A lifetime on its own cart.

    Attributes:
        blueprint: network and learner.
        record: of the lifetime, shape (1,).
        world: of the cart, shape (1,).
    """

    blueprint: Blueprint
    record: NDArray[Any]
    world: NDArray[Any] = field(repr=False)

    def episodes(
        self, count: int, limit: int, learning: bool = True, steps: int = 0
    ) -> NDArray[np.int64]:
        """Frames of each of the next `count` episodes.

        Args:
            count: >= 1.
            limit: frames of an episode, >= 1.
            learning: else frozen, from a new start, and leaving no trace in the lifetime.
            steps: stop after so many control steps and leave out what has not ended; 0: never.
        """
        frames = np.zeros(count, np.int64)
        if learning:
            ended = _live(
                self.record, self.blueprint.parameters, self.world, frames, limit, True, steps
            )
            return frames[:ended]
        record, world = self.record.copy(), self.world.copy()
        _start(world)
        _live(record, self.blueprint.parameters, world, frames, limit, False, steps)
        return frames


def robot_with(network: dict[str, Any], learner: dict[str, Any]) -> Robot:
    """The robot file of the cart and pole with these sections, `type` included."""
    return describe("cart_pole").robot.with_sections(network, learner)


def newborn(robot: Robot, seed: int) -> Life:
    """A lifetime and its cart; the same seed gives the same life."""
    blueprint = robot.blueprint
    world = np.zeros(1, _WORLD)
    world["random_state"] = np.random.default_rng((seed, 1)).integers(2**64, dtype=np.uint64)
    _start(world)
    return Life(blueprint, blueprint.new_state(seed), world)


def random_actions(generator: np.random.Generator, episodes: int, push: float = 0.0) -> NDArray:
    """Frames of episodes under pushes to either side by chance, or always the same `push` in N."""
    frames = np.zeros(episodes, np.int64)
    for index in range(episodes):
        state, age = generator.uniform(-0.05, 0.05, 4), 0
        while not out_of_bounds(state, False):
            force = push or float(generator.choice((-FORCE_LIMIT, FORCE_LIMIT)))
            move(state, force)
            age += 1
        frames[index] = age
    return frames


@njit(cache=True)
def _start(worlds):
    world = worlds[0]
    for i in range(4):
        world.state[i] = -0.05 + 0.1 * uniform(world)
    world.reward, world.terminal, world.age = 0.0, True, 0


@njit(cache=True)
def _live(states, parameters, worlds, frames, limit, learning, steps):
    """Fill `frames` episode by episode; returns how many have ended."""
    world, ended, lived = worlds[0], 0, 0
    while ended < frames.size and (steps == 0 or lived < steps):
        world.observation[:] = world.state
        step(states, 0, parameters, world.observation, world.reward, world.terminal, learning)
        move(world.state, states[0].effort[0])
        world.age += 1
        lived += 1
        fell = out_of_bounds(world.state, False)
        world.reward, world.terminal = 0.0 if fell else 1.0, fell or world.age >= limit
        if world.terminal:
            frames[ended] = world.age
            ended += 1
            world.age = 0
            for i in range(4):
                world.state[i] = -0.05 + 0.1 * uniform(world)
    return ended
