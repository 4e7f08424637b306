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
from dynsyn_controller.robot.robot_file import Robot, load_robot
from dynsyn_lab.live.stack import Stack


def settle(saved: Checkpoint, robot: Robot, transferring: bool = False) -> tuple[Robot, Controller]:
    """The lifetime of `saved`, ready to go on as `robot`, with its own network and learner.

    Args:
        saved: the checkpoint.
        robot: robot file of the body.
        transferring: copy modules, or leave them out, where the body has another number of them.

    Returns:
        The robot file with the lifetime's network and learner, and the lifetime.

    Raises:
        CheckpointError: it is of another robot or network, or cannot be transferred.
    """
    other_length = robot.modules != saved.robot.modules and robot.name == saved.robot.name
    if not other_length:
        check_body(robot, saved)
    # a lifetime brings network and learner along; the body has no say in them
    robot = robot.with_sections(saved.robot.network, saved.robot.learner)
    controller = new_controller(robot)
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


def adopt(
    saved: Checkpoint,
    robot: Robot,
    settings: dict[str, Any] | None = None,
    options: dict[str, Any] | None = None,
    transferring: bool = False,
) -> tuple[Robot, Controller]:
    """As `settle`, but with some settings or options other than those it has lived by.

    Args:
        saved, robot, transferring: see `settle`.
        settings: of the learner.
        options: of the network, of those that may be adjusted.

    Raises:
        CheckpointError: see `settle`; or an option that makes another network of it.
        RobotFileError: a setting that cannot be.
    """
    robot, controller = settle(saved, robot, transferring)
    fixed = [name for name in options or {} if name not in controller.network.adjustable]
    changed = robot.choose(settings=settings, options=options)
    other = Controller(changed.blueprint, changed.blueprint.new_state(0))
    if fixed or other.state.dtype != controller.state.dtype:
        raise CheckpointError(
            f"checkpoint {saved.path}: found another network than these options ask for: "
            f"{', '.join(fixed or options or settings or ())}"
        )
    other.state[...] = controller.state
    return changed, other


def prepare(stack: Stack) -> None:
    """Put the lifetime that a stack is to go on with into its file, where it is elsewhere as yet.

    That is one to be moved into another body (`Stack.origin`), or the shipped one at a user's
    first run of this robot (`Stack.shipped`). Neither file is written to.

    Raises:
        CheckpointError: it does not fit the stack's body, or the file cannot be written.
    """
    if stack.checkpoint is None:
        return
    if stack.origin is not None:
        _move(stack, stack.origin, stack.checkpoint)
    elif stack.shipped is not None and not stack.checkpoint.exists():
        check_same(_body(stack), checkpoint.load(stack.shipped))
        stack.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        checkpoint.write(stack.checkpoint, stack.shipped.read_bytes())


def _body(stack: Stack) -> Robot:
    """The robot file that the stack's controller will load."""
    controls = next(node for node in stack.nodes if node.name == "controller").parameters
    return load_robot(str(controls["robot_file"]), modules=controls.get("modules"))


def _move(stack: Stack, origin: Path, target: Path) -> None:
    body, saved = _body(stack), checkpoint.load(origin)
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
