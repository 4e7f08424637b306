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
from dynsyn_lab.cli.stack_arguments import ARGUMENTS, AS_SEED
from dynsyn_sim_bridge.robots.registry import ROBOTS
from dynsyn_sim_bridge.robots.spec import RobotSpec, find
from dynsyn_sim_bridge.robots.spec import describe as describe_robot

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
        spec: the robot.
        namespace: absolute, such as "/left"; "/" where there is none.
        lockstep: which of the two clocks.
        checkpoint: the lifetime's file; None: it is lived in memory only.
        origin: file of the lifetime that must be moved into this body before the nodes start, and
            saved as `checkpoint` (see `moving.prepare`); None: nothing to move.
        shipped: file of the lifetime that `checkpoint` begins as a copy of where it does not exist
            yet (see `moving.prepare`); None: it begins new-born.
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
    def robot(self) -> str:
        """Short name of the robot, fit for a file's name."""
        return self.spec.name


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
    spec = _robot(values)
    checkpoint, origin = checkpoint_file(values, spec), None
    if values["transfer"]:
        origin, checkpoint = checkpoint, moved_file(values, spec)
    common = {name: values[name] for name in ("lockstep", "realtime_factor")}
    robot_file = robot_file_of(spec)
    robot_seed = values["seed"] if values["robot_seed"] == AS_SEED else values["robot_seed"]
    registered = spec.reference in ROBOTS
    bridge = {
        **common,
        "seed": robot_seed,
        "robot": spec.reference if registered else str(robot_file),
    }
    controller = {
        **common,
        "seed": values["seed"],
        "robot_file": str(robot_file),
        "learner": values["learner"],
        "preset": values["preset"],
        "settings": values["settings"],
        "learning": not values["frozen"],
        "checkpoint_path": str(checkpoint) if checkpoint else "",
    }
    if values["joints"]:
        bridge[spec.entry.modules] = controller["modules"] = values["joints"]
    return Stack(
        spec=spec,
        namespace="/" + values["namespace"].strip("/"),
        lockstep=values["lockstep"],
        checkpoint=checkpoint,
        origin=origin,
        shipped=shipped_file(values, spec),
        robot_file=robot_file,
        nodes=(
            NodeSpec("sim", "dynsyn_sim_bridge", "bridge_node", bridge),
            NodeSpec("controller", "dynsyn_controller", "controller_node", controller),
        ),
    )


def _robot(values: dict[str, Value]) -> RobotSpec:
    """The robot, described; learner, preset and settings are checked before any node is started.

    Raises:
        ParameterError: it is not there, its body cannot have so many joints, or something chosen
            cannot be.
    """
    reference, options = str(values["robot"]), {}
    try:
        if values["joints"]:
            found = find(reference).entry
            if found.modules != "joints":
                raise ParameterError(
                    f"joints: found {values['joints']}, but {found.name} has a fixed number of them"
                )
            options = {"joints": values["joints"]}
        spec = describe_robot(reference, options)
    except ParameterError:
        raise
    except ValueError as error:
        raise ParameterError(f"robot: {error}") from None
    try:
        chosen = parse_settings(str(values["settings"]))
        spec.robot.choose(
            values["learner"] or None,
            values["preset"] or None,
            chosen["learner"],
            chosen["network"],
        )
    except RobotFileError as error:
        raise ParameterError(str(error)) from None
    return spec


def robot_file_of(spec: RobotSpec) -> Path:
    """The robot file that both nodes read.

    That of a robot of this package is the shipped one; any other is written into this user's
    folder (see `moving.prepare`), so that the lifetime's checkpoints say which robot it is.
    """
    if spec.reference in ROBOTS:
        return config_path(spec.entry.robot_file)
    return state_folder() / "robots" / f"{spec.name}.yaml"


def checkpoint_file(values: dict[str, Value], spec: RobotSpec) -> Path | None:
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
    parts = [spec.name]
    if values["joints"]:
        parts.append(str(values["joints"]))
    parts += [values[name].replace("/", "_") for name in ("learner", "preset") if values[name]]
    return state_folder() / ("-".join(parts) + ".ckpt")


def shipped_file(values: dict[str, Value], spec: RobotSpec) -> Path | None:
    """The shipped lifetime that the user's own one of this robot begins from, if there is one.

    None as well where another body, learner or preset is asked for than it has lived with, where
    the user names a file, and where a lifetime is lived in memory only: that follows from its seed
    alone.
    """
    own = ("checkpoint", "from_scratch", "lockstep", "joints", "learner", "preset")
    if any(values[name] for name in own):
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
    path = Path(values["checkpoint"]).expanduser().absolute()
    if not path.exists():
        raise ParameterError(f"transfer: there is no checkpoint {path}")
    moved = path.with_name(f"{path.stem}-{spec.options[spec.entry.modules]}.ckpt")
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
