"""A controller for a robot file: the one place where file, preset and overrides come together."""

from __future__ import annotations

from typing import Any

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.schema import SchemaError
from dynsyn_controller.robot.robot_file import Robot, RobotFileError


def new_controller(
    robot: Robot,
    preset: str | None = None,
    settings: dict[str, Any] | None = None,
    seed: int = 0,
) -> Controller:
    """A new-born lifetime for `robot`; the same arguments give the same life.

    Args:
        robot: a validated robot file.
        preset: name of a preset; None: the robot file's.
        settings: overrides of the rule's keys, on top of the robot file's section `rule`; the
            latter belong to the file's own preset and are left out under another one.
        seed: 0 or more.

    Raises:
        RobotFileError: the robot file's network or rule cannot be, or a setting.
    """
    chosen = preset or robot.preset
    own = robot.rule if chosen == robot.preset else {}
    try:
        return Controller.create(robot.body, chosen, {**own, **(settings or {})}, seed)
    except SchemaError as error:
        raise RobotFileError(f"robot {robot.name}: {error}") from None
