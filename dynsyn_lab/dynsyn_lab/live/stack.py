"""The nodes of a simulated robot: `dynsyn sim` starts processes from this description, and the
launch files make actions from it, which ask `dynsyn describe` for it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynsyn_controller.core.learners.rule import PRESETS
from dynsyn_controller.launching.arguments import SIMULATION, node_parameters, resolve
from dynsyn_controller.launching.nodes import NodeSpec, absolute_namespace, shared
from dynsyn_controller.node.parameter_table import ParameterError, Value
from dynsyn_controller.robot.config_files import config_path, shipped_checkpoint
from dynsyn_sim_bridge.robots.registry import Entry, entry


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


def describe(body: dict[str, Any] | None = None, /, **given: Value) -> Stack:
    """The stack for these arguments, those left out at their defaults.

    Args:
        body: options of the robot's body.
        given: values of SIMULATION's arguments.

    Raises:
        ParameterError: an unknown argument or option, or a value that cannot be.
    """
    values = resolve(SIMULATION, given)
    preset = values.get("preset", "")
    if preset and preset not in PRESETS:
        raise ParameterError(f"preset: found {preset!r}, expected one of {', '.join(PRESETS)}")
    try:
        robot = entry(str(values["robot"]))
    except ValueError as error:
        raise ParameterError(f"robot: {error}") from None
    options = _body(robot, values, body or {})
    checkpoint, origin = checkpoint_file(values, robot, options), None
    if values["transfer"]:
        origin, checkpoint = checkpoint, moved_file(values, robot, options)
    common = {name: values[name] for name in ("seed", "lockstep", "realtime_factor")}
    controller = {
        **common,
        "robot_file": str(config_path(robot.robot_file)),
        "learning": not values["frozen"],
        "checkpoint_path": str(checkpoint) if checkpoint else "",
        **node_parameters(SIMULATION, values),
    }
    if robot.modules in options:
        controller["modules"] = options[robot.modules]
    bridge = {**common, "robot": robot.name, **options}
    more = shared(values)
    return Stack(
        robot=robot.name,
        namespace=more["namespace"],
        lockstep=bool(values["lockstep"]),
        checkpoint=checkpoint,
        origin=origin,
        shipped=shipped_file(values, options),
        nodes=(
            NodeSpec("sim", "dynsyn_sim_bridge", "bridge_node", bridge, **more),
            NodeSpec("controller", "dynsyn_controller", "controller_node", controller, **more),
        ),
    )


def _body(robot: Entry, values: dict[str, Value], given: dict[str, Any]) -> dict[str, Value]:
    """The options of the body that are given, checked; `joints` is short for one of them.

    Raises:
        ParameterError: an option that the body does not have, a value out of its range, or one that
            is given in both ways.
    """
    options = dict(given)
    if values["joints"]:
        if robot.modules != "joints":
            raise ParameterError(
                f"joints: found {values['joints']}, but {robot.name} has a fixed number of them"
            )
        if "joints" in options:
            raise ParameterError("robot.joints: given twice")
        options["joints"] = values["joints"]
    if options and not robot.options:
        raise ParameterError(
            f"robot.{next(iter(options))}: the body of {robot.name} has no options"
        )
    try:
        resolved = robot.resolve(options)
    except ParameterError as error:
        raise ParameterError(f"robot.{error}") from None
    return {name: resolved[name] for name in options}


def checkpoint_file(
    values: dict[str, Value], robot: Entry, options: dict[str, Value]
) -> Path | None:
    """The file that the lifetime is continued from and kept in; None: in memory only.

    Where none is named, it is the user's own for this robot, body, preset and namespace: two robots
    side by side must not share one.

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
    body = [f"{'' if name == robot.modules else name}{options[name]}" for name in sorted(options)]
    name = "-".join([robot.name, *body, *filter(None, [str(values.get("preset", ""))])])
    return own_file(name, str(values["namespace"]))


def shipped_file(values: dict[str, Value], options: dict[str, Value]) -> Path | None:
    """The shipped lifetime that the user's own one of this robot begins from, if there is one.

    None as well where another body or preset is asked for than it has lived with, where the user
    names a file, and where a lifetime is lived in memory only: that follows from its seed alone.
    """
    own = ("checkpoint", "from_scratch", "lockstep", "preset")
    if options or any(values.get(name) for name in own):
        return None
    return shipped_checkpoint(str(values["robot"]))


def moved_file(values: dict[str, Value], robot: Entry, options: dict[str, Value]) -> Path:
    """The file beside the checkpoint that the moved lifetime is to be kept in: FILE-JOINTS.ckpt.

    Raises:
        ParameterError: there is nothing to move, or a lifetime has been moved there before.
    """
    if not robot.modules:
        raise ParameterError(f"transfer: {robot.name} has a fixed number of joints")
    if not values["checkpoint"] or values["from_scratch"]:
        raise ParameterError("transfer: needs a checkpoint, and not from_scratch")
    path = Path(str(values["checkpoint"])).expanduser().absolute()
    if not path.exists():
        raise ParameterError(f"transfer: there is no checkpoint {path}")
    moved = path.with_name(f"{path.stem}-{robot.resolve(options)[robot.modules]}.ckpt")
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
