"""What a robot file must keep to beyond the types of its keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dynsyn_controller.core.schema import SchemaError
from dynsyn_controller.robot.sensors import BODY_FIELDS, JOINT_FIELDS

if TYPE_CHECKING:
    from dynsyn_controller.robot.robot_file import Channel, Robot

SOURCES = ("joint_states", "imu", "odom", "scan", "contacts", "command")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


def check_robot(robot: Robot) -> None:
    """Check what the types of a robot file leave open: ranges, names, and what goes with what.

    The sections network and learner are checked by `core.blueprint.Blueprint`.

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
    for joint in robot.joints:
        where = f"joints: {joint.name}"
        if joint.effort_limit <= 0:
            raise SchemaError(
                where, f"effort_limit: found {joint.effort_limit}, expected a number above 0"
            )
        if abs(joint.neutral_effort) > joint.effort_limit:
            raise SchemaError(
                where, f"neutral_effort: found {joint.neutral_effort}, beyond the effort_limit"
            )
    seen_range = False
    for channel in robot.observation:
        _check_channel(channel, robot)
        if channel.kind == "range":
            seen_range = True
        elif seen_range:
            raise SchemaError(
                f"observation: {channel.name}", "kind: a state after a range; states come first"
            )


def _check_unique(key: str, names) -> None:
    seen = set()
    for name in names:
        if name in seen:
            raise SchemaError(key, f"name: {name!r} appears twice, expected unique names")
        seen.add(name)


def _check_channel(channel: Channel, robot: Robot) -> None:
    where = f"observation: {channel.name}"
    _one_of(where, "source", channel.source, SOURCES)
    _one_of(where, "kind", channel.kind, ("state", "range"))
    for key in ("scale", "sensitivity"):
        if getattr(channel, key) == 0:
            raise SchemaError(where, f"{key}: found 0, expected another number")
    used = {"joint_states": "joint", "scan": "ray", "contacts": "contact"}.get(channel.source)
    for key, unset in (("joint", ""), ("ray", -1), ("contact", "")):
        given = getattr(channel, key) != unset
        if given != (key == used):
            expected = "missing" if key == used else "not used"
            raise SchemaError(where, f"{key}: {expected} for source {channel.source}")
    if channel.source == "joint_states":
        _one_of(where, "field", channel.field, JOINT_FIELDS)
        _one_of(where, "joint", channel.joint, robot.joint_names)
    elif channel.source in ("scan", "contacts"):
        if channel.field:
            raise SchemaError(where, f"field: not used for source {channel.source}")
        rays = robot.scan.rays if robot.scan else 0
        if channel.source == "scan" and not rays:
            raise SchemaError(where, "source: scan, but the file has no scan.rays")
        if channel.source == "scan" and not 0 <= channel.ray < rays:
            raise SchemaError(
                where, f"ray: found {channel.ray}, expected 0 to {rays - 1} (scan.rays)"
            )
    else:
        fields = [name for source, name in BODY_FIELDS if source == channel.source]
        _one_of(where, "field", channel.field, fields)


def _one_of(where: str, key: str, found: str, allowed) -> None:
    if found not in allowed:
        raise SchemaError(where, f"{key}: found {found!r}, expected one of {', '.join(allowed)}")
