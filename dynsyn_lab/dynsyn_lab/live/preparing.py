"""Robot file and lifetime of a simulated robot, put where its nodes look for them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.checkpoint import CheckpointError, check_same
from dynsyn_lab.live.stack import Stack
from dynsyn_lab.live.user_files import state_folder
from dynsyn_lab.rollouts.moving import settle


def prepare(stack: Stack) -> bool:
    """Put robot file and lifetime of a stack where its nodes look for them.

    A robot file that is not shipped is written. So is a lifetime that is elsewhere as yet: one to
    be moved into another body (`Stack.origin`), or the shipped one at a user's first run of this
    robot (`Stack.shipped`). The files that they come from are not written to.

    Returns:
        Whether the lifetime begins as a copy of the shipped one.

    Raises:
        CheckpointError: it does not fit the stack's body, or a file cannot be written; a folder
            that somebody named is not made.
    """
    if stack.robot_file_is_own:
        stack.robot_file.parent.mkdir(parents=True, exist_ok=True)
        checkpoint.write(stack.robot_file, stack.spec.robot.source.encode())
    if stack.checkpoint is None:
        return False
    begins = stack.origin is None and not stack.checkpoint.exists()
    shipped = stack.shipped if begins else None
    if shipped is not None:
        check_same(stack.spec.robot, checkpoint.load(shipped))
    folder = stack.checkpoint.parent
    if folder == state_folder():
        folder.mkdir(parents=True, exist_ok=True)
    elif not folder.is_dir():
        raise CheckpointError(f"checkpoint {stack.checkpoint}: there is no folder {folder}")
    if stack.origin is not None:
        _move(stack, stack.origin, stack.checkpoint)
    elif shipped is not None:
        checkpoint.write(stack.checkpoint, shipped.read_bytes())
    return shipped is not None


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
