"""A simulator alone on the way that a lifetime went, for `dynsyn bench train`.

It is stepped with efforts that are known beforehand, falls and all, with no controller.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import Box2D
import gymnasium
import mujoco
import numpy as np

from dynsyn_sim_bridge.robots.base import SimulatedRobot
from dynsyn_sim_bridge.robots.bipedal_walker import BipedalWalker
from dynsyn_sim_bridge.robots.gymnasium_robot import GymnasiumRobot
from dynsyn_sim_bridge.robots.swimmer import Swimmer
from dynsyn_sim_bridge.robots.swimmer_physics import SUBSTEPS
from dynsyn_sim_bridge.robots.walker_state import EFFORT_LIMIT


class Way(NamedTuple):
    """A way that a body went.

    Attributes:
        efforts: N m, of each control step, (steps, joints).
        rewards, ends: of each control step.
    """

    efforts: np.ndarray
    rewards: list[float]
    ends: list[bool]


class Replay(Protocol):
    """Goes the way again, piece by piece."""

    def go(self, steps: int) -> None:
        """The next `steps` control steps.

        Raises:
            RuntimeError: it went another way than it did when it was recorded.
        """


class BodyReplay:
    """Any robot: its body itself.

    Args:
        body: put onto the same course as the recorded one.
        way: that it went.
    """

    def __init__(self, body: SimulatedRobot, way: Way) -> None:
        self._body, self._way, self._at = body, way, 0

    def go(self, steps: int) -> None:
        """See `Replay`."""
        (efforts, rewards, ends), at = self._way, self._at
        step, reset, total = self._body.step, self._body.reset, 0.0
        for i in range(at, at + steps):
            total += step(efforts[i]).reward
            if ends[i]:
                reset()
        self._at += steps
        _check(total, sum(rewards[at : at + steps]))


class EnvironmentReplay:
    """A robot on a gymnasium environment: the environment without this package around it.

    Args:
        environment: put onto the same course as the recorded one.
        actions: of each control step.
        way: that it went.
    """

    def __init__(self, environment: gymnasium.Env, actions: list, way: Way) -> None:
        self._environment: Any = environment
        self._actions = actions
        self._way, self._at = way, 0

    def next_course(self) -> None:
        """Put the environment onto its next course."""
        self._environment.reset()

    def go(self, steps: int) -> None:
        """See `Replay`."""
        step, actions, ends, at = self._environment.step, self._actions, self._way.ends, self._at
        total = 0.0
        for i in range(at, at + steps):
            _, reward, _, _, _ = step(actions[i])
            total += float(reward)
            if ends[i]:
                self.next_course()
        self._at += steps
        _check(total, sum(self._way.rewards[at : at + steps]))


class WalkerReplay(EnvironmentReplay):
    """The walkers."""

    def __init__(self, body: BipedalWalker, way: Way, seed: int) -> None:
        actions = [[value / EFFORT_LIMIT for value in effort] for effort in way.efforts.tolist()]
        super().__init__(body.environment, actions, way)
        self._empty_world()
        body.environment.reset(seed=seed)

    def _empty_world(self) -> None:
        # A fresh world each time, as the robot has it: a used one goes another way.
        self._environment.world, self._environment.terrain = Box2D.b2World(), []

    def next_course(self) -> None:
        """See `EnvironmentReplay`."""
        self._empty_world()
        self._environment.reset()


class SwimmerReplay:
    """The swimmer: MuJoCo alone."""

    def __init__(self, body: Swimmer, way: Way) -> None:
        self._body, self._way, self._at = body, way, 0

    def go(self, steps: int) -> None:
        """All but the last of the next `steps` control steps by MuJoCo alone.

        The last is the body's own, whose reward tells where it has come. See `Replay`.
        """
        advance, model, data = mujoco.mj_step, self._body.model, self._body.data
        control, efforts = data.ctrl, self._way.efforts
        last = self._at + steps - 1
        for at in range(self._at, last):
            control[:] = efforts[at]
            advance(model, data, SUBSTEPS)
        self._at += steps
        _check(self._body.step(efforts[last]).reward, self._way.rewards[last])


class GymnasiumReplay(EnvironmentReplay):
    """Any environment of gymnasium."""

    def __init__(self, body: GymnasiumRobot, way: Way) -> None:
        super().__init__(body.environment, [body.action_of(effort) for effort in way.efforts], way)
        self._body = body

    def next_course(self) -> None:
        """See `EnvironmentReplay`."""
        self._body.reset()
        self._environment = self._body.environment


def make_replay(body: SimulatedRobot, way: Way, seed: int) -> Replay:
    """The barest replay that there is for this body, which is put onto its first course here."""
    body.reset(seed)
    if isinstance(body, BipedalWalker):
        return WalkerReplay(body, way, seed)
    if isinstance(body, Swimmer):
        return SwimmerReplay(body, way)
    if isinstance(body, GymnasiumRobot):
        return GymnasiumReplay(body, way)
    return BodyReplay(body, way)


def _check(found: float, expected: float) -> None:
    if found != expected:
        raise RuntimeError("the simulator went another way without its controller")
