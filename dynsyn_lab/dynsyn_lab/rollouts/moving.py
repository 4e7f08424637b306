"""A checkpoint's lifetime in the body it is to live in, of the same length or another."""

from __future__ import annotations

from typing import Any

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.networks.base import TransferError
from dynsyn_controller.core.transfer import transfer
from dynsyn_controller.lifetime.checkpoint import (
    Checkpoint,
    CheckpointError,
    check_body,
    restore,
)
from dynsyn_controller.lifetime.factory import vacant_controller
from dynsyn_controller.robot.robot import Robot


def settle(
    saved: Checkpoint,
    robot: Robot,
    settings: dict[str, Any] | None = None,
    options: dict[str, Any] | None = None,
    transferring: bool = False,
    seed: int = 0,
) -> tuple[Robot, Controller]:
    """The lifetime of `saved`, ready to go on as `robot`, with its own network and learner.

    Args:
        saved: the checkpoint.
        robot: robot file of the body.
        settings: of the learner, in place of those it has lived by.
        options: of the network, of those that may be adjusted, likewise.
        transferring: copy modules, or leave them out, where the body has another number of them.
        seed: of what a moved lifetime must draw anew, >= 0.

    Returns:
        The robot file with the lifetime's network and learner, and the lifetime.

    Raises:
        CheckpointError: it is of another robot or network, or cannot be transferred; or the
            options ask for another network than it has.
        RobotFileError: a setting that cannot be.
    """
    other_length = robot.modules != saved.robot.modules and robot.name == saved.robot.name
    if not other_length:
        check_body(robot, saved)
    # a lifetime brings network and learner along; the body has no say in them
    own = robot.with_sections(saved.robot.network, saved.robot.learner)
    robot = own.choose(settings=settings, options=options) if settings or options else own
    fixed = [name for name in options or {} if name not in own.blueprint.network.adjustable]
    if fixed or own.blueprint.dtype != robot.blueprint.dtype:
        raise CheckpointError(
            f"checkpoint {saved.path}: found another network than these options ask for: "
            f"{', '.join(fixed or options or settings or ())}"
        )
    controller = vacant_controller(robot, seed)
    place(saved, robot, controller, transferring)
    return robot, controller


def place(
    saved: Checkpoint, robot: Robot, controller: Controller, transferring: bool = False
) -> None:
    """Put the lifetime of `saved` into `controller` of `robot`, in place; see `settle`."""
    if robot.modules == saved.robot.modules or robot.name != saved.robot.name:
        restore(controller, saved)
        return
    found = (
        f"checkpoint {saved.path}: made for {saved.robot.modules} joints, found a body of "
        f"{robot.modules}"
    )
    # it moves as it has lived, and goes on with the settings of `robot`
    own = robot.with_sections(saved.robot.network, saved.robot.learner)
    moved = Controller(own.blueprint, controller.state.copy())
    try:
        transfer(saved.controller(), moved)
    except TransferError as error:
        raise CheckpointError(f"{found}; {error}") from None
    if not transferring:
        raise CheckpointError(f"{found}; --transfer copies its modules or leaves them out")
    controller.state[...] = moved.state
