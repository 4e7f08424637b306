"""BipedalWalker-v3 and BipedalWalkerHardcore-v3 (gymnasium) as robots in SI units.

Their options make them other bodies. At their defaults every bit is the environment's own.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import Box2D
import gymnasium
import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.messages.layout import FloatArray
from dynsyn_controller.node.parameter_table import Parameter
from dynsyn_sim_bridge.robots import motors
from dynsyn_sim_bridge.robots.base import Obstacle, Outcome
from dynsyn_sim_bridge.robots.body_model import BodyModel
from dynsyn_sim_bridge.robots.entry import Entry, EnvpoolBody
from dynsyn_sim_bridge.robots.task import Task
from dynsyn_sim_bridge.robots.walker_changes import World, make_environment
from dynsyn_sim_bridge.robots.walker_model import walker_model
from dynsyn_sim_bridge.robots.walker_obstacles import obstacles
from dynsyn_sim_bridge.robots.walker_state import (
    CONTROL_PERIOD,
    EFFORT_LIMIT,
    LAYOUT,
    STATES,
    decode,
    decode_all,
)

OPTIONS = (
    *motors.OPTIONS,
    Parameter("gravity", 1.0, "factor on gravity", 0.0, 10.0),
    Parameter("legs", 1.0, "factor on the length of the legs", 0.5, 1.5),
    Parameter("knee_speed", 1.0, "factor on the speed limit of knee_1", 0.0, 2.0),
    Parameter("noise", 0.0, "standard deviation on the observation, in its own units", 0.0, 10.0),
)
"""Of the walkers' body; the defaults are the environment's own."""


class BipedalWalker:
    """The walker behind the `SimulatedRobot` protocol.

    A course ends at its far end, when its time is over (gymnasium's limit: 1600 steps, hardcore
    2000), or by a fall: the hull touches the ground or leaves the start backwards.

    Attributes:
        course_steps: control steps after which a course ends.
        state: (24,) float32, the environment's own observation of this moment.

    Args:
        environment: gymnasium's name of it.
        torque, delay: see `motors.Motors`. Reward and readings are of the efforts given.
        gravity: factor.
        legs: factor on the length of thighs and shins.
        knee_speed: factor on the speed limit of knee_1.
        noise: standard deviation of Gaussian noise on the environment's state, in its units, but
            for the contacts; drawn anew in every step. Rays stay within their range.
    """

    layout = LAYOUT
    control_period = CONTROL_PERIOD

    def __init__(
        self,
        environment: str = "BipedalWalker-v3",
        torque: float = 1.0,
        delay: int = 0,
        gravity: float = 1.0,
        legs: float = 1.0,
        knee_speed: float = 1.0,
        noise: float = 0.0,
    ) -> None:
        limit: Any = gymnasium.spec(environment).max_episode_steps
        self._environment: Any = make_environment(environment, legs)
        self._motors = motors.Motors(len(LAYOUT.joints), torque, delay)
        self._gravity, self._knee_speed, self._noise = gravity, knee_speed, noise
        self.course_steps = limit
        self._steps = 0
        self.state = self._sensed = np.zeros(STATES, dtype=np.float32)
        self._place = np.zeros(2)
        self._effort = np.zeros(len(LAYOUT.joints))
        self._action = np.zeros(len(LAYOUT.joints))

    def reset(self, seed: int | None = None) -> None:
        """Put the body back on a new course; a seed also restarts the generator of courses.

        The Box2D world is a new one: in a used world the same course and efforts give another walk,
        because the order in which it solves contacts depends on what was in it before.
        """
        environment: Any = self._environment
        if self._gravity == 1.0 and self._knee_speed == 1.0:
            environment.world = Box2D.b2World()
        else:
            environment.world = World(environment, self._gravity, self._knee_speed)
        environment.terrain = []  # belonged to the old world: nothing to take down
        self.state, _ = environment.reset(seed=seed)
        self._steps = 0
        self._motors.reset()
        self._effort[:] = 0.0
        self._feel()

    @property
    def environment(self) -> gymnasium.Env:
        """The environment itself."""
        return self._environment

    @property
    def generator(self) -> np.random.Generator:
        """See `base.SimulatedRobot`: of courses, and of the push that each begins with."""
        return self._environment.np_random

    def obstacles(self) -> list[Obstacle]:
        """See `base.ObstacleCourse`."""
        return obstacles(self._environment.terrain)

    def sense(self, sensors: FloatArray) -> None:
        """Fill `sensors` (layout.size,) in place; see `walker_state`."""
        position = self._environment.hull.position
        self._place[0], self._place[1] = position.x, position.y  # by index it takes twice as long
        decode(self._sensed, self._place, self._effort, sensors)

    def step(self, effort: FloatArray) -> Outcome:
        """Apply `effort` (4,) in N m, clamped to +-80, for 20 ms.

        Raises:
            ValueError: an effort that is not finite, or not one for each joint; nothing has moved.
        """
        if not _to_action(effort, self._action):
            raise ValueError(f"effort {effort.tolist()}: expected {self._effort.size} finite")
        environment = self._environment
        self._motors.pass_on(self._action)
        np.multiply(self._action, EFFORT_LIMIT, out=self._effort)
        self.state, reward, terminated, _, _ = environment.step(self._action.tolist())
        self._feel()
        self._steps += 1
        fell = terminated and (environment.game_over or environment.hull.position.x < 0.0)
        return Outcome(float(reward), terminated or self._steps >= self.course_steps, fell)

    def _feel(self) -> None:
        """Sense the state of this moment, with noise from the generator of courses."""
        self._sensed = self.state
        if self._noise:
            noise = self.generator.normal(0.0, self._noise, STATES)
            noise[[8, 13]] = 0.0  # contacts
            self._sensed = (self.state + noise).astype(np.float32)
            np.clip(self._sensed[14:], 0.0, 1.0, out=self._sensed[14:])

    def frame(self) -> NDArray[np.uint8]:
        """Picture of the walker and its surroundings, (400, 600, 3)."""
        return np.ascontiguousarray(self._environment.render())

    def close(self) -> None:
        """Release the renderer and the world."""
        self._environment.close()


@njit(cache=True)
def _to_action(effort, action):
    """Turn `effort` (4,) in N m into the environment's action; False, and nothing changed, if not.

    Args:
        effort: (4,) N m; refused where it has another length or a number that is not finite.
        action: (4,) -1..1, filled in place.
    """
    if effort.size != action.size:
        return False
    for joint in range(effort.size):
        if not math.isfinite(effort[joint]):
            return False
    for joint in range(effort.size):
        action[joint] = min(1.0, max(-1.0, effort[joint] / EFFORT_LIMIT))
    return True


def _model(options: dict[str, Any]) -> BodyModel:
    return walker_model(EFFORT_LIMIT, options["legs"], options["knee_speed"])


def _entry(environment: str, description: str, episode_steps: int) -> Entry:
    return Entry(
        description=description,
        factory=partial(BipedalWalker, environment),
        robot_file="robots/walker.yaml",
        options=OPTIONS,
        task=Task(solved_return=300.0, episode_steps=episode_steps),
        envpool=EnvpoolBody(environment, LAYOUT, EFFORT_LIMIT, decode_all, ("odom.position",)),
        close_up=(0.0, 0.35, 0.43, 1.0),
        model=_model,
    )


WALKER = _entry("BipedalWalker-v3", "BipedalWalker-v3 (gymnasium): two legs on gentle hills", 1600)
WALKER_HARDCORE = _entry(
    "BipedalWalkerHardcore-v3",
    "BipedalWalkerHardcore-v3 (gymnasium): stumps, stairs and pits",
    2000,
)
