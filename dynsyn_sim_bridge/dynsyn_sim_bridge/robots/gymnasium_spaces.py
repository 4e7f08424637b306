"""What of an environment of gymnasium a robot needs to know: its spaces, its names, its rate."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec, load_env_creator
from gymnasium.error import DependencyNotInstalled, Error
from gymnasium.spaces import Box, Discrete

from dynsyn_controller.messages.layout import FloatArray

DEFAULT_RATE = 50.0
"""Hz, of an environment that does not say how long its steps are."""


def find_spec(environment: str) -> EnvSpec:
    """gymnasium's registration of an environment.

    Raises:
        ValueError: there is none; the message is gymnasium's.
        ImportError: the module that brings it is not installed.
    """
    try:
        return gymnasium.spec(environment)
    except Error as error:
        raise ValueError(f"gymnasium:{environment}: {one_line(error)}") from None


def creator_of(environment: str) -> Any:
    """What makes an environment, as gymnasium has it: a class or a function.

    Raises:
        ValueError: there is no such environment.
        ImportError: a package that it needs is not installed.
    """
    try:
        return load_env_creator(find_spec(environment).entry_point)
    except (DependencyNotInstalled, ImportError) as error:
        raise ImportError(f"gymnasium:{environment}: {one_line(error)}") from None


def make(environment: str, **options: Any) -> gymnasium.Env:
    """An environment, checked for spaces that a robot can have.

    Raises:
        ValueError: an option that it refuses, or other spaces.
        ImportError: a package that it needs is not installed.
    """
    where = f"gymnasium:{environment}"
    try:
        made = gymnasium.make(environment, disable_env_checker=True, **options)
    except (DependencyNotInstalled, ImportError) as error:
        raise ImportError(f"{where}: {one_line(error)}") from None
    except (Error, TypeError, ValueError, OSError) as error:
        raise ValueError(f"{where}: {one_line(error)}") from None
    try:
        element_names(environment, made.observation_space)
        action_map(environment, made.action_space)
    except ValueError:
        made.close()
        raise
    return made


def element_names(environment: str, space: gymnasium.Space) -> tuple[str, ...]:
    """Names of the observation's elements.

    Raises:
        ValueError: the observation is not one vector of numbers.
    """
    if not isinstance(space, Box) or len(space.shape) != 1 or not space.shape[0]:
        found = f"shape {space.shape}" if isinstance(space, Box) else type(space).__name__
        raise ValueError(
            f"gymnasium:{environment}: observation: found {found}, expected a Box of one vector"
        )
    return tuple(f"observation_{index}" for index in range(space.shape[0]))


def effort_limits(space: gymnasium.Space) -> FloatArray:
    """Largest |effort| of each joint, (joints,)."""
    if isinstance(space, Box):
        return 0.5 * (space.high.astype(float) - space.low.astype(float)).ravel()
    return np.ones(1 if space.n == 2 else int(space.n))


def action_map(environment: str, space: gymnasium.Space) -> Callable[[FloatArray], Any]:
    """What turns an effort (joints,) into an action.

    Raises:
        ValueError: actions of another kind, or without bounds.
    """
    where = f"gymnasium:{environment}: action"
    if isinstance(space, Discrete):
        first = int(space.start)
        if space.n < 2:
            raise ValueError(f"{where}: found a single one, expected two or more")
        if space.n == 2:
            return lambda effort: first + int(effort[0] > 0.0)
        return lambda effort: first + int(np.argmax(effort))
    if not isinstance(space, Box) or not np.issubdtype(space.dtype, np.floating):
        raise ValueError(f"{where}: found {type(space).__name__}, expected Box or Discrete")
    low, high = space.low.astype(float), space.high.astype(float)
    if not (np.isfinite(low).all() and np.isfinite(high).all() and (low < high).all()):
        raise ValueError(f"{where}: found a Box without bounds, expected finite ones")
    middle, shape, kind = (0.5 * (low + high)).ravel(), space.shape, space.dtype
    return lambda effort: (effort + middle).reshape(shape).astype(kind)


def joint_names(environment: gymnasium.Env) -> tuple[str, ...]:
    """MuJoCo's names of the actuated joints where they are given, else action_0 and so on."""
    count = effort_limits(environment.action_space).size
    model = getattr(environment.unwrapped, "model", None)
    if getattr(model, "nu", None) == count and isinstance(environment.action_space, Box):
        named = [_actuated(model, index) for index in range(count)]
        if all(named) and len(set(named)) == count:
            return tuple(named)
    return tuple(f"action_{index}" for index in range(count))


def _actuated(model: Any, index: int) -> str:
    try:
        name = model.actuator(index).name or model.joint(model.actuator_trnid[index, 0]).name
    except (AttributeError, IndexError, KeyError):
        return ""
    return name if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) else ""


def control_rate(environment: gymnasium.Env) -> float:
    """Steps a second, Hz: by the environment's dt or tau, else as many as its pictures."""
    inner = environment.unwrapped
    for name in ("dt", "tau"):
        period = getattr(inner, name, None)
        if isinstance(period, (float, np.floating)) and period > 0:
            return 1.0 / float(period)
    rate = environment.metadata.get("render_fps") or DEFAULT_RATE
    return float(rate)


def one_line(error: Exception) -> str:
    """An error's message without line breaks."""
    return " ".join(str(error).split()) or type(error).__name__
