"""A checkpoint's lifetime in the body it is to live in, of the same length or another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.networks.ncap_transfer import TransferError, transfer
from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.checkpoint import Checkpoint, CheckpointError, restore
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.robot_file import Robot, load_robot, parse_robot
from dynsyn_lab.live.stack import Stack


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
        robot = _with_network(robot, saved.robot.network)
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


def _with_network(robot: Robot, network: dict[str, Any]) -> Robot:
    """`robot` with this section `network`, also in its source, which checkpoints keep."""
    if robot.network == network:
        return robot
    data = yaml.safe_load(robot.source)
    return parse_robot(yaml.safe_dump({**data, "network": network}, sort_keys=False))


def adopt(
    saved: Checkpoint, robot: Robot, rule: dict[str, Any], transferring: bool = False
) -> tuple[Robot, Controller]:
    """As `settle`, but with some settings of the rule other than those it has lived by.

    Raises:
        CheckpointError: see `settle`; or the settings ask for another network than it has.
        RobotFileError: a setting that cannot be.
    """
    robot, controller = settle(saved, robot, transferring)
    other = new_controller(robot, saved.preset, {**saved.settings, **rule})
    if other.state.dtype != controller.state.dtype:
        raise CheckpointError(
            f"checkpoint {saved.path}: found another network than these settings of the rule ask "
            f"for: {', '.join(rule)}"
        )
    other.state[...] = controller.state
    return robot, other


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
        saved = checkpoint.load(stack.shipped)
        restore(new_controller(_body(stack), saved.preset, saved.settings), saved)
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
    restore(new_controller(body, saved.preset, saved.settings), moved)
    checkpoint.save(target, robot, controller)
