"""Reads the robot file: what is said there about one robot, in YAML, and checks it.

Trainer, simulator and node read the same file, so that nothing about a robot is said twice.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from dynsyn_controller.core.blueprint import Blueprint, choose_network
from dynsyn_controller.core.schema import SchemaError, parse, unknown_key
from dynsyn_controller.robot.command import check_command
from dynsyn_controller.robot.migration import newest_version
from dynsyn_controller.robot.observation import check_channels
from dynsyn_controller.robot.robot import Robot, RobotFileError
from dynsyn_controller.robot.safety.options import check_joint, check_safety
from dynsyn_controller.robot.sensor_section import SensorSection, migrate_scan, read_channels

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's, where PyYAML has it: a tenth of the time."""
_DEEPEST = 50
"""Levels of a robot file; far beyond them a loader would overflow its stack."""


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
    return parse_robot(text, modules, str(path), network, folder=path.parent)


def parse_robot(
    text: str,
    modules: int | None = None,
    where: str = "robot file",
    network: Mapping[str, Any] | None = None,
    folder: Path = Path(),
) -> Robot:
    """Validate the text of a robot file; see `load_robot`.

    Args:
        folder: that paths in it are relative to.
    """
    try:
        data = _load_yaml(text)
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
            data["network"] = choose_network(data["network"], options=network)
        migrate_scan(data)
        for key in data.keys() & {"joints", "sensors", "observation"}:
            data[key] = _expand(data[key], data.get("modules", 0))
        robot = _read(data, folder)
        Blueprint(robot.body, robot.network, robot.learner)
    except SchemaError as error:
        raise RobotFileError(f"{where}: {error}") from None
    document = {key: value for key, value in data.items() if key not in ("network", "learner")}
    return dataclasses.replace(robot, document=version | document)


_KEYS = tuple(field.name for field in dataclasses.fields(Robot) if field.name != "document")


def _read(data: dict[str, Any], folder: Path) -> Robot:
    """The robot that a file describes, sensors and all, checked."""
    sensors = SensorSection(data.get("sensors", []), folder)
    plain = {key: value for key, value in data.items() if key != "sensors"}
    if "observation" in plain:
        plain["observation"] = read_channels(plain["observation"], sensors)
    robot = parse(Robot, plain)
    _check(robot)
    channels = (*robot.observation, *robot.safety_channels)
    used = sensors.used(channels, robot.joint_names, robot.reward_blocks)
    check_channels(robot.observation, {sensor.name: sensor for sensor in used})
    check_safety(robot.safety, (*(sensor.name for sensor in used), "reward"))
    return dataclasses.replace(robot, sensors=used)


def _check(robot: Robot) -> None:
    """Check what the types of a robot file leave open about the body: ranges and names.

    Raises:
        SchemaError: the first thing that cannot be, with its key and what was expected.
    """
    if not _NAME.match(robot.name):
        raise SchemaError("name", f"found {robot.name!r}, expected letters, digits and underscores")
    for key in ("control_rate", "time_scale"):
        if getattr(robot, key) <= 0:
            raise SchemaError(key, f"found {getattr(robot, key)}, expected a number above 0")
    if not robot.joints:
        raise SchemaError("joints", "found none, expected at least one")
    if not robot.observation:
        raise SchemaError("observation", "found no channel, expected at least one")
    _check_unique("joints", robot.joint_names)
    _check_unique("observation", [channel.name for channel in robot.observation])
    check_command(robot.command, robot.joints)
    for joint in robot.joints:
        check_joint(joint)
    for key in ("speed_limit", "largest"):
        value = getattr(robot.reward, key)
        if value is not None and value <= 0:
            raise SchemaError(f"reward.{key}", f"found {value}, expected a number above 0")


def _check_unique(key: str, names: Iterable[str]) -> None:
    seen = set()
    for name in names:
        if name in seen:
            raise SchemaError(key, f"name: {name!r} appears twice, expected unique names")
        seen.add(name)


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


def _load_yaml(text: str) -> Any:
    # Parsed twice: libyaml does not compose from events, and PyYAML's own composer takes as long as
    # libyaml's second pass.
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise yaml.YAMLError(f"found more than {_DEEPEST} levels of lists and mappings")
    return yaml.load(text, Loader=_LOADER)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
