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
from functools import partial
from typing import Any

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec
from numpy.typing import NDArray

from dynsyn_controller.messages.joint_state import JointStateSensor
from dynsyn_controller.messages.layout import FloatArray, SensorLayout
from dynsyn_controller.messages.readings import ReadingsSensor
from dynsyn_controller.node.parameter_table import Parameter
from dynsyn_sim_bridge.robots.base import Outcome
from dynsyn_sim_bridge.robots.entry import Entry
from dynsyn_sim_bridge.robots.gymnasium_file import robot_text
from dynsyn_sim_bridge.robots.gymnasium_spaces import (
    action_map,
    control_rate,
    creator_of,
    effort_limits,
    element_names,
    find_spec,
    joint_names,
    make,
    one_line,
)
from dynsyn_sim_bridge.robots.task import Task

ARRAY = "array"
"""Name of the sensor that brings the observation."""
COURSE_STEPS = 1000
"""Of an environment without a limit of its own."""
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
                ReadingsSensor(name=ARRAY, elements=elements),
            ),
            without=("joint_states.position", "joint_states.velocity"),
        )
        self.control_period = 1.0 / control_rate(self._environment)
        self._limit = effort_limits(self._environment.action_space)
        self._effort = self.layout.blocks["joint_states.effort"]
        self._array = self.layout.blocks[ARRAY]
        self._sensors = self.layout.zeros()
        # Box2D's worlds remember what was in them; a new environment is a fresh one.
        self._fresh = creator_of(environment).__module__.startswith("gymnasium.envs.box2d")
        self._steps = 0
        self._generator = np.random.default_rng(0)

    def _make(self) -> gymnasium.Env:
        modes = getattr(creator_of(self._name), "metadata", {}).get("render_modes", [])
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
                f"gymnasium:{self._name} cannot draw itself here: {one_line(error)}; for MuJoCo "
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
        robot_file=partial(_robot_text, environment, name, table),
        options=table,
        task=Task(solved_return=spec.reward_threshold, episode_steps=steps),
        name=name,
    )


def _options(spec: EnvSpec) -> tuple[Parameter, ...]:
    """Plain arguments of the environment's constructor, with its defaults."""
    try:
        arguments = inspect.signature(creator_of(spec.id)).parameters.values()
    except ValueError:  # it is without a signature
        return ()
    table = []
    for argument in arguments:
        default = spec.kwargs.get(argument.name, argument.default)
        plain = type(default) in (bool, int, float, str)
        finite = type(default) is not float or math.isfinite(default)
        if plain and finite and argument.name not in (*_OWN, "render_mode"):
            table.append(Parameter(argument.name, default, f"of {spec.id}"))
    return tuple(table)


def _robot_text(
    environment: str, name: str, table: tuple[Parameter, ...], options: dict[str, Any]
) -> str:
    """The robot file, written anew from the spaces that the environment has with these options."""
    own = {key: value for key, value in options.items() if key not in _OWN}
    made = make(environment, **own)
    try:
        space: Any = made.observation_space
        return robot_text(
            name=name,
            identifier=environment,
            rate=control_rate(made),
            joints=joint_names(made),
            limits=effort_limits(made.action_space).tolist(),
            elements=element_names(environment, space),
            low=space.low.astype(float).tolist(),
            high=space.high.astype(float).tolist(),
            options={p.name: options[p.name] for p in table if options[p.name] != p.default},
        )
    finally:
        made.close()


def _choose_graphics() -> None:
    """Without a display MuJoCo draws by EGL and pygame on nothing, unless told otherwise."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("MUJOCO_GL", "egl")
        os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
