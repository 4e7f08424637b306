"""The walkers' environment with another gravity, other legs, or a slow knee.

Gymnasium keeps the walker's measures as constants of its module. Where one is changed, the
environment is made from a copy of the module of its own, so that other walkers keep theirs.
"""

from __future__ import annotations

import importlib.util
from typing import Any

import Box2D
import gymnasium
from gymnasium.envs.box2d import bipedal_walker as source

_GRAVITY = -10.0
"""m/s^2; Box2D's own and the environment's."""
_KNEE = 1
"""Index of knee_1 among the environment's joints."""


def make_environment(environment: str, legs: float) -> Any:
    """Gymnasium's walker, with legs of so many times their length.

    Args:
        environment: gymnasium's name of it.
        legs: factor on the length of thighs and shins, > 0; they weigh accordingly.
    """
    if legs == 1.0:
        made = gymnasium.make(environment, render_mode="rgb_array", disable_env_checker=True)
        return made.unwrapped
    spec: Any = importlib.util.find_spec(source.__name__)
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.LEG_H = legs * source.LEG_H
    module.LEG_FD.shape = _box(source.LEG_W, module.LEG_H)
    module.LOWER_FD.shape = _box(0.8 * source.LEG_W, module.LEG_H)
    return module.BipedalWalker(render_mode="rgb_array", **gymnasium.spec(environment).kwargs)


def _box(width: float, height: float) -> Any:
    return Box2D.b2PolygonShape(box=(0.5 * width, 0.5 * height))


class World(Box2D.b2World):
    """A Box2D world for one course of a changed walker.

    Args:
        walker: the environment whose world it is.
        gravity: factor, >= 0.
        knee_speed: factor on the speed limit of knee_1, >= 0.
    """

    def __init__(self, walker: Any, gravity: float, knee_speed: float) -> None:
        super().__init__(gravity=(0.0, gravity * _GRAVITY))
        self._walker, self._knee_speed = walker, knee_speed

    def Step(self, *args: Any) -> None:
        """One step of the physics; the environment has set the motors' speeds just before."""
        self._walker.joints[_KNEE].motorSpeed *= self._knee_speed
        super().Step(*args)
