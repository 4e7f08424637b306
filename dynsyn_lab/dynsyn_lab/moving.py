"""A checkpoint's lifetime in the body it is to live in, of the same length or another."""

from __future__ import annotations

from dataclasses import replace

from dynsyn_controller.checkpoint import Checkpoint, CheckpointError, restore
from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.ncap_transfer import TransferError, transfer
from dynsyn_controller.lifetime import new_controller
from dynsyn_controller.robot import Robot


def settle(saved: Checkpoint, robot: Robot, transferring: bool = False) -> tuple[Robot, Controller]:
    """The lifetime of `saved`, ready to go on as `robot`, with its own network options and rule.

    Args:
        saved: the checkpoint.
        robot: robot file of the body.
        transferring: copy modules, or leave them out, where the body has another number of them.

    Returns:
        The robot file with the lifetime's network options, and the lifetime.

    Raises:
        CheckpointError: it is of another robot or network, or cannot be transferred.
    """
    if robot.network["type"] == saved.robot.network["type"]:
        # a lifetime brings its network's options along; the body has no say in them
        robot = replace(robot, network=saved.robot.network)
    controller = new_controller(robot, saved.preset, saved.settings)
    other_length = robot.modules != saved.robot.modules and robot.name == saved.robot.name
    if not other_length:
        restore(controller, saved)
        return robot, controller
    if not transferring:
        raise CheckpointError(
            f"checkpoint {saved.path}: made for {saved.robot.modules} joints, found a body of "
            f"{robot.modules}; --transfer copies its modules or leaves them out"
        )
    try:
        transfer(saved.controller(), controller)
    except TransferError as error:
        raise CheckpointError(f"checkpoint {saved.path}: {error}") from None
    return robot, controller
