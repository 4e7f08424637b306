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

from dynsyn_controller.launching.arguments import CONTROLLER, node_parameters, resolve
from dynsyn_controller.node.parameter_table import ParameterError, Value

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
        namespace: absolute, such as "/left"; "/" where there is none.
        params_file: ROS parameter file; empty: none.
        log_level: least severity that is logged; empty: ROS's own, info.
    """

    name: str
    package: str
    executable: str
    parameters: dict[str, Value]
    namespace: str = "/"
    params_file: str = ""
    log_level: str = ""

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> NodeSpec:
        """The inverse of `dataclasses.asdict`."""
        return cls(**data)

    def as_data(self) -> dict[str, Any]:
        """All of it as plain values."""
        return dataclasses.asdict(self)


def controller(given: dict[str, Value]) -> NodeSpec:
    """The controller alone, for a robot that has drivers of its own.

    Args:
        given: values of CONTROLLER's arguments.

    Raises:
        ParameterError: an unknown argument, a value that cannot be, or no robot file.
    """
    values = resolve(CONTROLLER, given)
    if not values.get("robot_file") and not values["params_file"]:
        raise ParameterError("robot_file: missing, expected the path or name of a robot file")
    return NodeSpec(
        name="controller",
        package="dynsyn_controller",
        executable="controller_node",
        parameters=node_parameters(CONTROLLER, values),
        **shared(values),
    )


def shared(values: dict[str, Value]) -> dict[str, str]:
    """Namespace, parameter file and log level of every node of a start.

    Raises:
        ParameterError: a namespace that cannot be, or a file that does not exist.
    """
    file = str(values["params_file"])
    path = Path(file).expanduser().absolute() if file else None
    if path is not None and not path.is_file():
        raise ParameterError(f"params_file: there is no file {path}")
    return {
        "namespace": absolute_namespace(str(values["namespace"])),
        "params_file": str(path) if path else "",
        "log_level": str(values["log_level"]),
    }


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
        folder: its parameters are written to a file here.
        named: give the process's node this name; not where the process has several.

    Raises:
        OSError: the file cannot be written.
    """
    arguments = ["--ros-args", "-r", f"__ns:={node.namespace}"]
    if named:
        arguments += ["-r", f"__node:={node.name}"]
    if node.log_level:
        arguments += ["--log-level", node.log_level]
    if node.params_file:
        arguments += ["--params-file", node.params_file]
    return [*arguments, "--params-file", str(write_parameters(node, folder))]


def write_parameters(node: NodeSpec, folder: Path) -> Path:
    """The node's parameters as a ROS parameter file, which keeps their types, unlike `-p`.

    Raises:
        OSError: it cannot be written.
    """
    path = folder / f"{node.name}.yaml"
    # Sections of parameter files count in the order in which their names were first met. No other
    # file has this name, so these parameters come last and go before all others.
    full_name = f"/**/**{node.namespace.rstrip('/')}/{node.name}"
    text = yaml.safe_dump({full_name: {"ros__parameters": node.parameters}}, sort_keys=False)
    path.write_text(text, encoding="utf-8")
    return path


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
