"""A controller for a robot file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.robot.robot import Robot


def new_controller(
    robot: Robot,
    preset: str | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    learner: str | None = None,
    network: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> Controller:
    """A new-born lifetime for `robot`; the same arguments give the same life.

    Args:
        robot: a validated robot file.
        preset, settings, learner, network, options: see `Robot.choose`.
        seed: 0 or more.

    Raises:
        RobotFileError: the robot file's network or learner cannot be, or something chosen; or no
            lifetime of this network can be born.
    """
    if preset or settings or learner or network or options:
        robot = robot.choose(learner, preset, settings, network, options)
    robot.check_birth()
    return vacant_controller(robot, seed)


def vacant_controller(robot: Robot, seed: int = 0) -> Controller:
    """A controller for `robot` into which a lifetime from elsewhere is to be put.

    Args:
        robot: a validated robot file.
        seed: of what such a lifetime does not bring along, >= 0.
    """
    return Controller(robot.blueprint, robot.blueprint.new_state(seed))
