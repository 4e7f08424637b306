"""One description of the nodes that make up a running robot.

`dynsyn sim` starts processes from it and the launch files make actions from it, so that both run
the same nodes under the same names with the same parameters.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from dynsyn_controller.node.parameter_table import ParameterError, Value, resolve
from dynsyn_controller.node.parameters import parse_settings
from dynsyn_controller.robot.config_files import config_path, shipped_checkpoint
from dynsyn_controller.robot.robot_file import RobotFileError
from dynsyn_lab.cli.stack_arguments import ARGUMENTS
from dynsyn_sim_bridge.robots.registry import Entry, entry

CHOICES = ("learner", "preset", "network")
"""Arguments that ask for another controller than the robot file's."""

_NAMESPACE = re.compile(r"/?[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*\Z")


@dataclass(frozen=True)
class NodeSpec:
    """One node: what to start and what to tell it.

    Attributes:
        name: ROS node name.
        package, executable: as in `ros2 run PACKAGE EXECUTABLE`.
        parameters: ROS parameters by name.
    """

    name: str
    package: str
    executable: str
    parameters: dict[str, Value]


@dataclass(frozen=True)
class Stack:
    """The nodes of one simulated robot.

    Attributes:
        robot: its name in the registry.
        namespace: absolute, such as "/left"; "/" where there is none.
        lockstep: which of the two clocks.
        checkpoint: the lifetime's file; None: it is lived in memory only.
        origin: file of the lifetime that must be moved into this body before the nodes start, and
            saved as `checkpoint` (see `moving.prepare`); None: nothing to move.
        shipped: file of the lifetime that `checkpoint` begins as a copy of where it does not exist
            yet (see `moving.prepare`); None: it begins new-born.
        nodes: in the order to start them.
    """

    robot: str
    namespace: str
    lockstep: bool
    checkpoint: Path | None
    origin: Path | None
    shipped: Path | None
    nodes: tuple[NodeSpec, ...]


def describe(**given: Value) -> Stack:
    """The stack for these arguments, those left out at their defaults; see stack_arguments.

    Raises:
        ParameterError: an unknown argument, or a value that cannot be.
    """
    values = resolve(ARGUMENTS, given)
    if values["namespace"] and not _NAMESPACE.match(values["namespace"]):
        raise ParameterError(
            f"namespace: found {values['namespace']!r}, expected letters, digits, underscores "
            "and slashes, such as left or lab/left"
        )
    try:
        robot = entry(values["robot"])
    except ValueError as error:
        raise ParameterError(f"robot: {error}") from None
    checkpoint, origin = checkpoint_file(values), None
    if values["transfer"]:
        origin, checkpoint = checkpoint, moved_file(values, robot)
    _check_chosen(values, robot)
    common = {name: values[name] for name in ("seed", "lockstep", "realtime_factor")}
    bridge = {**common, "robot": robot.name}
    controller = {
        **common,
        "robot_file": str(config_path(robot.robot_file)),
        "learner": values["learner"],
        "preset": values["preset"],
        "network": values["network"],
        "settings": values["settings"],
        "learning": not values["frozen"],
        "checkpoint_path": str(checkpoint) if checkpoint else "",
    }
    if values["joints"]:
        _set_joints(robot, values["joints"], bridge, controller)
    return Stack(
        robot=robot.name,
        namespace="/" + values["namespace"].strip("/"),
        lockstep=values["lockstep"],
        checkpoint=checkpoint,
        origin=origin,
        shipped=shipped_file(values),
        nodes=(
            NodeSpec("sim", "dynsyn_sim_bridge", "bridge_node", bridge),
            NodeSpec("controller", "dynsyn_controller", "controller_node", controller),
        ),
    )


def _check_chosen(values: dict[str, Value], robot: Entry) -> None:
    """Check learner, preset and settings before any node is started."""
    options = {robot.modules: values["joints"]} if robot.modules and values["joints"] else {}
    try:
        chosen = parse_settings(str(values["settings"]))
        robot.robot(**options).choose(
            values["learner"] or None,
            values["preset"] or None,
            chosen["learner"],
            values["network"] or None,
            chosen["network"],
        )
    except RobotFileError as error:
        raise ParameterError(str(error)) from None


def _set_joints(
    robot: Entry, joints: int, bridge: dict[str, Value], controller: dict[str, Value]
) -> None:
    if robot.modules != "joints":
        raise ParameterError(f"joints: found {joints}, but {robot.name} has a fixed number of them")
    robot.resolve({"joints": joints})  # raises where the body cannot have so many
    bridge["joints"] = joints
    controller["modules"] = joints


def checkpoint_file(values: dict[str, Value]) -> Path | None:
    """The file that the lifetime is continued from and kept in; None: in memory only.

    Raises:
        ParameterError: a new-born lifetime is asked for in a file that holds one already.
    """
    if values["checkpoint"]:
        path = Path(values["checkpoint"]).expanduser().absolute()
        if values["from_scratch"] and path.exists():
            raise ParameterError(
                f"from_scratch: {path} holds a lifetime; name another checkpoint file"
            )
        return path
    if values["lockstep"] or values["from_scratch"]:
        return None
    parts = [values["robot"]]
    if values["joints"]:
        parts.append(str(values["joints"]))
    parts += [values[name].replace("/", "_") for name in CHOICES if values[name]]
    return state_folder() / ("-".join(parts) + ".ckpt")


def shipped_file(values: dict[str, Value]) -> Path | None:
    """The shipped lifetime that the user's own one of this robot begins from, if there is one.

    None as well where another body, network, learner or preset is asked for than it has lived with,
    where the user names a file, and where a lifetime is lived in memory only: that follows from its
    seed alone.
    """
    if any(values[n] for n in ("checkpoint", "from_scratch", "lockstep", "joints", *CHOICES)):
        return None
    return shipped_checkpoint(str(values["robot"]))


def moved_file(values: dict[str, Value], robot: Entry) -> Path:
    """The file beside the checkpoint that the moved lifetime is to be kept in: FILE-JOINTS.ckpt.

    Raises:
        ParameterError: there is nothing to move, or a lifetime has been moved there before.
    """
    if not robot.modules:
        raise ParameterError(f"transfer: {robot.name} has a fixed number of joints")
    if not values["checkpoint"] or values["from_scratch"]:
        raise ParameterError("transfer: needs a checkpoint, and not from_scratch")
    path = Path(values["checkpoint"]).expanduser().absolute()
    if not path.exists():
        raise ParameterError(f"transfer: there is no checkpoint {path}")
    given = {robot.modules: values["joints"]} if values["joints"] else {}
    moved = path.with_name(f"{path.stem}-{robot.resolve(given)[robot.modules]}.ckpt")
    if moved.exists():
        raise ParameterError(
            f"transfer: {moved} holds a lifetime; go on with it as the checkpoint, without transfer"
        )
    return moved


def state_folder() -> Path:
    """Folder of this user's lifetimes and logs: $XDG_STATE_HOME/dynsyn, ~/.local/state/dynsyn."""
    base = os.environ.get("XDG_STATE_HOME", "")
    # The XDG specification has relative paths ignored.
    root = Path(base) if os.path.isabs(base) else Path.home() / ".local" / "state"
    return root / "dynsyn"
