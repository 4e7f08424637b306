"""The nodes of a simulated robot: `dynsyn sim` starts processes from this description, and the
launch files make actions from it, which ask `dynsyn describe` for it."""

from __future__ import annotations

import os
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
from dynsyn_controller.launching.nodes import NodeSpec, absolute_namespace, shared
from dynsyn_controller.node.parameter_table import ParameterError, Value
from dynsyn_controller.robot.config_files import config_path, shipped_checkpoint
from dynsyn_controller.robot.robot import Robot, RobotFileError
from dynsyn_sim_bridge.robots.entry import Entry
from dynsyn_sim_bridge.robots.references import find
from dynsyn_sim_bridge.robots.registry import ROBOTS
from dynsyn_sim_bridge.robots.spec import RobotSpec
from dynsyn_sim_bridge.robots.spec import describe as describe_robot

CHOICES = ("learner", "preset", "network")
"""Arguments that ask for another controller than the robot file's."""
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


def robot_file_of(spec: RobotSpec, options: dict[str, Value]) -> Path:
    """The robot file that the nodes read.

    That of a robot of this package is the shipped one, unless its body is another than that says;
    any other is written into this user's folder (see `preparing.prepare`), so that the lifetime's
    checkpoints say which robot it is.
    """
    shipped = spec.entry.robot_file
    as_shipped = spec.reference in ROBOTS and not set(options) - {spec.entry.modules}
    if as_shipped and isinstance(shipped, str | Path):
        return config_path(shipped)
    return state_folder() / "robots" / f"{_body_name(spec, options)}.yaml"


def _body_name(spec: RobotSpec, options: dict[str, Value]) -> str:
    """Name of the robot and of what its body has been given, fit for a file's name."""
    short = spec.entry.modules
    parts = [f"{'' if name == short else name}{options[name]}" for name in sorted(options)]
    return "-".join([spec.name, *parts]).replace("/", "_")


def checkpoint_file(
    values: dict[str, Value], spec: RobotSpec, options: dict[str, Value]
) -> Path | None:
    """The file that the lifetime is continued from and kept in; None: in memory only.

    Where none is named, it is the user's own for this robot, body, network, learner, preset and
    namespace: two robots side by side must not share one.

    Raises:
        ParameterError: a new-born lifetime is asked for in a file that holds one already.
    """
    if values["checkpoint"]:
        path = Path(str(values["checkpoint"])).expanduser().absolute()
        if values["from_scratch"] and path.exists():
            raise ParameterError(
                f"from_scratch: {path} holds a lifetime; name another checkpoint file"
            )
        return path
    if values["lockstep"] or values["from_scratch"]:
        return None
    chosen = [str(values[name]) for name in CHOICES if values.get(name)]
    name = "-".join([_body_name(spec, options), *chosen]).replace("/", "_")
    return own_file(name, str(values["namespace"]))


def shipped_file(
    values: dict[str, Value], spec: RobotSpec, options: dict[str, Value]
) -> Path | None:
    """The shipped lifetime that the user's own one of this robot begins from, if there is one.

    None as well where another body, network, learner or preset is asked for than it has lived with,
    where the user names a file, and where a lifetime is lived in memory only: that follows from its
    seed alone.
    """
    own = ("checkpoint", "from_scratch", "lockstep", *CHOICES)
    if options or any(values.get(name) for name in own):
        return None
    return shipped_checkpoint(spec.name)


def moved_file(values: dict[str, Value], spec: RobotSpec) -> Path:
    """The file beside the checkpoint that the moved lifetime is to be kept in: FILE-JOINTS.ckpt.

    Raises:
        ParameterError: there is nothing to move, or a lifetime has been moved there before.
    """
    if not spec.entry.modules:
        raise ParameterError(f"transfer: {spec.reference} has a fixed number of joints")
    if not values["checkpoint"] or values["from_scratch"]:
        raise ParameterError("transfer: needs a checkpoint, and not from_scratch")
    path = Path(str(values["checkpoint"])).expanduser().absolute()
    if not path.exists():
        raise ParameterError(f"transfer: there is no checkpoint {path}")
    moved = path.with_name(f"{path.stem}-{spec.options[spec.entry.modules]}.ckpt")
    if moved.exists():
        raise ParameterError(
            f"transfer: {moved} holds a lifetime; go on with it as the checkpoint, without transfer"
        )
    return moved


def own_file(name: str, namespace: str) -> Path:
    """The file of this user's lifetime of this name in a namespace, such as walker@left.ckpt.

    Raises:
        ParameterError: a namespace that cannot be.
    """
    place = absolute_namespace(namespace).strip("/").replace("/", ".")
    return state_folder() / (f"{name}@{place}.ckpt" if place else f"{name}.ckpt")


def state_folder() -> Path:
    """Folder of this user's lifetimes and logs: $XDG_STATE_HOME/dynsyn, ~/.local/state/dynsyn."""
    base = os.environ.get("XDG_STATE_HOME", "")
    # The XDG specification has relative paths ignored.
    root = Path(base) if os.path.isabs(base) else Path.home() / ".local" / "state"
    return root / "dynsyn"
