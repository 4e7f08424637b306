"""Launch actions for the nodes that `nodes` and `dynsyn describe` describe.

The only file that imports launch and launch_ros, which come with a ROS distribution.
"""

from __future__ import annotations

import dataclasses
import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from launch import LaunchContext
from launch.action import Action
from launch.actions import DeclareLaunchArgument, OpaqueFunction, Shutdown
from launch.logging import launch_config
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from dynsyn_controller.launching import nodes
from dynsyn_controller.launching.arguments import (
    CONTROLLER,
    DOTTED,
    DOTTED_OF_SIMULATION,
    RESPAWN,
    RVIZ,
    SIMULATION,
    TELEOP,
    Argument,
    from_text,
    unknown_argument,
)
from dynsyn_controller.launching.nodes import MissingProgram, NodeSpec
from dynsyn_controller.node.parameter_table import ParameterError, Value
from dynsyn_controller.node.tether import tethered
from dynsyn_controller.robot.config_files import config_path

STOPPING = {"sigterm_timeout": "10", "sigkill_timeout": "5"}
"""s: a node publishes its neutral effort and saves its lifetime before it ends."""
RESPAWN_DELAY = 2.0  # s
_OF_LAUNCH = ("launch-prefix", "launch-prefix-filter")


def controller() -> list[Action]:
    """Launch arguments, and the controller in front of a robot's own drivers."""
    return _actions(CONTROLLER, (RESPAWN,), DOTTED, {}, _controller)


def simulation(robot: str) -> list[Action]:
    """Launch arguments, and the nodes of a simulated robot and its controller.

    Args:
        robot: the one that is meant where the argument `robot` is not given.
    """
    of_launch = (RESPAWN, RVIZ)
    return _actions(SIMULATION, of_launch, DOTTED_OF_SIMULATION, {"robot": robot}, _described)


def teleop() -> list[Action]:
    """Launch arguments, and what turns an operator's keys or sticks into velocities."""

    def start(context: LaunchContext) -> list[Action]:
        _refuse_unknown(context, {argument.name for argument in TELEOP})
        folder = Path(launch_config.log_dir)
        return [
            _of_distribution(node, folder) for node in nodes.teleoperation(_given(context, TELEOP))
        ]

    return [*(_declare(argument, {}) for argument in TELEOP), OpaqueFunction(function=start)]


def _actions(
    arguments: tuple[Argument, ...],
    of_launch: tuple[Argument, ...],
    sections: tuple[str, ...],
    defaults: dict[str, str],
    describe: Callable[[dict[str, Value], dict[str, str]], list[NodeSpec]],
) -> list[Action]:
    """Declarations of the arguments, and what starts the nodes.

    Args:
        arguments: that the nodes are described by.
        of_launch: that say how they are started.
        sections: whose keys may be given as well, as `SECTION.KEY`.
        defaults: other defaults than the arguments' own, by name.
        describe: nodes for the values and the dotted arguments given.
    """
    declared = (*arguments, *of_launch)

    def start(context: LaunchContext) -> list[Action]:
        dotted = _dotted(context, sections)
        _refuse_unknown(context, {*(argument.name for argument in declared), *dotted})
        given = _given(context, declared)
        respawn = bool(given.pop(RESPAWN.name, False))
        rviz = bool(given.pop(RVIZ.name, False))
        folder = Path(launch_config.log_dir)  # of this launch alone
        described = describe(given, dotted)
        if not rviz:
            return [_node(node, respawn, folder) for node in described]
        seen = [_node(_seen(node), respawn, folder) for node in described]
        return [_rviz(described[0].namespace), *seen]

    declarations = [_declare(argument, defaults) for argument in declared]
    return [*declarations, OpaqueFunction(function=start)]


def _declare(argument: Argument, defaults: dict[str, str]) -> DeclareLaunchArgument:
    return DeclareLaunchArgument(
        argument.name,
        default_value=defaults.get(argument.name, argument.left_out),
        description=argument.description,
    )


def _dotted(context: LaunchContext, sections: tuple[str, ...]) -> dict[str, str]:
    """The arguments `SECTION.KEY`, with that name."""
    return {
        name: text
        for name, text in context.launch_configurations.items()
        if name.partition(".")[0] in sections and "." in name
    }


def _refuse_unknown(context: LaunchContext, known: set[str]) -> None:
    """`ros2 launch` itself takes any NAME:=VALUE; a misspelt one would be silently ignored.

    Only where this launch file is the one on the command line: one that is included shares the
    arguments with others.

    Raises:
        ParameterError: a name that this launch file does not have.
    """
    file = Path(context.locals.current_launch_file_path).name
    if file not in (Path(word).name for word in sys.argv):
        return
    for text in context.argv:
        name = text.partition(":=")[0]
        if name not in known and name not in _OF_LAUNCH:
            raise ParameterError(f"{name}: {unknown_argument(name, sorted(known))}")


def _given(context: LaunchContext, arguments: Iterable[Argument]) -> dict[str, Value]:
    """Values of the arguments, without those that are left out.

    Raises:
        ParameterError: a text that is not of the argument's type, or out of its range.
    """
    texts = {
        argument: LaunchConfiguration(argument.name).perform(context) for argument in arguments
    }
    return {
        argument.name: from_text(argument, text)
        for argument, text in texts.items()
        if text != argument.left_out
    }


def _controller(given: dict[str, Value], dotted: dict[str, str]) -> list[NodeSpec]:
    sections: dict[str, dict[str, str]] = {}
    for name, text in dotted.items():
        section, _, key = name.partition(".")
        sections.setdefault(section, {})[key] = text
    return [nodes.controller(given, sections)]


def _described(given: dict[str, Value], dotted: dict[str, str]) -> list[NodeSpec]:
    """The nodes of a simulation, as `dynsyn describe` of package dynsyn_lab describes them.

    They are asked for in a process: what is installed on a robot does not import what simulates it.

    Raises:
        MissingProgram: a package is not installed.
        ParameterError: what is asked for cannot be; in the words of `dynsyn describe`.
    """
    dynsyn = nodes.package_prefix("dynsyn_lab") / "bin" / "dynsyn"
    if not dynsyn.is_file():
        raise MissingProgram(f"{dynsyn} is missing: build package dynsyn_lab again")
    flags = [_flag(name, value) for name, value in (*given.items(), *dotted.items())]
    asked = subprocess.run(
        [str(dynsyn), "describe", *flags], capture_output=True, text=True, check=False
    )
    if asked.returncode != 0:
        lines = asked.stderr.strip().splitlines() or [f"dynsyn describe: {asked.returncode}"]
        raise ParameterError(lines[-1].partition("error: ")[2] or lines[-1])
    return [NodeSpec.from_data(data) for data in json.loads(asked.stdout)]


def _flag(name: str, value: Value) -> str:
    """What the command line of `dynsyn` has for an argument of a launch file."""
    if name == "robot":
        return str(value)
    flag = name if "." in name else name.replace("_", "-")
    if isinstance(value, bool):
        return f"--{flag}" if value else f"--no-{flag}"
    return f"--{flag}={value}"


def _seen(node: NodeSpec) -> NodeSpec:
    """The bridge sends transforms, too."""
    if node.executable != "bridge_node":
        return node
    return dataclasses.replace(node, parameters={**node.parameters, "publish_tf": True})


def _rviz(namespace: str) -> Node:
    """RViz with the shipped view; its end ends nothing else.

    Raises:
        MissingProgram: it is not installed.
    """
    _look_for("rviz2", "rviz2", "rviz:=true")
    view = config_path("rviz/robot.rviz")
    return Node(
        package="rviz2", executable="rviz2", namespace=namespace, arguments=["-d", str(view)]
    )


def _of_distribution(node: NodeSpec, folder: Path) -> Node:
    """A node of another package, which handles signals in its own way.

    Raises:
        MissingProgram: it is not installed, or a window for a keyboard is not.
    """
    of_keyboard = node.executable == "teleop_twist_keyboard"
    _look_for(node.package, node.executable, f"device:={'keyboard' if of_keyboard else 'joystick'}")
    window: list[str] = []
    if of_keyboard:  # it reads a terminal; `ros2 launch` gives none to its processes
        terminal = shutil.which("xterm")
        if terminal is None:
            raise MissingProgram(
                "device:=keyboard: xterm is not installed: sudo apt install xterm; or, without a "
                "window: ros2 run teleop_twist_keyboard teleop_twist_keyboard"
            )
        window = [terminal, "-e"]
    return _process(node, folder, tethered(window), False)


def _look_for(package: str, executable: str, wanted_by: str) -> None:
    """Check that a package of the ROS distribution is installed.

    Raises:
        MissingProgram: it is not.
    """
    try:
        nodes.program(package, executable)
    except MissingProgram:
        raise MissingProgram(
            f"{wanted_by}: package {package} is not installed: sudo apt install "
            f"ros-$ROS_DISTRO-{package.replace('_', '-')}"
        ) from None


def _node(node: NodeSpec, respawn: bool, folder: Path) -> Node:
    nodes.program(node.package, node.executable)  # raises where it is missing, in our words
    return _process(node, folder, tethered(deferring=True), respawn)


def _process(node: NodeSpec, folder: Path, prefix: list[str], respawn: bool) -> Node:
    ends = Shutdown(reason=f"{node.name} has ended")
    return Node(
        package=node.package,
        executable=node.executable,
        exec_name=node.executable,
        name=node.name,
        namespace=node.namespace,
        parameters=nodes.parameter_files(node, folder),
        remappings=list(node.remappings.items()),
        ros_arguments=["--log-level", node.log_level] if node.log_level else [],
        # `ros2 launch` that is ended by SIGTERM or killed leaves its processes behind.
        prefix=shlex.join(prefix),
        output="screen",
        respawn=respawn,
        respawn_delay=RESPAWN_DELAY,
        on_exit=None if respawn else ends,
        **STOPPING,
    )
