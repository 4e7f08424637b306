"""One description of a node to start; launch files make actions from it, commands make processes.

Both run the same node under the same name with the same parameters.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dynsyn_controller.launching.arguments import (
    CONTROLLER,
    DISARMED,
    TELEOP,
    node_parameters,
    resolve,
    settings_text,
)
from dynsyn_controller.node.parameter_table import ParameterError, Value

_VELOCITIES = "cmd_vel"
_STICKS = {
    "require_enable_button": True,
    "enable_button": 9,
    "axis_linear.x": 1,
    "axis_angular.yaw": 2,
}
"""As game_controller_node numbers them, whatever the make: left shoulder button, which must be
held; left stick forward; right stick to the side."""
_JOYSTICK_RATE = 20.0  # Hz; a stick that is held still must not go silent
_NAMESPACE = re.compile(r"/?[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*\Z")


class MissingProgram(RuntimeError):
    """A package, or a program of it, that is not installed; the message says which."""


@dataclass(frozen=True)
class NodeSpec:
    """One node: what to start and what to tell it.

    Attributes:
        name: ROS node name.
        package, executable: as in `ros2 run PACKAGE EXECUTABLE`.
        parameters: ROS parameters by name; they go before those of `params_file`.
        defaults: those that go behind `params_file`, but before the node's own defaults.
        namespace: absolute, such as "/left"; "/" where there is none.
        params_file: ROS parameter file; empty: none.
        log_level: least severity that is logged; empty: ROS's own, info.
        remappings: topics that the node is to know under another name.
    """

    name: str
    package: str
    executable: str
    parameters: dict[str, Value]
    defaults: dict[str, Value] = dataclasses.field(default_factory=dict)
    namespace: str = "/"
    params_file: str = ""
    log_level: str = ""
    remappings: dict[str, str] = dataclasses.field(default_factory=dict)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> NodeSpec:
        """The inverse of `dataclasses.asdict`."""
        return cls(**data)

    def as_data(self) -> dict[str, Any]:
        """All of it as plain values."""
        return dataclasses.asdict(self)


def controller(given: dict[str, Value], dotted: dict[str, dict[str, Any]]) -> NodeSpec:
    """The controller alone, for a robot that has drivers of its own; it is armed by hand.

    Args:
        given: values of CONTROLLER's arguments.
        dotted: settings of the learner and options of the network: section -> key -> value.

    Raises:
        ParameterError: an unknown argument, a value that cannot be, or no robot file.
    """
    values = resolve(CONTROLLER, given)
    if not values.get("robot_file") and not values["params_file"]:
        raise ParameterError("robot_file: missing, expected the path or name of a robot file")
    namespace, params_file, log_level = shared(values)
    parameters = node_parameters(CONTROLLER, values)
    settings = settings_text(dotted)
    if settings:
        parameters["settings"] = settings
    return NodeSpec(
        name="controller",
        package="dynsyn_controller",
        executable="controller_node",
        parameters=parameters,
        defaults=dict(DISARMED),
        namespace=namespace,
        params_file=params_file,
        log_level=log_level,
    )


def teleoperation(given: dict[str, Value]) -> list[NodeSpec]:
    """What turns an operator's keys or sticks into velocities; of a ROS distribution.

    Args:
        given: values of TELEOP's arguments.

    Raises:
        ParameterError: an unknown argument, or a value that cannot be.
    """
    values = resolve(TELEOP, given)
    namespace, params_file, log_level = shared(values)

    def node(name: str, package: str, executable: str, parameters: dict[str, Value]) -> NodeSpec:
        return NodeSpec(
            name=name,
            package=package,
            executable=executable,
            parameters=parameters,
            namespace=namespace,
            params_file=params_file,
            log_level=log_level,
            remappings={_VELOCITIES: str(values["topic"])},
        )

    speed, turn, stamped = values["speed"], values["turn"], values["stamped"]
    if values["device"] == "keyboard":
        name = "teleop_twist_keyboard"
        return [node(name, name, name, {"speed": speed, "turn": turn, "stamped": stamped})]
    sticks = {
        **_STICKS,
        "scale_linear.x": speed,
        "scale_angular.yaw": turn,
        "publish_stamped_twist": stamped,
    }
    return [
        node("joystick", "joy", "game_controller_node", {"autorepeat_rate": _JOYSTICK_RATE}),
        node("teleop_twist_joy", "teleop_twist_joy", "teleop_node", sticks),
    ]


def shared(values: dict[str, Value]) -> tuple[str, str, str]:
    """Namespace, parameter file and log level of every node of a start.

    Raises:
        ParameterError: a namespace that cannot be, or a file that does not exist.
    """
    file = str(values["params_file"])
    path = Path(file).expanduser().absolute() if file else None
    if path is not None and not path.is_file():
        raise ParameterError(f"params_file: there is no file {path}")
    namespace = absolute_namespace(str(values["namespace"]))
    return namespace, str(path) if path else "", str(values["log_level"])


def absolute_namespace(text: str) -> str:
    """A namespace as people type it, absolute; "/" for none.

    Raises:
        ParameterError: it has other characters than letters, digits, underscores and slashes.
    """
    if text and not _NAMESPACE.match(text):
        raise ParameterError(
            f"namespace: found {text!r}, expected letters, digits, underscores and slashes, such "
            "as left or lab/left"
        )
    return "/" + text.strip("/")


def command(node: NodeSpec, folder: Path) -> list[str]:
    """Command line of the node's process.

    Args:
        node: what to start.
        folder: its parameters are written to a file here.

    Raises:
        MissingProgram: its package or program is not installed.
        OSError: the file cannot be written.
    """
    return [program(node.package, node.executable), *ros_arguments(node, folder)]


def ros_arguments(node: NodeSpec, folder: Path, named: bool = True) -> list[str]:
    """The ROS part of the command line.

    Args:
        node: what to start.
        folder: its parameters are written to files here.
        named: give the process's node this name; not where the process has several.

    Raises:
        OSError: a file cannot be written.
    """
    arguments = ["--ros-args", "-r", f"__ns:={node.namespace}"]
    if named:
        arguments += ["-r", f"__node:={node.name}"]
    for name, other in node.remappings.items():
        arguments += ["-r", f"{name}:={other}"]
    if node.log_level:
        arguments += ["--log-level", node.log_level]
    for file in parameter_files(node, folder):
        arguments += ["--params-file", file]
    return arguments


def parameter_files(node: NodeSpec, folder: Path) -> list[str]:
    """ROS parameter files for the node, the later before the earlier; they keep types, unlike `-p`.

    Sections of parameter files count in the order in which their names were first met, whichever is
    the more special. So both of ours have names that no other file has: one is met before all
    others, one after.

    Args:
        node: what to start.
        folder: what is not in `params_file` is written to files here.

    Raises:
        OSError: a file cannot be written.
    """
    files = []
    if node.defaults:
        path = folder / f"{node.name}_defaults.yaml"
        _write_parameters(path, f"/**/**/**/{node.name}", node.defaults)
        files.append(str(path))
    if node.params_file:
        files.append(node.params_file)
    path = folder / f"{node.name}.yaml"
    _write_parameters(path, f"/**/**{node.namespace.rstrip('/')}/{node.name}", node.parameters)
    return [*files, str(path)]


def _write_parameters(path: Path, section: str, parameters: dict[str, Value]) -> None:
    text = yaml.safe_dump({section: {"ros__parameters": parameters}}, sort_keys=False)
    path.write_text(text, encoding="utf-8")


def program(package: str, executable: str) -> str:
    """Path of a package's program, found as `ros2 run` finds it.

    Raises:
        MissingProgram: the package or the program is not installed.
    """
    path = package_prefix(package) / "lib" / package / executable
    if not path.is_file():
        raise MissingProgram(f"{path} is missing: build package {package} again")
    return str(path)


def package_prefix(package: str) -> Path:
    """Where a package is installed.

    Raises:
        MissingProgram: it is not.
    """
    from ament_index_python.packages import PackageNotFoundError, get_package_prefix

    try:
        return Path(get_package_prefix(package))
    except PackageNotFoundError:
        raise MissingProgram(
            f"package {package} is not installed: build it (make setup, or colcon build), and "
            "source the workspace where that is needed"
        ) from None
