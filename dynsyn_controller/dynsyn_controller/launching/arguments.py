"""The arguments of the launch files and of the commands that start the same nodes.

Quick to import: no NumPy, no ROS.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dynsyn_controller.core.schema import unknown_key
from dynsyn_controller.core.text_values import value_of
from dynsyn_controller.node.parameter_table import Parameter, ParameterError, Value, plain
from dynsyn_controller.node.safety_parameters import SAFETY

_SEEDS = 0, 2**63 - 1
AS_SEED = -1
"""The robot's seed where it is the controller's."""
DISARMED: dict[str, Value] = {"armed_at_start": False}
"""Of the controller alone, where neither an argument nor the parameter file says otherwise."""
LOG_LEVEL = "log_level"
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
        return plain(default)

    @property
    def description(self) -> str:
        """What it does, and what holds where it is not given and a launch file cannot show that."""
        text, default = self.parameter.description, self.parameter.default
        if not self.node_parameter or default == "":
            return text
        held = plain(DISARMED.get(self.node_parameter, default))
        return f"{text.rstrip('.')} (left out: as params_file says, or else {held})"


def _of_node(
    name: str,
    default: Value,
    text: str,
    *limits: float,
    choices: tuple[str, ...] = (),
    parameter: str = "",
) -> Argument:
    """An argument of the same name as the node's parameter, unless `parameter` is given."""
    return Argument(_parameter(name, default, text, limits, choices), parameter or name)


def _of_start(
    name: str, default: Value, text: str, *limits: float, choices: tuple[str, ...] = ()
) -> Argument:
    return Argument(_parameter(name, default, text, limits, choices))


def _parameter(
    name: str, default: Value, text: str, limits: tuple[float, ...], choices: tuple[str, ...]
) -> Parameter:
    low, high = limits or (-math.inf, math.inf)
    return Parameter(name, default, text, low, high, choices)


_STARTS = (
    _of_start("namespace", "", "namespace of all nodes and topics; one for each robot"),
    _of_start(
        "params_file", "", "ROS parameter file (YAML); arguments that are given go before it"
    ),
    _of_start(
        LOG_LEVEL,
        "",
        f"least severity that is logged: {', '.join(LOG_LEVELS)} (empty: info)",
        choices=("", *LOG_LEVELS),
    ),
)
"""What every start has."""

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
    _of_node(
        "exploration_limit",
        1.0,
        "largest share of its exploration at birth that a lifetime explores with (1: no limit)",
        0.001,
        1.0,
    ),
    _of_node(
        "evaluate_every",
        0,
        "one of so many episodes is lived without learning, to see what the lifetime can (0: none)",
        0,
        1_000_000,
    ),
    _of_node("record", "", "file (MCAP) into which the controller records what it takes and sends"),
    _of_node("use_sim_time", False, "the node's clock is the topic /clock"),
    *_STARTS,
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
    _of_node("learner", "", "what learns (left out: the checkpoint's, or else the robot file's)"),
    _of_node("preset", "", "preset of the learner (left out: as learner)"),
    _of_node("network", "", "type of the network (left out: as learner)"),
    _of_node("seed", 0, "seed of a new-born lifetime", *_SEEDS),
    _of_node("learning", True, "false: the weights stand still at what has been learnt"),
    _of_node(
        "effort_topic",
        "",
        "topic of ros2_control's forward_command_controller (std_msgs/Float64MultiArray)",
    ),
    _of_node("autostart", True, "false: a lifecycle manager configures and activates the node"),
    *(Argument(parameter, parameter.name) for parameter in SAFETY),
    *_NODES,
)
"""The controller alone: controller.launch.py and `dynsyn run`.

Settings of the learner and options of the network come beside them, as DOTTED has them.
"""

SIMULATION = (
    _of_start(
        "robot",
        "walker",
        "simulated robot: a name, gymnasium:ENV_ID, FILE.py:CLASS, or a robot file that says its "
        "simulation",
    ),
    _of_start(
        "joints", 0, "joints of a body that can have any number (0: as in its robot file)", 0, 1000
    ),
    _of_node("learner", "", "what learns (left out: the checkpoint's, or else the robot file's)"),
    _of_node("preset", "", "preset of the learner (left out: as learner)"),
    _of_node("network", "", "type of the network (left out: as learner)"),
    _of_start("seed", 0, "seed of the controller when it is born, and of the terrain", *_SEEDS),
    _of_start(
        "robot_seed",
        AS_SEED,
        f"seed of the terrain and of the start ({AS_SEED}: as seed)",
        AS_SEED,
        _SEEDS[1],
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

Options of the robot's body come beside them, too, as DOTTED has them.
"""

TELEOP = (
    _of_start(
        "device",
        "keyboard",
        "keyboard (in a window of its own) or joystick",
        choices=("keyboard", "joystick"),
    ),
    _of_start("topic", "command", "of the velocities, as the robot file's sensor command has it"),
    _of_start("stamped", False, "send TwistStamped, for a sensor of type command_stamped"),
    _of_start("speed", 0.5, "m/s, with the stick at its end or when a key is pressed", 0.0, 100.0),
    _of_start("turn", 1.0, "rad/s, likewise", 0.0, 100.0),
    *_STARTS,
)
"""An operator's velocities: teleop.launch.py."""

RESPAWN = _of_start(
    "respawn", False, "start a node again that has ended by itself; false: its end ends the launch"
)
RVIZ = _of_start("rviz", False, "show the body in RViz; the bridge sends its transforms")
"""Of launch files alone; the second of those that simulate."""

DOTTED = ("learner", "network")
"""Sections whose keys can be set in place of the preset's: `learner.KEY`, `network.KEY`."""
DOTTED_OF_SIMULATION = ("robot", *DOTTED)
"""Options of the body as well: `robot.KEY`."""


def from_text(argument: Argument, text: str) -> Value:
    """The value that `text`, as given to a launch file, stands for.

    Raises:
        ParameterError: it is not of the argument's type, or out of its range.
    """
    value = text if isinstance(argument.parameter.default, str) else value_of(text)
    return _checked(argument, value)


def _checked(argument: Argument, value: Any) -> Value:
    if argument.name == LOG_LEVEL:  # as ROS writes it, and Python
        level = str(value).lower().replace("warning", "warn")
        value = level if level in LOG_LEVELS else value
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
            values[argument.name] = _checked(argument, given[argument.name])
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


def settings_text(sections: dict[str, dict[str, Any]]) -> str:
    """The dotted arguments of learner and network as the node's parameter `settings` has them.

    Args:
        sections: section -> key -> value.
    """
    return ", ".join(
        f"{section}.{key}={value}"
        for section in DOTTED
        for key, value in sections.get(section, {}).items()
    )


def unknown_argument(name: str, known: Iterable[str]) -> str:
    """What to say of a name that is no argument."""
    return unknown_key(name, known).replace("key", "argument", 1)
