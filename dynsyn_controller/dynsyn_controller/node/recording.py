"""What a node puts on a tape: all messages taken and sent, and what each step made of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.checkpoint import CheckpointError
from dynsyn_controller.lifetime.writer import CheckpointWriter
from dynsyn_controller.messages.conversions import set_stamp
from dynsyn_controller.messages.wire import sending_form
from dynsyn_controller.node.guard import Guard
from dynsyn_controller.node.tape import Tape, TapeError
from dynsyn_controller.robot.robot_file import Robot
from dynsyn_msgs.msg import ControlStep

STEPS = "dynsyn/steps"
VERSION = 1


class Recording:
    """Records while a tape is in.

    Args:
        robot: the robot file.
        guard: acts for it.
        writer: of its checkpoint.
        name: makes a topic's full name.
        lockstep: of the node.
        failed: told why a recording has ended that nobody ended.
    """

    def __init__(
        self,
        robot: Robot,
        guard: Guard,
        writer: CheckpointWriter,
        name: Callable[[str], str],
        lockstep: bool,
        failed: Callable[[str], None],
    ) -> None:
        self._robot, self._guard, self._checkpoints = robot, guard, writer
        self._name, self._lockstep, self._failed = name, lockstep, failed
        self._names: dict[str, str] = {}
        self._tape: Tape | None = None
        self._offset = 0
        joints, channels = [0.0] * len(robot.joints), [0.0] * len(robot.observation)
        step = ControlStep(observation=channels, wanted=joints, effort=joints)
        self._step = sending_form(step)

    @property
    def path(self) -> Path | None:
        """Of the file; None: nothing is recorded."""
        return self._tape.path if self._tape else None

    def begin(self, path: Path) -> Path:
        """Record from now on; the lifetime of now is saved beside the file, as NAME.ckpt.

        Returns:
            Path of the file, which gets a number where there is one already.

        Raises:
            TapeError: it cannot be written, or something is being recorded.
        """
        if self._tape is not None:
            raise TapeError(f"recording {self._tape.path}: goes on; end it first")
        guard = self._guard
        self._offset = time.time_ns() - time.monotonic_ns()
        about = {
            "version": VERSION,
            "robot": self._robot.name,
            "lockstep": self._lockstep,
            "computed": guard.rewards.computed,
            "offset": self._offset,
            "steps": guard.controller.steps,
            "topics": {
                source: self._full(guard.senses.topic(source)) for source in guard.senses.sources
            },
        }
        try:
            data = self._checkpoints.snapshot(guard.controller, guard.notes())
        except CheckpointError as error:
            raise TapeError(str(error)) from None
        self._tape = tape = Tape(path, about)
        self._checkpoints.run_told(checkpoint.write, tape.path.with_suffix(".ckpt"), data)
        guard.follow(self._write_step)
        return tape.path

    def end(self) -> Tape | None:
        """End it; returns the tape, still to be closed; None: nothing was recorded."""
        tape, self._tape = self._tape, None
        self._guard.follow(None)
        return tape

    def write(self, topic: str, kind: type, data: bytes, now: int | None = None) -> None:
        """A message was taken or sent.

        Args:
            topic: as the node calls it.
            kind: its type.
            data: it, serialised.
            now: ns, steady clock; None: of this moment.
        """
        if self._tape is None:
            return
        at = (time.monotonic_ns() if now is None else now) + self._offset
        try:
            self._tape.write(self._full(topic), kind, at, data)
        except TapeError as error:
            self._give_up(error)

    def flush(self) -> None:
        """Hand on what has come together; for between two ticks."""
        if self._tape is not None:
            try:
                self._tape.flush()
            except TapeError as error:
                self._give_up(error)

    def _full(self, topic: str) -> str:
        if topic not in self._names:
            self._names[topic] = self._name(topic)
        return self._names[topic]

    def _write_step(self, lived: bool, learning: bool) -> None:
        guard, record = self._guard, self._step.record.__dict__
        set_stamp(record["header"].stamp, guard.stamp)
        record["steps"] = guard.controller.steps
        record["lived"], record["learning"] = lived, learning
        record["terminal"], record["reward"] = guard.terminal, guard.reward
        record["observation"] = guard.senses.observation.tolist()
        record["wanted"] = guard.controller.state["effort"][0].tolist()
        record["effort"] = guard.effort.tolist()
        record["absent_before"] = guard.absent_before
        self.write(STEPS, ControlStep, self._step.pack())

    def _give_up(self, error: TapeError) -> None:
        self._tape = None
        self._guard.follow(None)
        self._failed(str(error))
