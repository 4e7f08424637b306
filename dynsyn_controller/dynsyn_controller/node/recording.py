"""What a node puts on a tape: all messages taken and sent, and what each step made of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.checkpoint import CheckpointError
from dynsyn_controller.lifetime.writer import CheckpointWriter
from dynsyn_controller.messages.conversions import set_stamp
from dynsyn_controller.messages.layout import FloatArray
from dynsyn_controller.messages.wire import sending_form
from dynsyn_controller.node.events import Events, Level
from dynsyn_controller.node.guard import Guard
from dynsyn_controller.node.tape import Tape, TapeError
from dynsyn_controller.robot.robot import Robot
from dynsyn_msgs.msg import ControlStep

STEPS = "dynsyn/steps"
VERSION = 2
"""Of recordings; `dynsyn replay` reads all up to it. Steps of 1 have no `exploration_limit`."""
_SPACING = 20_000_000
"""ns between two times that what has come together is handed on: many at once cost a third."""


class Recording:
    """Records while a tape is in.

    Args:
        robot: the robot file.
        guard: acts for it.
        writer: of its checkpoint.
        events: told why a recording has ended that nobody ended.
        name: makes a topic's full name.
        lockstep: of the node.
    """

    def __init__(
        self,
        robot: Robot,
        guard: Guard,
        writer: CheckpointWriter,
        events: Events,
        name: Callable[[str], str],
        lockstep: bool,
    ) -> None:
        self._robot, self._guard, self._checkpoints = robot, guard, writer
        self._events, self._name, self._lockstep = events, name, lockstep
        self._names: dict[str, str] = {}
        self._tape: Tape | None = None
        # What has come or gone since the last flush, to be put in frames between two steps: a step
        # itself must not wait for that. A type of None: of a step, instead of its message.
        self._untold: list[tuple[str, type | None, Any, int]] = []
        self._offset = self._flushed = 0
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
            "steps": guard.lifetime.controller.steps,
            "topics": {
                source: self._full(guard.senses.topic(source)) for source in guard.senses.sources
            },
        }
        try:
            data = self._checkpoints.snapshot(guard.lifetime.controller, guard.lifetime.notes())
        except CheckpointError as error:
            raise TapeError(str(error)) from None
        self._tape = tape = Tape(path, about)
        self._checkpoints.run_told(checkpoint.write, tape.path.with_suffix(".ckpt"), data)
        guard.follow(self._write_step)
        return tape.path

    def end(self) -> Tape | None:
        """End it; returns the tape, still to be closed; None: nothing was recorded."""
        self.flush(time.monotonic_ns() + _SPACING)
        tape, self._tape = self._tape, None
        self._guard.follow(None)
        return tape

    def write(
        self, topic: str, kind: type, data: bytes | Callable[[], bytes], now: int | None = None
    ) -> None:
        """A message was taken or sent.

        Args:
            topic: as the node calls it.
            kind: its type.
            data: it, serialised, or what serialises it as it is now.
            now: ns, steady clock; None: of this moment.
        """
        if self._tape is not None:
            data = data if isinstance(data, bytes) else data()
            self._untold.append((topic, kind, data, now or time.monotonic_ns()))

    def flush(self, now: int) -> None:
        """Hand on what has come together, if that was long ago; for between two steps.

        Args:
            now: ns, steady clock.
        """
        if self._tape is None or now - self._flushed < _SPACING:
            return
        self._flushed = now
        try:
            self._hand_on(self._tape)
            self._tape.flush()
        except TapeError as error:
            self._tape = None
            self._guard.follow(None)
            text, now = str(error), time.monotonic_ns()
            self._events.moment("recording_ended", text, now, Level.ERROR)

    def _hand_on(self, tape: Tape) -> None:
        untold, self._untold = self._untold, []
        for topic, kind, data, now in untold:
            if kind is None:
                kind, data = ControlStep, self._step_message(*data)
            tape.write(self._full(topic), kind, now + self._offset, data)

    def _full(self, topic: str) -> str:
        if topic not in self._names:
            self._names[topic] = self._name(topic)
        return self._names[topic]

    def _write_step(self, lived: bool, learning: bool) -> None:
        guard = self._guard
        controller = guard.lifetime.controller
        wanted = controller.state["effort"][0].copy()
        arrays = guard.senses.observation.copy(), wanted, guard.effort.copy()
        flags = lived, learning, guard.terminal
        numbers = guard.reward, guard.absent_before, guard.lifetime.exploration_limit
        step = guard.stamp, controller.steps, flags, numbers, arrays
        self._untold.append((STEPS, None, step, time.monotonic_ns()))

    def _step_message(
        self,
        stamp: int,
        steps: int,
        flags: tuple[bool, bool, bool],
        numbers: tuple[float, int, float],
        arrays: tuple[FloatArray, FloatArray, FloatArray],
    ) -> bytes:
        record = self._step.record.__dict__
        set_stamp(record["header"].stamp, stamp)
        record["steps"] = steps
        record["reward"], record["absent_before"], record["exploration_limit"] = numbers
        record["lived"], record["learning"], record["terminal"] = flags
        record["observation"], record["wanted"], record["effort"] = (
            array.tolist() for array in arrays
        )
        return self._step.pack()
