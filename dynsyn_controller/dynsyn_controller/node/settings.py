"""What the controller node's parameters ask for: robot, lifetime and how the guard is to act."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynsyn_controller.core.text_values import settings_of
from dynsyn_controller.lifetime.writer import Origin
from dynsyn_controller.node.guard_options import GuardOptions
from dynsyn_controller.node.parameter_table import ParameterError
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot import Robot, RobotFileError
from dynsyn_controller.robot.robot_file import load_robot


@dataclass
class Settings:
    """Values of the parameters, by their names; see `parameters.TABLE` for what they mean."""

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
