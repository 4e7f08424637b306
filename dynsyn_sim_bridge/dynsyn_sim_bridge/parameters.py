"""The bridge's parameters: type, default, unit, range and description, beside the code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dynsyn_controller.node.parameter_table import Parameter, ParameterError, Value, resolve
from dynsyn_controller.robot.robot import RobotFileError
from dynsyn_sim_bridge.robots.references import find
from dynsyn_sim_bridge.robots.spec import RobotSpec, describe

TABLE: tuple[Parameter, ...] = (
    Parameter(
        "robot",
        "walker",
        "Simulated robot: a name, gymnasium:ENV_ID, FILE.py:CLASS, or a robot file that says its "
        "simulation.",
    ),
    Parameter("seed", 0, "Seed of the terrain and of the start.", minimum=0, maximum=2**63 - 1),
    Parameter(
        "lockstep",
        False,
        "One control step for each command, matched by its stamp, as fast as commands come; "
        "false: real time.",
    ),
    Parameter(
        "realtime_factor",
        1.0,
        "Simulated seconds per second. Not used in lockstep.",
        minimum=0.01,
        maximum=100.0,
    ),
    Parameter(
        "command_timeout",
        0.1,
        "s (simulated) without a command after which the effort is zero. Not used in lockstep, "
        "where the simulation waits.",
        minimum=0.001,
        maximum=3600.0,
        read_only=False,
    ),
    Parameter(
        "effort_topic",
        "",
        "Topic of std_msgs/Float64MultiArray commands in the robot's joint order, taken beside "
        "joint_command; empty: none. Not possible in lockstep: these commands bear no stamp.",
    ),
    Parameter(
        "publish_tf",
        False,
        "Publish the frames of the body on /tf and /tf_static, at most 100 times a second.",
    ),
)


@dataclass
class Settings:
    """Values of the table's parameters, by their names.

    Attributes:
        robot: the robot that was asked for, with its options.
        table: the parameters of the bridge and of this robot.
        values: value of each of them.
    """

    robot: RobotSpec
    table: tuple[Parameter, ...]
    values: dict[str, Value]
    seed: int
    lockstep: bool
    realtime_factor: float
    command_timeout: float
    effort_topic: str
    publish_tf: bool

    @property
    def own_time(self) -> bool:
        """Time is the simulation's own, told on /clock; False: it is the node clock's."""
        return self.lockstep or self.realtime_factor != 1.0


def settings(overrides: dict[str, Any]) -> Settings:
    """What the bridge was asked for.

    Args:
        overrides: name -> value of the parameters given, options of the robot among them.

    Raises:
        ParameterError: an unknown parameter, a value that does not fit, or two that exclude
            each other.
        RobotFileError: the robot file cannot be.
    """
    by_name = {parameter.name: parameter for parameter in TABLE}
    reference: Any = by_name["robot"].check(overrides.get("robot", by_name["robot"].default))
    try:
        table = TABLE + find(reference).entry.options
        values = resolve(table, overrides)
        options = {name: value for name, value in overrides.items() if name not in by_name}
        robot = describe(reference, options)
    except (ParameterError, RobotFileError):
        raise
    except ValueError as error:
        raise ParameterError(f"robot: {error}") from None
    if values["lockstep"] and values["effort_topic"]:
        raise ParameterError(
            f"effort_topic: found {values['effort_topic']!r} in lockstep, where commands need a "
            "stamp; expected it empty"
        )
    own = {name: values[name] for name in by_name if name != "robot"}
    return Settings(robot=robot, table=table, values={**values, **robot.options}, **own)
