"""The arguments of the launch files and of the commands that start the same nodes.

Quick to import: no NumPy, no ROS.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dynsyn_controller.core.schema import unknown_key
from dynsyn_controller.node.parameter_table import Parameter, ParameterError, Value

LOG_LEVELS = ("debug", "info", "warn", "error", "fatal")


@dataclass(frozen=True)
class Argument:
    """One argument: `name:=TEXT` of a launch file, `--name VALUE` of a command.

    Attributes:
        parameter: its name, type, default, range and description.
        node_parameter: the parameter of the controller node that it sets where it is given. Where
            it is not, the parameter file has its say, and then the node's own default. Empty: it
            is an argument of the start itself.
    """

    parameter: Parameter
    node_parameter: str = ""

    @property
    def name(self) -> str:
        """As people type it in a launch file."""
        return self.parameter.name

    @property
    def left_out(self) -> str:
        """Text that a launch file has for it where it is not given."""
        default = self.parameter.default
        if self.node_parameter or default == "":
            return ""
        return str(default).lower() if isinstance(default, bool) else str(default)


def _of_node(name: str, default: Value, text: str, *limits: float, **more: Any) -> Argument:
    """An argument of the same name as the node's parameter, unless `parameter` is given."""
    target = more.pop("parameter", name)
    return Argument(Parameter(name, default, text, *limits, **more), target)


def _of_start(name: str, default: Value, text: str, *limits: float, **more: Any) -> Argument:
    return Argument(Parameter(name, default, text, *limits, **more))


_NODES = (
    _of_node(
        "reward_source",
        "topic",
        "where the reward comes from: topic, or computed by the robot file",
        choices=("topic", "computed"),
    ),
    _of_node(
        "slew_limit",
        0.0,
        "largest change of an effort in a control step, as a fraction of its limit (0: none)",
        0.0,
        2.0,
    ),
    _of_node(
        "stale_periods",
        3.0,
        "control periods after which an observation is stale: neutral effort",
        1.0,
        1000.0,
    ),
    _of_node("use_sim_time", False, "the node's clock is the topic /clock"),
    _of_start("namespace", "", "namespace of all nodes and topics; one for each robot"),
    _of_start(
        "params_file", "", "ROS parameter file (YAML); arguments that are given go before it"
    ),
    _of_start(
        "log_level",
        "",
        f"least severity that is logged: {', '.join(LOG_LEVELS)} (empty: info)",
        choices=("", *LOG_LEVELS),
    ),
)
"""What a controller and a simulation have in common."""

CONTROLLER = (
    _of_node("robot_file", "", "robot file (YAML), or the name of a shipped one"),
    _of_node(
        "checkpoint",
        "",
        "file that the lifetime is continued from, where it exists, and kept in",
        parameter="checkpoint_path",
    ),
    _of_node("preset", "", "preset of the learning rule"),
    _of_node("rule", "", "settings in place of the preset's, as name=value, name=value"),
    _of_node("seed", 0, "seed of a new-born lifetime", 0, 2**63 - 1),
    _of_node("learning", True, "false: the weights stand still at their centres"),
    _of_node(
        "effort_topic", "", "topic of a ros2_control effort controller (std_msgs/Float64MultiArray)"
    ),
    _of_node("autostart", True, "false: a lifecycle manager configures and activates the node"),
    *_NODES,
)
"""The controller alone: controller.launch.py and `dynsyn run`."""

SIMULATION = (
    _of_start("robot", "walker", "simulated robot, such as walker or walker_hardcore"),
    _of_start(
        "joints", 0, "joints of a body that can have any number (0: as in its robot file)", 0, 1000
    ),
    _of_node("preset", "", "preset of the learning rule (empty: the robot file's)"),
    _of_node(
        "rule", "", "settings in place of the preset's, such as learning_rate=2e-5,repulsion=false"
    ),
    _of_start(
        "seed", 0, "seed of the terrain, and of the controller when it is born", 0, 2**63 - 1
    ),
    _of_start(
        "checkpoint",
        "",
        "file that the lifetime is continued from and kept in (empty: in real time a file of this "
        "user for this robot, which begins as a copy of the shipped lifetime where there is one; "
        "in lockstep none, new-born)",
    ),
    _of_start(
        "transfer",
        False,
        "move the checkpoint's lifetime into a body with another number of joints: copy modules, "
        "or leave them out; it is kept in a file beside, FILE-JOINTS.ckpt",
    ),
    _of_start("from_scratch", False, "begin a new-born lifetime, kept only where checkpoint says"),
    _of_start("frozen", False, "do not learn: the weights stand still at their centres"),
    _of_start(
        "lockstep", False, "one command for each observation, as fast as possible, deterministic"
    ),
    _of_start(
        "realtime_factor", 1.0, "simulated seconds per second; not used in lockstep", 0.01, 100.0
    ),
    *_NODES,
)
"""A simulated robot with its controller: walker_sim.launch.py, `dynsyn sim` and others.

Options of the robot's body come beside them, as `robot.KEY`.
"""

RESPAWN = _of_start(
    "respawn", False, "start a node again that has ended by itself; false: its end ends the launch"
)
"""Of launch files alone."""

BODY = "robot."
"""What the names of the body's options begin with."""

_WORDS = {"true": True, "false": False}


def from_text(argument: Argument, text: str) -> Value:
    """The value that `text`, as given to a launch file, stands for.

    Raises:
        ParameterError: it is not of the argument's type, or out of its range.
    """
    kind = type(argument.parameter.default)
    try:
        value = _WORDS[text.strip().lower()] if kind is bool else kind(text)
    except (ValueError, KeyError):
        value = text  # which `check` refuses in its own words
    return argument.parameter.check(value)


def resolve(arguments: Iterable[Argument], given: dict[str, Value]) -> dict[str, Value]:
    """What was given, checked, and the defaults of the arguments of the start itself.

    Arguments that set a parameter of the node stay away where they are not given.

    Raises:
        ParameterError: a name that is no argument, or a value that cannot be.
    """
    arguments = list(arguments)
    known = {argument.name: argument for argument in arguments}
    for name in given:
        if name not in known:
            raise ParameterError(f"{name}: {unknown_argument(name, known)}")
    values = {}
    for argument in arguments:
        if argument.name in given:
            values[argument.name] = argument.parameter.check(given[argument.name])
        elif not argument.node_parameter:
            values[argument.name] = argument.parameter.default
    return values


def node_parameters(arguments: Iterable[Argument], values: dict[str, Value]) -> dict[str, Value]:
    """The parameters of the controller node that these values set."""
    return {
        argument.node_parameter: values[argument.name]
        for argument in arguments
        if argument.node_parameter and argument.name in values
    }


def unknown_argument(name: str, known: Iterable[str]) -> str:
    """What to say of a name that is no argument."""
    return unknown_key(name, known).replace("key", "argument", 1)
