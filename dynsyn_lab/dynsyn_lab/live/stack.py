"""The nodes of a simulated robot: `dynsyn sim` starts processes from this description, and the
launch files make actions from it, which ask `dynsyn describe` for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynsyn_controller.launching.arguments import (
    AS_SEED,
    SIMULATION,
    node_parameters,
    resolve,
    settings_text,
)
from dynsyn_controller.launching.nodes import NodeSpec, shared
from dynsyn_controller.node.parameter_table import ParameterError, Value
from dynsyn_controller.robot.robot import Robot, RobotFileError
from dynsyn_lab.live.user_files import (
    checkpoint_file,
    moved_file,
    robot_file_of,
    shipped_file,
    state_folder,
)
from dynsyn_sim_bridge.robots.entry import Entry
from dynsyn_sim_bridge.robots.references import find
from dynsyn_sim_bridge.robots.registry import ROBOTS
from dynsyn_sim_bridge.robots.spec import RobotSpec
from dynsyn_sim_bridge.robots.spec import describe as describe_robot

Sections = dict[str, dict[str, Any]]
"""Section (robot, learner or network) -> key -> value."""


@dataclass(frozen=True)
class Stack:
    """The nodes of one simulated robot.

    Attributes:
        spec: the robot.
        namespace: absolute, such as "/left"; "/" where there is none.
        lockstep: which of the two clocks.
        checkpoint: the lifetime's file; None: it is lived in memory only.
        origin: file of the lifetime that must be moved into this body before the nodes start, and
            saved as `checkpoint` (see `preparing.prepare`); None: nothing to move.
        shipped: file of the lifetime that `checkpoint` begins as a copy of where it does not exist
            yet (see `preparing.prepare`); None: it begins new-born.
        robot_file: path that the nodes read.
        nodes: in the order to start them.
    """

    spec: RobotSpec
    namespace: str
    lockstep: bool
    checkpoint: Path | None
    origin: Path | None
    shipped: Path | None
    robot_file: Path
    nodes: tuple[NodeSpec, ...]

    @property
    def robot_file_is_own(self) -> bool:
        """Whether the robot file is not a shipped one, but written into this user's folder."""
        return self.robot_file.is_relative_to(state_folder())

    @property
    def robot(self) -> str:
        """Short name of the robot, fit for a file's name."""
        return self.spec.name


def describe(dotted: Sections | None = None, /, **given: Value) -> Stack:
    """The stack for these arguments, those left out at their defaults.

    Args:
        dotted: options of the body and of the network, settings of the learner.
        given: values of SIMULATION's arguments.

    Raises:
        ParameterError: an unknown argument or option, a value that cannot be, or a network that no
            lifetime is born with and no checkpoint.
    """
    values, dotted = resolve(SIMULATION, given), dotted or {}
    namespace, params_file, log_level = shared(values)
    spec, options, chosen = _robot(values, dotted)
    checkpoint, origin = checkpoint_file(values, spec, options), None
    if values["transfer"]:
        origin, checkpoint = checkpoint, moved_file(values, spec)
    shipped = shipped_file(values, spec, options)
    if not (origin or shipped or (checkpoint and checkpoint.exists())):
        _check_birth(chosen)
    common = {name: values[name] for name in ("lockstep", "realtime_factor")}
    robot_file = robot_file_of(spec, options)
    robot_seed = values["seed"] if values["robot_seed"] == AS_SEED else values["robot_seed"]
    registered = spec.reference in ROBOTS
    bridge = {
        **common,
        "seed": robot_seed,
        "robot": spec.reference if registered else str(robot_file),
        **options,
    }
    controller = {
        **common,
        "seed": values["seed"],
        "robot_file": str(robot_file),
        "bundled": values["lockstep"],
        "learning": not values["frozen"],
        "checkpoint_path": str(checkpoint) if checkpoint else "",
        **node_parameters(SIMULATION, values),
    }
    settings = settings_text(dotted)
    if settings:
        controller["settings"] = settings
    if spec.entry.modules in options:
        controller["modules"] = options[spec.entry.modules]
    return Stack(
        spec=spec,
        namespace=namespace,
        lockstep=bool(values["lockstep"]),
        checkpoint=checkpoint,
        origin=origin,
        shipped=shipped,
        robot_file=robot_file,
        nodes=tuple(
            NodeSpec(
                name,
                package,
                executable,
                parameters,
                namespace=namespace,
                params_file=params_file,
                log_level=log_level,
            )
            for name, package, executable, parameters in (
                ("sim", "dynsyn_sim_bridge", "bridge_node", bridge),
                ("controller", "dynsyn_controller", "controller_node", controller),
            )
        ),
    )


def _robot(values: dict[str, Value], dotted: Sections) -> tuple[RobotSpec, dict[str, Value], Robot]:
    """The robot, described; learner, preset and settings are checked before any node is started.

    Returns:
        The robot, those options of its body that were given (of a registered one: that make it
        another body), and its robot file with what was chosen.

    Raises:
        ParameterError: it is not there, or something chosen cannot be.
    """
    reference = str(values["robot"])
    try:
        asked = _body(find(reference).entry, values, dotted.get("robot", {}))
        spec = describe_robot(reference, asked)
    except ParameterError:
        raise
    except ValueError as error:
        raise ParameterError(f"robot: {error}") from None
    try:
        chosen = spec.robot.choose(
            learner=str(values.get("learner", "")) or None,
            preset=str(values.get("preset", "")) or None,
            settings=dotted.get("learner", {}),
            network=str(values.get("network", "")) or None,
            options=dotted.get("network", {}),
        )
    except RobotFileError as error:
        raise ParameterError(str(error)) from None
    other = spec.changes if reference in ROBOTS else spec.options
    return spec, {name: other[name] for name in asked if name in other}, chosen


def _check_birth(robot: Robot) -> None:
    """Refuse here what the node would refuse: a network that no lifetime is born with."""
    try:
        robot.check_birth()
    except RobotFileError as error:
        raise ParameterError(str(error)) from None


def _body(entry: Entry, values: dict[str, Value], given: dict[str, Any]) -> dict[str, Any]:
    """The options of the body that are given; `joints` is short for one of them.

    Raises:
        ParameterError: an option that the body does not have, a value out of its range, or one that
            is given in both ways.
    """
    options = dict(given)
    if values["joints"]:
        if entry.modules != "joints":
            raise ParameterError(
                f"joints: found {values['joints']}, but {entry.name} has a fixed number of them"
            )
        if "joints" in options:
            raise ParameterError("robot.joints: given twice")
        options["joints"] = values["joints"]
    if given and not entry.options:
        raise ParameterError(f"robot.{next(iter(given))}: the body of {entry.name} has no options")
    try:
        entry.resolve(options)
    except ParameterError as error:
        named = str(error).partition(":")[0] in given
        raise ParameterError(f"robot.{error}" if named else str(error)) from None
    return options
