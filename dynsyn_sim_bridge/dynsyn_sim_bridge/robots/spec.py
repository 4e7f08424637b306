"""One robot as it was asked for: made once, at the door, and all that travels on from there."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path
from typing import Any

import yaml

from dynsyn_controller.node.parameter_table import Value
from dynsyn_controller.robot.robot import Robot, RobotFileError
from dynsyn_controller.robot.robot_file import parse_robot
from dynsyn_controller.robot.sections import Simulation
from dynsyn_sim_bridge.robots.base import SimulatedRobot
from dynsyn_sim_bridge.robots.entry import Entry, EnvpoolBody
from dynsyn_sim_bridge.robots.references import find
from dynsyn_sim_bridge.robots.registry import ROBOTS, entry, names
from dynsyn_sim_bridge.robots.task import Task


@dataclass(frozen=True)
class RobotSpec:
    """A simulated robot with everything that was asked for.

    Pickles as its reference, options and robot file, so that it travels to other processes.

    Attributes:
        entry: the facts.
        options: of the body, every one with its value.
        robot: its robot file. Unless its name says it all, its section `simulation` says the
            reference and the options that were given, so that a checkpoint finds its robot again.
    """

    entry: Entry
    options: dict[str, Value]
    robot: Robot

    @property
    def reference(self) -> str:
        """What finds the entry: walker, gymnasium:Hopper-v5, /path/to/arm.py:Arm."""
        return self.entry.name

    @property
    def name(self) -> str:
        """Short, and fit for a file's name: the registered name, or the robot file's."""
        if self.reference.isidentifier():
            return self.reference
        if self.robot.name not in names():
            return self.robot.name
        return f"{self.robot.name}-{sha1(self.reference.encode()).hexdigest()[:8]}"

    @property
    def task(self) -> Task:
        """What counts as good."""
        return self.entry.task

    @property
    def changes(self) -> dict[str, Value]:
        """Options that are not at their defaults."""
        defaults = {option.name: option.default for option in self.entry.options}
        return {name: x for name, x in self.options.items() if x != defaults[name]}

    @property
    def envpool(self) -> EnvpoolBody | None:
        """The same body on envpool, which knows no options; None: it is not there."""
        return None if self.changes else self.entry.envpool

    def changed(self, options: dict[str, Any]) -> RobotSpec:
        """The same robot with another body for the same controller.

        Args:
            options: of the body, those that change.

        Raises:
            ValueError: a bad option, or one that changes the robot file.
        """
        values = self.entry.resolve({**self.options, **options})
        if self.entry.course_option in options and not values[self.entry.course_option]:
            raise ValueError(f"{self.entry.course_option}: found 0, but courses must end here")
        fixed = self.entry.modules in options
        if fixed or self.entry.robot_text(values) != self.entry.robot_text(self.options):
            raise ValueError(f"{', '.join(options)}: the robot file depends on it")
        home = self.robot.simulation
        given = {**(home.options if home else {}), **options}
        chosen = _given(self.entry, values, given)
        return RobotSpec(self.entry, values, _with_simulation(self.robot, self.reference, chosen))

    def create(self) -> SimulatedRobot:
        """Build the body; call its `reset` with a seed before anything else.

        Raises:
            ValueError: its joints or its control rate are not the robot file's.
            ImportError: its simulator is not installed.
        """
        body = self.entry.factory(**self.options)
        try:
            self._check(body)
        except ValueError:
            body.close()
            raise
        return body

    def _check(self, body: SimulatedRobot) -> None:
        found, expected = body.layout.joints, self.robot.joint_names
        if found != expected:
            raise ValueError(
                f"{self.reference}: found joints {', '.join(found)}; its robot file "
                f"{self.robot.name} has {', '.join(expected)}"
            )
        rate = self.robot.control_rate
        if abs(body.control_period * rate - 1.0) > 1e-6:
            raise ValueError(
                f"{self.reference}: found {1.0 / body.control_period:g} control steps a second; "
                f"its robot file {self.robot.name} has control_rate {rate:g}"
            )

    def __reduce__(self) -> tuple:
        return restored, (self.reference, self.options, self.robot.source)


def describe(
    reference: str,
    options: dict[str, Any] | None = None,
    ends: bool = False,
) -> RobotSpec:
    """The robot that a person asks for.

    Args:
        reference: see `references.find`.
        options: of the body; those that are not given are the robot file's, or the defaults.
        ends: courses are to end, as training and evaluation need it.

    Raises:
        ValueError: no such robot, a bad option, or a robot file that cannot be.
        ImportError: its simulator is not installed.
    """
    found = find(reference)
    given = {**found.options, **(options or {})}
    values = _with_ends(found.entry, given) if ends else found.entry.resolve(given)
    return _complete(
        found.entry, values, _given(found.entry, values, given), found.text, found.folder
    )


def new_robot_file(reference: str, options: dict[str, Any] | None = None) -> str:
    """Text of a robot file to edit, which says its simulation; see `describe`.

    Raises:
        ValueError, ImportError: see `describe`.
    """
    found = find(reference).entry
    values = found.resolve(options or {})
    text, _, _ = found.robot_text(values)
    if "simulation" in yaml.safe_load(text):
        return text
    simulation = _section(Simulation(found.name, _given(found, values, options or {})))
    return f"{text.rstrip()}\n\n{yaml.safe_dump({'simulation': simulation}, sort_keys=False)}"


def of_checkpoint(
    robot: Robot,
    reference: str = "",
    options: dict[str, Any] | None = None,
    ends: bool = False,
) -> RobotSpec:
    """The simulated robot that a checkpoint's lifetime belongs on, or another that it is to try.

    Args:
        robot: the checkpoint's robot file.
        reference: another robot; empty: the checkpoint's own.
        options: in place of the checkpoint's. A body of any length is as long as the checkpoint's
            unless they say otherwise.
        ends: see `describe`.

    Raises:
        ValueError: the robot is not simulated here, or as for `describe`.
    """
    home = robot.simulation
    own = home.robot if home else robot.name
    try:
        found = find(reference or own)
    except ValueError as error:
        if reference:
            raise
        raise ValueError(
            f"made for robot {own!r}, which is not simulated here ({error}); name one that is "
            "with --robot"
        ) from None
    body = found.entry
    given = {**found.options, **(options or {})}
    if home and body.name == home.robot:
        given = {**home.options, **given}
    if body.modules and robot.modules:
        given = {body.modules: robot.modules, **given}
    values = _with_ends(body, given) if ends else body.resolve(given)
    same_length = not body.modules or values[body.modules] == robot.modules
    # Its own file may have been edited since; of another length only the entry knows the file.
    text = robot.source if body.name == own and same_length else found.text
    return _complete(body, values, _given(body, values, given), text, found.folder)


def restored(reference: str, options: dict[str, Value], source: str) -> RobotSpec:
    """A spec that was written down: its reference, all its options, its robot file's text.

    Raises:
        ValueError: there is no such robot here, or it has other options by now.
    """
    found = entry(reference)
    robot = parse_robot(source, where=f"robot {reference}: robot file")
    return RobotSpec(found, found.resolve(options), robot)


def _with_ends(found: Entry, given: dict[str, Any]) -> dict[str, Value]:
    values = found.resolve(given)
    if found.course_option and values[found.course_option] == 0:
        if found.course_option in given:
            raise ValueError(f"--robot.{found.course_option}: found 0, but courses must end here")
        values[found.course_option] = found.task.episode_steps
    return values


def _given(found: Entry, values: dict[str, Value], given: dict[str, Any]) -> dict[str, Value]:
    """Options that make this body another one than the robot file's name says."""
    defaults = {option.name: option.default for option in found.options}
    return {
        name: values[name]
        for name in given
        if name != found.modules and values[name] != defaults[name]
    }


def _complete(
    found: Entry,
    values: dict[str, Value],
    given: dict[str, Value],
    text: str | None,
    folder: Path,
) -> RobotSpec:
    where = f"robot {found.name}: robot file"
    if text is None:
        text, where, folder = found.robot_text(values)
    modules: Any = values[found.modules] if found.modules else None
    robot = parse_robot(text, modules=modules, where=where, folder=folder)
    if robot.command.type != "effort":
        raise RobotFileError(
            f"{where}: command.type: found {robot.command.type}, expected effort: simulated bodies "
            "take no other commands"
        )
    return RobotSpec(found, values, _with_simulation(robot, found.name, given))


def _with_simulation(robot: Robot, reference: str, given: dict[str, Value]) -> Robot:
    """`robot` with its section `simulation`, also in its source, unless its name says it all."""
    document = {key: value for key, value in robot.document.items() if key != "simulation"}
    simulation = None
    if reference != robot.name or given or reference not in ROBOTS:
        simulation = Simulation(reference, given)
        document["simulation"] = _section(simulation)
    return dataclasses.replace(robot, simulation=simulation, document=document)


def _section(simulation: Simulation) -> dict[str, Any]:
    """Section `simulation` of a robot file."""
    options = {"options": simulation.options} if simulation.options else {}
    return {"robot": simulation.robot, **options}
