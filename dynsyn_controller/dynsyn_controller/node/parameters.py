"""The controller node's parameters: type, default, unit, range and description, beside the code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dynsyn_controller.node.parameter_table import Parameter, ParameterError, Value
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot_file import Robot, RobotFileError, load_robot

_LARGEST_SEED = 2**63 - 1
_COMMA = re.compile(r",(?![^\[]*\])")
"""A comma that is not within [ and ]."""

TABLE: tuple[Parameter, ...] = (
    Parameter(
        "robot_file",
        "",
        "Path of the robot file (YAML); a name without a slash, such as walker, is looked up among "
        "the shipped ones. Required.",
    ),
    Parameter(
        "modules",
        0,
        "Number of repeated body modules, for robot files that have them; 0: as the file says.",
        minimum=0,
        maximum=1000,
    ),
    Parameter(
        "learner",
        "",
        "Type of the learner; empty: the checkpoint's, or else the robot file's.",
    ),
    Parameter(
        "preset",
        "",
        "Preset of the learner; empty: the checkpoint's, or else the robot file's.",
    ),
    Parameter(
        "settings",
        "",
        "Settings of the learner and options of the network that replace the preset's, as "
        "name=value, separated by commas, such as learner.learning_rate=2.4e-5, "
        "network.adaptation=none.",
    ),
    Parameter("seed", 0, "Seed of a new-born lifetime.", minimum=0, maximum=_LARGEST_SEED),
    Parameter(
        "learning",
        True,
        "Learn; false: frozen, every weight stands at what has been learnt.",
        read_only=False,
    ),
    Parameter(
        "checkpoint_path",
        "",
        "File that the lifetime is continued from, where it exists, and saved to; empty: none.",
    ),
    Parameter(
        "checkpoint_period",
        60.0,
        "s between checkpoints; 0: only at shutdown and when asked for.",
        minimum=0.0,
        maximum=86400.0,
        read_only=False,
    ),
    Parameter(
        "lockstep",
        False,
        "One command for each observation, matched by its stamp, as fast as they come; false: "
        "fixed rate of the robot file.",
    ),
    Parameter(
        "realtime_factor",
        1.0,
        "Factor on the loop's rate, 1 on hardware; must be that of the simulation. Not used in "
        "lockstep.",
        minimum=0.01,
        maximum=100.0,
        read_only=False,
    ),
    Parameter(
        "reward_source",
        "topic",
        "Where the reward comes from: the topic reward, or computed here from the observation by "
        "the robot file's section reward.",
        choices=("topic", "computed"),
    ),
    Parameter(
        "effort_topic",
        "",
        "Topic on which the efforts are also published as std_msgs/Float64MultiArray, in the robot "
        "file's joint order, for ros2_control's effort controllers; empty: none.",
    ),
    Parameter(
        "slew_limit",
        0.0,
        "Largest change of an effort in one control step, as a fraction of the joint's effort "
        "limit; 0: not limited.",
        minimum=0.0,
        maximum=2.0,
    ),
    Parameter(
        "stale_periods",
        3.0,
        "Control periods without a message after which an observation (or the reward) is stale: "
        "neutral effort, learning paused. Not used in lockstep.",
        minimum=1.0,
        maximum=1000.0,
        read_only=False,
    ),
    Parameter(
        "operator_timeout",
        0.5,
        "s after which channels that may be absent, such as an operator's command, go back to "
        "their defaults.",
        minimum=0.01,
        maximum=3600.0,
        read_only=False,
    ),
    Parameter(
        "weights_rate",
        1.0,
        "Hz of dynsyn/weights; 0: only once, at activation.",
        minimum=0.0,
        maximum=100.0,
        read_only=False,
    ),
    Parameter(
        "activity_rate",
        10.0,
        "Hz of dynsyn/activity, at most the control rate; 0: none.",
        minimum=0.0,
        maximum=1000.0,
        read_only=False,
    ),
    Parameter(
        "autostart",
        True,
        "Configure and activate at start; false: a lifecycle manager does.",
    ),
)


@dataclass
class Settings:
    """Values of the table's parameters, by their names; see the table for what they mean."""

    robot_file: str
    modules: int
    learner: str
    preset: str
    settings: str
    seed: int
    learning: bool
    checkpoint_path: str
    checkpoint_period: float
    lockstep: bool
    realtime_factor: float
    reward_source: str
    effort_topic: str
    slew_limit: float
    stale_periods: float
    operator_timeout: float
    weights_rate: float
    activity_rate: float
    autostart: bool

    @property
    def checkpoint(self) -> Path | None:
        """The checkpoint file, absolute; None where none is kept."""
        if not self.checkpoint_path:
            return None
        return Path(self.checkpoint_path).expanduser().absolute()

    def read_robot(self) -> Robot:
        """The robot file that `robot_file` and `modules` name.

        Raises:
            ParameterError: none is named.
            RobotFileError: it cannot be used.
        """
        if not self.robot_file:
            raise ParameterError("robot_file: missing, expected the path or name of a robot file")
        path = Path(self.robot_file).expanduser()
        if "/" not in self.robot_file and path.suffix not in (".yaml", ".yml"):
            try:
                path = config_path(f"robots/{self.robot_file}.yaml")
            except FileNotFoundError as error:
                raise RobotFileError(f"robot_file: {error}") from None
        return load_robot(path, self.modules or None)

    @property
    def overrides(self) -> dict[str, dict[str, Any]]:
        """Settings "learner" and options "network", by name; checked where they are used.

        Raises:
            ParameterError: not of the form learner.name=value, ...
        """
        return parse_settings(self.settings)


def parse_settings(text: str) -> dict[str, dict[str, Any]]:
    """Mappings "learner" and "network" from "learner.name=value, network.name=value".

    Values are numbers, true, false, lists such as [64, 64], or words.

    Raises:
        ParameterError: an item without "=", of neither section, or a name given twice.
    """
    found: dict[str, dict[str, Any]] = {"learner": {}, "network": {}}
    for item in _COMMA.split(text):
        if not item.strip():
            continue
        name, equals, value = (part.strip() for part in item.partition("="))
        section, point, key = name.partition(".")
        if not (point and key and equals and value and section in found):
            raise ParameterError(
                f"settings: found {item.strip()!r}, expected learner.name=value or "
                "network.name=value"
            )
        if key in found[section]:
            raise ParameterError(f"settings: {name} is given twice")
        found[section][key] = _scalar(value)
    return found


def _scalar(text: str) -> Value | list:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)  # before YAML, to which 1e-5 is text
    except ValueError:
        pass
    value = yaml.safe_load(text)
    return value if isinstance(value, (bool, list)) else text
