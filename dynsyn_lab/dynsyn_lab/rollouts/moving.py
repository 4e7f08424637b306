"""A checkpoint's lifetime in the body it is to live in, of the same length or another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.networks.base import TransferError
from dynsyn_controller.core.transfer import transfer
from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.checkpoint import (
    Checkpoint,
    CheckpointError,
    check_body,
    check_same,
    restore,
)
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.robot_file import Robot
from dynsyn_lab.live.stack import Stack


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
    controller = new_controller(robot, seed=seed)
    place(saved, robot, controller, transferring)
    return robot, controller


def place(
    saved: Checkpoint, robot: Robot, controller: Controller, transferring: bool = False
) -> None:
    """Put the lifetime of `saved` into `controller` of `robot`, in place; see `settle`."""
    if robot.modules == saved.robot.modules or robot.name != saved.robot.name:
        restore(controller, saved)
        return
    if not transferring:
        raise CheckpointError(
            f"checkpoint {saved.path}: made for {saved.robot.modules} joints, found a body of "
            f"{robot.modules}; --transfer copies its modules or leaves them out"
        )
    # it moves as it has lived, and goes on with the settings of `robot`
    own = robot.with_sections(saved.robot.network, saved.robot.learner)
    moved = Controller(own.blueprint, controller.state.copy())
    try:
        transfer(saved.controller(), moved)
    except TransferError as error:
        raise CheckpointError(f"checkpoint {saved.path}: {error}") from None
    controller.state[...] = moved.state


def prepare(stack: Stack) -> None:
    """Put robot file and lifetime of a stack where its nodes look for them.

    A robot file that is not shipped is written. So is a lifetime that is elsewhere as yet: one to
    be moved into another body (`Stack.origin`), or the shipped one at a user's first run of this
    robot (`Stack.shipped`). The files that they come from are not written to.

    Raises:
        CheckpointError: it does not fit the stack's body, or a file cannot be written.
    """
    if stack.robot_file_is_own:
        stack.robot_file.parent.mkdir(parents=True, exist_ok=True)
        checkpoint.write(stack.robot_file, stack.spec.robot.source.encode())
    if stack.checkpoint is None:
        return
    if stack.origin is not None:
        _move(stack, stack.origin, stack.checkpoint)
    elif stack.shipped is not None and not stack.checkpoint.exists():
        check_same(stack.spec.robot, checkpoint.load(stack.shipped))
        stack.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        checkpoint.write(stack.checkpoint, stack.shipped.read_bytes())


def _move(stack: Stack, origin: Path, target: Path) -> None:
    body, saved = stack.spec.robot, checkpoint.load(origin)
    if saved.robot.name == body.name and saved.robot.modules == body.modules:
        raise CheckpointError(
            f"checkpoint {saved.path}: made for {body.modules} joints, as this body has: there is "
            "nothing to transfer"
        )
    robot, controller = settle(saved, body, transferring=True)
    # The node takes its network from the robot file: what it would refuse is not written.
    moved = replace(saved, robot=robot, state=controller.state)
    check_same(body, moved)
    checkpoint.save(target, robot, controller)
