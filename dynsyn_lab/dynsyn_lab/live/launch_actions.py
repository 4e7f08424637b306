"""Launch actions for a simulated robot, made from the same description as `dynsyn sim`.

The only module that imports launch and launch_ros, which come with a ROS distribution.
"""

from __future__ import annotations

import shlex

from launch import LaunchContext
from launch.action import Action
from launch.actions import DeclareLaunchArgument, OpaqueFunction, Shutdown
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from dynsyn_controller.node.parameter_table import Parameter, Value
from dynsyn_lab.cli.stack_arguments import ARGUMENTS, from_text
from dynsyn_lab.live.processes import tethered
from dynsyn_lab.live.stack import NodeSpec, describe
from dynsyn_lab.rollouts.moving import prepare

STOPPING = {"sigterm_timeout": "10", "sigkill_timeout": "5"}
"""s: a node publishes its neutral effort and saves its lifetime before it ends."""


def simulation(**defaults: Value) -> list[Action]:
    """Launch arguments with descriptions, and the nodes of the stack that they describe.

    Args:
        defaults: other defaults than the stack's, by argument.
    """
    declared = [_declare(argument, defaults) for argument in ARGUMENTS]
    return [*declared, OpaqueFunction(function=_nodes)]


def _declare(argument: Parameter, defaults: dict[str, Value]) -> DeclareLaunchArgument:
    value = defaults.get(argument.name, argument.default)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return DeclareLaunchArgument(
        argument.name, default_value=text, description=argument.description
    )


def _nodes(context: LaunchContext) -> list[Node]:
    values = {
        argument.name: from_text(argument, LaunchConfiguration(argument.name).perform(context))
        for argument in ARGUMENTS
    }
    stack = describe(**values)
    if stack.checkpoint is not None:
        stack.checkpoint.parent.mkdir(parents=True, exist_ok=True)
    prepare(stack)
    return [_node(node, stack.namespace) for node in stack.nodes]


def _node(node: NodeSpec, namespace: str) -> Node:
    return Node(
        package=node.package,
        executable=node.executable,
        exec_name=node.executable,
        name=node.name,
        namespace=namespace,
        parameters=[node.parameters],
        # `ros2 launch` that is ended by SIGTERM leaves its processes behind.
        prefix=shlex.join(tethered([])),
        output="screen",
        on_exit=Shutdown(reason=f"{node.name} has ended"),
        **STOPPING,
    )
