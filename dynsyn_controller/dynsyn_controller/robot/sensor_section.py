"""Section `sensors` of a robot file, and which sensor each channel of its observation reads.

A sensor that needs no options, on the topic that bears its type's name, needs no entry: a channel
just names it as its `source`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dynsyn_controller.core.schema import SchemaError, convert, parse, unknown_key
from dynsyn_controller.messages.base import Sensor
from dynsyn_controller.messages.registry import SENSORS
from dynsyn_controller.robot.observation import Channel

RESERVED = ("reward",)
"""Topics that are not a sensor's."""
_FILE = re.compile(r"(?P<path>.+\.py):(?P<name>[A-Za-z_][A-Za-z0-9_]*)\Z")


class SensorSection:
    """The sensors that a robot file lists; others are there by the name of their type.

    Args:
        entries: of the section; `type` is replaced in them by what can be found from anywhere.
        folder: of the robot file, which paths in `type` are relative to.

    Raises:
        SchemaError: an entry that cannot be, with its key.
    """

    def __init__(self, entries: Any, folder: Path) -> None:
        if not isinstance(entries, list):
            raise SchemaError("sensors", f"found {entries!r}, expected a list")
        self._listed: dict[str, Sensor] = {}
        for index, entry in enumerate(entries):
            sensor = _read(entry, f"sensors[{index}]", folder)
            if sensor.name in self._listed:
                raise SchemaError(
                    "sensors", f"name: {sensor.name!r} appears twice, expected unique names"
                )
            self._listed[sensor.name] = sensor

    def find(self, name: str) -> Sensor:
        """The sensor of this name.

        Raises:
            SchemaError: there is none.
        """
        if name in self._listed:
            return self._listed[name]
        if name in SENSORS:
            return SENSORS.find(name)()
        names = dict.fromkeys([*self._listed, *SENSORS.names])
        raise SchemaError("source", f"found {name!r}, expected one of {', '.join(names)}")

    def used(
        self, channels: Iterable[Channel], joints: tuple[str, ...], blocks: Iterable[str]
    ) -> tuple[Sensor, ...]:
        """The sensors that are read, told what the rest of the file says about them.

        Args:
            channels: the observation.
            joints: names of the robot's joints.
            blocks: names of blocks of the sensor vector that are read beside the observation.

        Raises:
            SchemaError: options that cannot be, two sensors on one topic, or a block that no sensor
                brings.
        """
        elements: dict[str, dict[str, None]] = {}
        for channel in channels:
            read = elements.setdefault(channel.source, {})
            if channel.element:
                read[channel.element] = None
        for block in blocks:
            elements.setdefault(block.split(".")[0], {})
        used: dict[str, Sensor] = {}
        for name, read in elements.items():
            try:
                sensor = self.find(name).bind(joints, tuple(read))
                sensor.check()
            except SchemaError as error:
                raise SchemaError(f"sensors: {name}", str(error)) from None
            if sensor.topic in (*RESERVED, *(other.topic for other in used.values())):
                raise SchemaError(
                    f"sensors: {name}", f"topic: {sensor.topic!r} is another's, expected its own"
                )
            used[name] = sensor
        for block in blocks:
            sensor = used[block.split(".")[0]]
            if block not in map(sensor.block_name, sensor.blocks()):
                raise SchemaError(f"sensors: {sensor.name}", f"brings no {block} for the reward")
        return tuple(used.values())


def read_channels(entries: Any, sensors: SensorSection) -> Any:
    """Channels as `Channel` has them: with what a sensor calls `joint`, `ray` or so as `element`.

    Raises:
        SchemaError: an unknown source, or a key that its channels do not have.
    """
    if not isinstance(entries, list):
        return entries  # which the reading of the whole file refuses
    return [
        _read_channel(entry, f"observation[{index}]", sensors) if isinstance(entry, dict) else entry
        for index, entry in enumerate(entries)
    ]


def migrate_scan(data: dict[str, Any]) -> None:
    """Turn section `scan`, which older files have, into an entry of section `sensors`, in place."""
    if "scan" in data:
        scan = data.pop("scan")
        if not isinstance(scan, dict):
            raise SchemaError("scan", f"found {scan!r}, expected a mapping of keys")
        data["sensors"] = [*data.get("sensors", []), {"name": "scan", **scan}]


def _read(entry: Any, where: str, folder: Path) -> Sensor:
    if not isinstance(entry, dict):
        raise SchemaError(where, f"found {entry!r}, expected a mapping of keys")
    kind = convert(str, entry.get("type", entry.get("name")), f"{where}.type")
    file = _FILE.match(kind)
    if file:
        kind = SENSORS.full_name(
            str(folder / Path(file["path"]).expanduser()) + kind[file.end(1) :]
        )
        entry["type"] = kind
    try:
        found = SENSORS.find(kind)
    except SchemaError as error:
        raise SchemaError(where, str(error).removeprefix("sensor.")) from None
    return parse(found, {key: value for key, value in entry.items() if key != "type"}, where)


def _read_channel(entry: dict[Any, Any], where: str, sensors: SensorSection) -> dict[Any, Any]:
    source = entry.get("source")
    if not isinstance(source, str):
        return entry
    try:
        sensor = sensors.find(source)
    except SchemaError as error:
        raise SchemaError(where, str(error)) from None
    known = {field.name for field in dataclasses.fields(Channel)} - {"element"} | {sensor.key}
    read = {}
    for key, value in entry.items():
        if key not in known:
            hint = unknown_key(str(key), sorted(known - {""})).removeprefix("unknown key")
            raise SchemaError(f"{where}.{key}", f"unknown key for source {source}{hint}")
        if key == sensor.key:
            read["element"] = str(convert(sensor.key_type, value, f"{where}.{key}"))
        else:
            read[key] = value
    return read
