"""The simulated robots by name. A new robot is one entry here, one module and one robot file."""

from __future__ import annotations

import difflib
import importlib
from dataclasses import dataclass
from typing import Any

from dynsyn_controller.node.parameter_table import Parameter, Value, resolve
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot_file import Robot, load_robot
from dynsyn_sim_bridge.robots.base import SimulatedRobot


@dataclass(frozen=True)
class Entry:
    """One registered robot.

    Attributes:
        name: what people call it: `dynsyn sim NAME`.
        description: one line for people.
        robot_file: below config/; several entries may share one (the same body in other worlds).
        factory: "module:callable"; imported when it is used, so that a robot's simulator need not
            be installed unless that robot is asked for. Called with the options by name.
        options: what the factory takes, with defaults and ranges.
        modules: name of the option that is also the robot file's number of body modules, if any.
    """

    name: str
    description: str
    robot_file: str
    factory: str
    options: tuple[Parameter, ...] = ()
    modules: str = ""

    def create(self, **options: Any) -> SimulatedRobot:
        """Build the simulation; call its `reset` with a seed before anything else.

        Raises:
            ParameterError: an unknown option, or a value out of its range.
        """
        module, function = self.factory.split(":")
        return getattr(importlib.import_module(module), function)(**self.resolve(options))

    def robot(self, network: dict[str, Any] | None = None, /, **options: Any) -> Robot:
        """The robot file that belongs to the body which `create` builds from the same options.

        Args:
            network: options in place of those of the file's section `network`.
            options: as for `create`.
        """
        modules = self.resolve(options)[self.modules] if self.modules else None
        return load_robot(config_path(self.robot_file), modules=modules, network=network)

    def resolve(self, options: dict[str, Any]) -> dict[str, Value]:
        """Every option with its value, those not given at their defaults."""
        return resolve(self.options, options)


_BIPEDAL_WALKER = "dynsyn_sim_bridge.robots.bipedal_walker"

ROBOTS: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        Entry(
            name="walker",
            description="BipedalWalker-v3 (gymnasium): two legs on gentle hills",
            robot_file="robots/walker.yaml",
            factory=f"{_BIPEDAL_WALKER}:walker",
        ),
        Entry(
            name="walker_hardcore",
            description="BipedalWalkerHardcore-v3 (gymnasium): stumps, stairs and pits",
            robot_file="robots/walker.yaml",
            factory=f"{_BIPEDAL_WALKER}:walker_hardcore",
        ),
        Entry(
            name="swimmer",
            description="Swimmer of the DeepMind Control Suite (MuJoCo): a chain in thick water",
            robot_file="robots/swimmer.yaml",
            factory="dynsyn_sim_bridge.robots.swimmer:Swimmer",
            options=(
                Parameter("joints", 5, "number of joints", 2, 20),
                Parameter("desired_speed", 0.1, "speed of the full reward, m/s", 0.001, 10.0),
                Parameter("course_steps", 0, "control steps of a course, 0: never-ending", 0),
                Parameter("density", 3000.0, "of the water, kg/m^3", 1.0, 1e5),
            ),
            modules="joints",
        ),
    )
}
"""Name -> entry, in the order in which they are shown to people."""


def entry(name: str) -> Entry:
    """The entry of this name.

    Raises:
        ValueError: there is none; the message says which there are.
    """
    if name in ROBOTS:
        return ROBOTS[name]
    near = difflib.get_close_matches(name, ROBOTS, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(ROBOTS)}"
    raise ValueError(f"no robot named {name!r}; {hint}")
