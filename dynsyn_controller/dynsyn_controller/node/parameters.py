"""The controller node's parameters: type, default, unit, range and description, beside the code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynsyn_controller.core.text_values import settings_of
from dynsyn_controller.lifetime.writer import Origin
from dynsyn_controller.node.guard_options import GuardOptions
from dynsyn_controller.node.parameter_table import Parameter, ParameterError
from dynsyn_controller.node.safety_parameters import SAFETY
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot_file import Robot, RobotFileError, load_robot

_LARGEST_SEED = 2**63 - 1

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
        "network",
        "",
        "Type of the network; empty: the checkpoint's, or else the robot file's.",
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
        "exploration_limit",
        1.0,
        "Largest share of its exploration at birth (the swing of its weights) that a lifetime "
        "explores with while it learns: the smaller, the more it earns and the more slowly it "
        "learns; 1: no limit.",
        minimum=0.001,
        maximum=1.0,
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
        "copies_hourly",
        24,
        "Earlier copies kept beside the checkpoint, one of each hour lived.",
        minimum=0,
        maximum=10000,
    ),
    Parameter(
        "copies_daily",
        7,
        "Earlier copies kept beside the checkpoint, one of each day lived.",
        minimum=0,
        maximum=10000,
    ),
    Parameter(
        "rollback_fraction",
        0.5,
        "Part of the best mean reward that may be lost before the lifetime goes back by itself to "
        "the copy that earned most; 0: it never does.",
        minimum=0.0,
        maximum=10.0,
    ),
    Parameter(
        "evaluate_every",
        0,
        "One of so many episodes is lived without learning, to see what the lifetime can; 0: none.",
        minimum=0,
        maximum=1_000_000,
    ),
    Parameter(
        "lockstep",
        False,
        "One command for each observation, matched by its stamp, as fast as they come; false: "
        "fixed rate of the robot file.",
    ),
    Parameter(
        "bundled",
        False,
        "Take sensors and reward from the topic bundle, on which dynsyn's bridge sends them "
        "together, in place of their own topics: faster in lockstep.",
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
        "file's joint order, for ros2_control's forward_command_controller "
        "(interface_name: effort); empty: none.",
    ),
    Parameter(
        "slew_limit",
        0.0,
        "Largest change of an effort in one control step, as a fraction of the joint's effort "
        "limit; 0: not limited.",
        minimum=0.0,
        maximum=2.0,
    ),
    *SAFETY,
    Parameter(
        "stale_periods",
        3.0,
        "Control periods without a message after which an observation (or the reward) is stale: "
        "neutral effort, learning paused; a source slower than control has three periods of its "
        "own. Not used in lockstep.",
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
        "record",
        "",
        "File (MCAP) into which everything that is taken and sent is recorded, to be looked at and "
        "replayed; one that exists is kept, and the new one gets a number; empty: none.",
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
    network: str
    settings: str
    seed: int
    learning: bool
    exploration_limit: float
    checkpoint_path: str
    checkpoint_period: float
    copies_hourly: int
    copies_daily: int
    rollback_fraction: float
    evaluate_every: int
    lockstep: bool
    bundled: bool
    realtime_factor: float
    reward_source: str
    effort_topic: str
    slew_limit: float
    armed_at_start: bool
    ramp_time: float
    settle_time: float
    dry_run: bool
    deadman_topic: str
    deadman_timeout: float
    override_topic: str
    stale_periods: float
    stamp_tolerance: float
    wrong_stamps: str
    frozen_after: float
    frozen_readings: str
    operator_timeout: float
    weights_rate: float
    activity_rate: float
    record: str
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
        return read_robot(self.robot_file, self.modules)

    @property
    def tolerated_stamps(self) -> int | None:
        """ns that stamps may be off the node's clock; None: they are not held against it."""
        # a simulation that runs at another speed has a clock of its own
        if self.lockstep or self.realtime_factor != 1.0 or self.stamp_tolerance == 0:
            return None
        return round(self.stamp_tolerance * 1e9)

    @property
    def guard_options(self) -> GuardOptions:
        """How the guard is to act."""
        return GuardOptions(
            slew_limit=self.slew_limit,
            computed=self.reward_source == "computed",
            armed=self.armed_at_start,
            ramp_time=self.ramp_time,
            settle_time=0.0 if self.lockstep else self.settle_time,
            dry_run=self.dry_run,
            deadman=bool(self.deadman_topic),
            deadman_timeout=self.deadman_timeout,
            override_timeout=self.operator_timeout,
            rollback_fraction=self.rollback_fraction,
            evaluate_every=self.evaluate_every,
        )

    @property
    def origin(self) -> Origin:
        """What the lifetime begins from.

        Raises:
            ParameterError: `settings` is not of the form learner.name=value, ...
        """
        given = parse_settings(self.settings)
        return Origin(
            path=self.checkpoint,
            learner=self.learner or None,
            preset=self.preset or None,
            settings=given["learner"],
            network=self.network or None,
            options=given["network"],
            seed=self.seed,
        )


def read_robot(name: str, modules: int) -> Robot:
    """The robot file of this path or name.

    Args:
        name: its path, or without a slash the name of a shipped one.
        modules: number of repeated body modules; 0: as the file says.

    Raises:
        ParameterError: none is named.
        RobotFileError: it cannot be used.
    """
    if not name:
        raise ParameterError("robot_file: missing, expected the path or name of a robot file")
    path = Path(name).expanduser()
    if "/" not in name and path.suffix not in (".yaml", ".yml"):
        try:
            path = config_path(f"robots/{name}.yaml")
        except FileNotFoundError as error:
            raise RobotFileError(f"robot_file: {error}") from None
    return load_robot(path, modules or None)


def parse_settings(text: str) -> dict[str, dict[str, Any]]:
    """Mappings "learner" and "network" from "learner.name=value, network.name=value".

    Values are numbers, true, false, lists such as [64, 64], or words.

    Raises:
        ParameterError: an item without "=", of neither section, or a name given twice.
    """
    found: dict[str, dict[str, Any]] = {"learner": {}, "network": {}}
    try:
        settings = settings_of(text)
    except ValueError as error:
        raise ParameterError(f"settings: {error}") from None
    for name, value in settings.items():
        section, _, key = name.partition(".")
        if not key or section not in found:
            raise ParameterError(
                f"settings: found {name!r}, expected learner.name=value or network.name=value"
            )
        found[section][key] = value
    return found
