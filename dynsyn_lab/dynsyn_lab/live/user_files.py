"""Where a robot's files are: those of this user, and the shipped ones that they begin from."""

from __future__ import annotations

import os
from pathlib import Path

from dynsyn_controller.launching.nodes import absolute_namespace
from dynsyn_controller.node.parameter_table import ParameterError, Value
from dynsyn_controller.robot.config_files import config_path, shipped_checkpoint
from dynsyn_sim_bridge.robots.registry import ROBOTS
from dynsyn_sim_bridge.robots.spec import RobotSpec

CHOICES = ("learner", "preset", "network")
"""Arguments that ask for another controller than the robot file's."""


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
