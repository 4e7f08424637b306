"""The robot file: names, order, units, limits and scales of one robot, read from YAML.

Trainer, simulator and node read the same file, so that nothing about a robot is said twice.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from dynsyn_controller.core.blueprint import Blueprint, choose_learner
from dynsyn_controller.core.networks.base import Body
from dynsyn_controller.core.schema import SchemaError, parse, unknown_key
from dynsyn_controller.robot.checks import check_robot
from dynsyn_controller.robot.migration import newest_version
from dynsyn_controller.robot.sensors import SensorLayout


class RobotFileError(ValueError):
    """A robot file that cannot be used; the message names file, key and what is expected."""


@dataclass(frozen=True)
class Joint:
    """One actuated joint.

    Attributes:
        name: as in joint_states and the command.
        effort_limit: largest |effort|, > 0, in N m (revolute) or N (prismatic); network output 1
            stands for it.
        neutral_effort: effort when the controller is stale, stopped or shut down, within the limit.
    """

    name: str
    effort_limit: float
    neutral_effort: float = 0.0


@dataclass(frozen=True)
class Channel:
    """One element of the observation: value = scale * (reading + offset).

    Attributes:
        name: unique.
        source: topic the reading comes from: joint_states, imu, odom, scan, contacts or command.
        field: element of the message, e.g. "position" (joint_states), "orientation.pitch" (imu),
            "twist.linear.x" (odom), "linear.x" (command); empty for scan and contacts.
        joint, ray, contact: which one, for the sources joint_states, scan and contacts.
        unit: SI unit of the reading, for people.
        offset: added to the reading, in its unit.
        scale: observation per unit of the reading, not 0.
        sensitivity: factor on the observation before the first layer of neurons, not 0.
        kind: "state" (signed) or "range" (a distance); states come first.
        default: reading until the first message and when it goes stale, for channels that may be
            absent (an operator's command); None: the channel is required.
    """

    name: str
    source: str
    field: str = ""
    joint: str = ""
    ray: int = -1
    contact: str = ""
    unit: str = ""
    offset: float = 0.0
    scale: float = 1.0
    sensitivity: float = 1.0
    kind: str = "state"
    default: float | None = None


@dataclass(frozen=True)
class Scan:
    """The lidar: number of rays in a LaserScan message that channels count from 0."""

    rays: int


@dataclass(frozen=True)
class Reward:
    """Reward from the robot's own sensors, for robots on which nobody else publishes it.

    Per step: progress * (x - previous x) - tilt * (tilt angle - previous tilt angle)
    - effort * sum(|effort| / effort_limit), and `fall` instead of all that on a fall.

    Attributes:
        progress: per m of odom.pose.position.x.
        tilt: per rad of the tilt: the angle between the body's z axis (imu) and the vertical.
        effort: per step and joint at full effort.
        fall: reward of the step in which the body falls.
        fall_threshold: a terminal reward at or below this counts as a fall.
    """

    progress: float = 0.0
    tilt: float = 0.0
    effort: float = 0.0
    fall: float = 0.0
    fall_threshold: float = -50.0


@dataclass(frozen=True)
class Fall:
    """When the body counts as fallen: tilted beyond a limit, or odom height z below one.

    Attributes:
        tilt_limit: rad; infinite: not looked at.
        height_minimum: m; minus infinite: not looked at.
    """

    tilt_limit: float = math.inf
    height_minimum: float = -math.inf


@dataclass(frozen=True)
class Robot:
    """A validated robot file.

    Attributes:
        name: unique among the robots, e.g. "walker".
        description: one line for people.
        control_rate: Hz, > 0; the loop's rate.
        time_scale: milliseconds of the rule per millisecond of the robot, > 0.
        joints: in the order of the effort vector.
        observation: channels in the order of the observation vector.
        scan: the lidar, where there is one.
        network: section `network`: key type and options of that network.
        learner: section `learner`: keys type and preset, and settings of that learner.
        reward, fall: see their classes.
        document: the file as a mapping, but for the sections network and learner.
    """

    name: str
    description: str
    control_rate: float
    time_scale: float
    joints: tuple[Joint, ...]
    observation: tuple[Channel, ...]
    network: dict[str, Any]
    learner: dict[str, Any] = field(default_factory=lambda: {"type": "dynamic_synapse"})
    scan: Scan | None = None
    reward: Reward = field(default_factory=Reward)
    fall: Fall = field(default_factory=Fall)
    modules: int = 0
    document: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def source(self) -> str:
        """The robot file as YAML text, kept in checkpoints and run folders."""
        sections = {"network": self.network, "learner": self.learner}
        return yaml.safe_dump({**self.document, **sections}, sort_keys=False)

    @cached_property
    def blueprint(self) -> Blueprint:
        """Network and learner of this robot.

        Raises:
            RobotFileError: they cannot be; not for a robot file that has been read.
        """
        try:
            return Blueprint(self.body, self.network, self.learner)
        except SchemaError as error:
            raise RobotFileError(f"robot {self.name}: {error}") from None

    @property
    def dt(self) -> float:
        """Control step in the rule's own milliseconds."""
        return self.time_scale * 1000.0 / self.control_rate

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Names of the joints in the order of the effort vector."""
        return tuple(joint.name for joint in self.joints)

    @property
    def layout(self) -> SensorLayout:
        """Layout of the sensor vector that holds all that the observation reads."""
        contacts = dict.fromkeys(c.contact for c in self.observation if c.source == "contacts")
        rays = self.scan.rays if self.scan else 0
        return SensorLayout(self.joint_names, rays, tuple(contacts))

    @property
    def body(self) -> Body:
        """What the network is told of this robot."""
        joints = range(len(self.joints))
        channels = tuple({} for _ in joints)
        for index, channel in enumerate(self.observation):
            if channel.source == "joint_states" and channel.kind == "state":
                channels[self.joint_names.index(channel.joint)][channel.field] = index
        return Body(
            joints=self.joint_names,
            effort_limit=np.array([joint.effort_limit for joint in self.joints]),
            states=tuple(c.name for c in self.observation if c.kind == "state"),
            ranges=tuple(c.name for c in self.observation if c.kind == "range"),
            joint_channels=channels,
            sensitivity=np.array([channel.sensitivity for channel in self.observation]),
            fall_threshold=self.reward.fall_threshold,
            dt=self.dt,
        )

    def choose(
        self,
        learner: str | None = None,
        preset: str | None = None,
        settings: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Robot:
        """This robot with another learner, preset, settings of the learner, options of the network.

        What is not given stays as it is, but for settings of the file, which belong to its own
        learner and preset (see `blueprint.choose_learner`).

        Raises:
            RobotFileError: something that cannot be.
        """
        try:
            chosen = choose_learner(self.learner, learner, preset, settings)
        except SchemaError as error:
            raise RobotFileError(f"robot {self.name}: {error}") from None
        return self.with_sections({**self.network, **(options or {})}, chosen)

    def with_sections(self, network: Mapping[str, Any], learner: Mapping[str, Any]) -> Robot:
        """This robot with other sections.

        Raises:
            RobotFileError: something that cannot be.
        """
        robot = dataclasses.replace(self, network=dict(network), learner=dict(learner))
        _ = robot.blueprint
        return robot

    def complete(self) -> Robot:
        """This robot with nothing in its sections left to presets and defaults."""
        return self.with_sections(**self.blueprint.sections)


def load_robot(
    path: str | Path, modules: int | None = None, network: Mapping[str, Any] | None = None
) -> Robot:
    """Read and validate a robot file.

    Args:
        path: the YAML file.
        modules: replaces the file's key `modules`, the number of repeated body modules; entries
            whose strings hold "{i}" are written once for each i from 1 to modules.
        network: options in place of those of the file's section `network`, by name.

    Raises:
        RobotFileError: the file is missing, is not YAML, or says something that cannot be.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise RobotFileError(f"robot file {path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RobotFileError(f"robot file {path}: not UTF-8 text") from None
    return parse_robot(text, modules=modules, where=str(path), network=network)


def parse_robot(
    text: str,
    modules: int | None = None,
    where: str = "robot file",
    network: Mapping[str, Any] | None = None,
) -> Robot:
    """Validate the text of a robot file; see `load_robot`."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RobotFileError(f"{where}: not valid YAML: {_one_line(error)}") from None
    if not isinstance(data, dict):
        raise RobotFileError(f"{where}: expected a mapping of keys, found {type(data).__name__}")
    try:
        data = newest_version(data)
        version = {"version": data.pop("version")}
        if "document" in data:
            raise SchemaError("document", unknown_key("document", _KEYS))
        if modules is not None:
            if "modules" not in data:
                raise SchemaError("modules", "this robot's body has a fixed number of modules")
            data["modules"] = modules
        if network and isinstance(data.get("network"), dict):
            data["network"] = {**data["network"], **network}
        for key in data.keys() & {"joints", "observation"}:
            data[key] = _expand(data[key], data.get("modules", 0))
        robot = parse(Robot, data)
        check_robot(robot)
        Blueprint(robot.body, robot.network, robot.learner)
    except SchemaError as error:
        raise RobotFileError(f"{where}: {error}") from None
    document = {key: value for key, value in data.items() if key not in ("network", "learner")}
    return dataclasses.replace(robot, document=version | document)


_KEYS = tuple(field.name for field in dataclasses.fields(Robot) if field.name != "document")


def _expand(entries: Any, modules: Any) -> Any:
    if not isinstance(entries, list) or not isinstance(modules, int):
        return entries
    expanded = []
    for entry in entries:
        if isinstance(entry, dict) and any("{i}" in str(value) for value in entry.values()):
            expanded += [_fill(entry, number) for number in range(1, modules + 1)]
        else:
            expanded.append(entry)
    return expanded


def _fill(entry: dict, number: int) -> dict:
    return {
        key: value.replace("{i}", str(number)) if isinstance(value, str) else value
        for key, value in entry.items()
    }


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
