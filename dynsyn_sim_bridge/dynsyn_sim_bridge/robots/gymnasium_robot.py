"""Any environment of gymnasium as a robot: Box observations, Box or Discrete actions.

=============  ====================================================================================
here           in the environment
=============  ====================================================================================
array          its observation, element by element
joints         one for each element of a Box action; effort = action less the middle of its bounds,
               the limit half their distance: a symmetric action is the effort itself.
               Two discrete actions are one joint: the second is taken at an effort above 0, the
               first otherwise. More of them are a joint each with a limit of 1, and the one of
               greatest effort is taken, the first of equals.
reward         its reward, as it is
terminal       terminated or truncated; a course of `course_steps` is truncated
fell           terminated, unless `terminated` says that this is the goal
=============  ====================================================================================

Each course begins with a seed of its own, drawn from the robot's generator: the generator's state
before a reset, and the efforts since, bring a fresh body to the same place.
"""

from __future__ import annotations

import inspect
import math
import os
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec, load_env_creator
from gymnasium.error import DependencyNotInstalled, Error
from gymnasium.spaces import Box, Discrete
from numpy.typing import NDArray

from dynsyn_controller.messages.float64_multi_array import Float64MultiArraySensor
from dynsyn_controller.messages.joint_state import JointStateSensor
from dynsyn_controller.messages.layout import FloatArray, SensorLayout
from dynsyn_controller.node.parameter_table import Parameter
from dynsyn_sim_bridge.robots.base import Outcome
from dynsyn_sim_bridge.robots.entry import Entry
from dynsyn_sim_bridge.robots.gymnasium_file import robot_text
from dynsyn_sim_bridge.robots.task import Task

ARRAY = "array"
"""Name of the sensor that brings the observation."""
COURSE_STEPS = 1000
"""Of an environment without a limit of its own."""
DEFAULT_RATE = 50.0
"""Hz, of an environment that does not say how long its steps are."""
_GOALS = ("MountainCar", "MountainCarContinuous", "Acrobot")
"""Environments whose termination is what was to be reached."""
_OWN = ("course_steps", "terminated")
_LARGEST_SEED = 2**31


class GymnasiumRobot:
    """See `base.SimulatedRobot` and the module.

    Args:
        environment: gymnasium's name of it, such as Hopper-v5.
        course_steps: control steps after which a course ends, >= 1.
        terminated: "fall" or "goal".
        options: of the environment's constructor.

    Raises:
        ValueError: spaces that cannot be, or an option that the environment refuses.
        ImportError: a package that it needs is not installed.
    """

    def __init__(
        self, environment: str, course_steps: int, terminated: str, **options: Any
    ) -> None:
        self._name, self._options = environment, options
        self._course_steps, self._goal = course_steps, terminated == "goal"
        self._environment = self._make()
        self._action = action_map(environment, self._environment.action_space)
        names = joint_names(self._environment)
        elements = element_names(environment, self._environment.observation_space)
        self.layout = SensorLayout(
            (
                JointStateSensor(joints=names),
                Float64MultiArraySensor(name=ARRAY, elements=elements),
            ),
            without=("joint_states.position", "joint_states.velocity"),
        )
        self.control_period = 1.0 / control_rate(self._environment)
        self._limit = effort_limits(self._environment.action_space)
        self._effort = self.layout.blocks["joint_states.effort"]
        self._array = self.layout.blocks[ARRAY]
        self._sensors = self.layout.zeros()
        # Box2D's worlds remember what was in them; a new environment is a fresh one.
        self._fresh = load_env_creator_module(environment).startswith("gymnasium.envs.box2d")
        self._steps = 0
        self._generator = np.random.default_rng(0)

    def _make(self) -> gymnasium.Env:
        spec = find_spec(self._name)
        modes = getattr(load_env_creator(spec.entry_point), "metadata", {}).get("render_modes", [])
        mode = "rgb_array" if "rgb_array" in modes else None
        return make(self._name, max_episode_steps=self._course_steps, render_mode=mode,
                    **self._options)  # fmt: skip

    @property
    def environment(self) -> gymnasium.Env:
        """The environment itself."""
        return self._environment

    @property
    def generator(self) -> np.random.Generator:
        """See `base.SimulatedRobot`: of the courses' seeds."""
        return self._generator

    def reset(self, seed: int | None = None) -> None:
        """Put the body onto the next course; a seed also restarts the generator of courses."""
        if seed is not None:
            self._generator = np.random.default_rng(seed)
        course = int(self._generator.integers(_LARGEST_SEED))
        if self._fresh and self._steps:
            self._environment.close()
            self._environment = self._make()
        observation, _ = self._environment.reset(seed=course)
        self._steps = 0
        self._sensors[self._array] = observation
        self._sensors[self._effort] = 0.0

    def sense(self, sensors: FloatArray) -> None:
        """Fill `sensors` (layout.size,) with the readings of this moment, in place."""
        sensors[:] = self._sensors

    def action_of(self, effort: FloatArray) -> Any:
        """The environment's action for an effort (joints,) within the limits."""
        return self._action(effort)

    def step(self, effort: FloatArray) -> Outcome:
        """Apply `effort` ((joints,), clamped to the limits) for one step of the environment.

        Raises:
            ValueError: an effort that is not finite, or not one for each joint; nothing has moved.
        """
        if effort.shape != self._limit.shape or not np.isfinite(effort).all():
            raise ValueError(f"effort {effort.tolist()}: expected {self._limit.size} finite")
        applied = np.clip(effort, -self._limit, self._limit)
        observation, reward, terminated, truncated, _ = self._environment.step(
            self._action(applied)
        )
        self._steps += 1
        self._sensors[self._array] = observation
        self._sensors[self._effort] = applied
        return Outcome(float(reward), terminated or truncated, terminated and not self._goal)

    def frame(self) -> NDArray[np.uint8]:
        """The environment's own picture.

        Raises:
            RuntimeError: it cannot draw itself, or not without a display.
        """
        if self._environment.render_mode is None:
            raise RuntimeError(f"gymnasium:{self._name} has no pictures (render mode rgb_array)")
        _choose_graphics()
        try:
            return np.ascontiguousarray(self._environment.render(), dtype=np.uint8)
        except Exception as error:  # whatever a graphics library raises
            raise RuntimeError(
                f"gymnasium:{self._name} cannot draw itself here: {_one_line(error)}; for MuJoCo "
                "without a display set MUJOCO_GL=egl or MUJOCO_GL=osmesa"
            ) from error

    def close(self) -> None:
        """Release the environment."""
        self._environment.close()


def gymnasium_entry(environment: str, name: str) -> Entry:
    """The entry of an environment: its task is the one that gymnasium's registry has for it.

    Raises:
        ValueError: there is no such environment, or it has other spaces.
        ImportError: a package that it needs is not installed.
    """
    spec = find_spec(environment)
    steps = spec.max_episode_steps or COURSE_STEPS
    goal = "goal" if spec.name in _GOALS else "fall"
    table = (
        Parameter("course_steps", steps, "control steps after which a course ends", 1),
        Parameter("terminated", goal, "what termination is", choices=("fall", "goal")),
        *_options(spec),
    )
    return Entry(
        description=f"{environment} of gymnasium",
        factory=partial(GymnasiumRobot, environment),
        robot_file=partial(_robot_text, environment, name),
        options=table,
        task=Task(solved_return=spec.reward_threshold, episode_steps=steps),
        name=name,
    )


def find_spec(environment: str) -> EnvSpec:
    """gymnasium's registration of an environment.

    Raises:
        ValueError: there is none; the message is gymnasium's.
        ImportError: the module that brings it is not installed.
    """
    try:
        return gymnasium.spec(environment)
    except Error as error:
        raise ValueError(f"gymnasium:{environment}: {_one_line(error)}") from None


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
        raise ImportError(f"{where}: {_one_line(error)}") from None
    except (Error, TypeError, ValueError, OSError) as error:
        raise ValueError(f"{where}: {_one_line(error)}") from None
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


def load_env_creator_module(environment: str) -> str:
    """Module that an environment's code is in."""
    creator = load_env_creator(find_spec(environment).entry_point)
    return getattr(creator, "__module__", "")


def _options(spec: EnvSpec) -> tuple[Parameter, ...]:
    """Plain arguments of the environment's constructor, with its defaults."""
    try:
        creator = load_env_creator(spec.entry_point)
        arguments = inspect.signature(creator).parameters.values()
    except (DependencyNotInstalled, ImportError) as error:
        raise ImportError(f"gymnasium:{spec.id}: {_one_line(error)}") from None
    except ValueError:  # without a signature
        return ()
    table = []
    for argument in arguments:
        default = spec.kwargs.get(argument.name, argument.default)
        plain = type(default) in (bool, int, float, str)
        finite = type(default) is not float or math.isfinite(default)
        if plain and finite and argument.name not in (*_OWN, "render_mode"):
            table.append(Parameter(argument.name, default, f"of {spec.id}"))
    return tuple(table)


def _robot_text(environment: str, name: str, options: dict[str, Any]) -> str:
    """The robot file, written anew from the spaces that the environment has with these options."""
    own = {key: value for key, value in options.items() if key not in _OWN}
    made = make(environment, **own)
    try:
        space = made.observation_space
        return robot_text(
            name=name,
            identifier=environment,
            rate=control_rate(made),
            joints=joint_names(made),
            limits=effort_limits(made.action_space).tolist(),
            elements=element_names(environment, space),
            low=space.low.astype(float).tolist(),
            high=space.high.astype(float).tolist(),
        )
    finally:
        made.close()


def _choose_graphics() -> None:
    """Without a display MuJoCo draws by EGL, unless the environment says otherwise."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("MUJOCO_GL", "egl")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
