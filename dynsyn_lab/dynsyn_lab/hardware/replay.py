"""Lives a recording again, through the same core, and says where it differs.

The messages make observations and rewards by the classes that the node uses; these, and the efforts
and weights that follow from them, are held against what the node recorded, bit by bit.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.checkpoint import CheckpointError
from dynsyn_controller.messages.base import MessageError
from dynsyn_controller.messages.wire import Decoder
from dynsyn_controller.node.events import Events
from dynsyn_controller.node.rewards import Rewards
from dynsyn_controller.node.senses import REWARD, Senses
from dynsyn_lab.errors import CommandError
from dynsyn_lab.hardware.tapes import Reader
from dynsyn_msgs.msg import ControlStep, Event, Reward, Weights

_NO_LIMIT = struct.pack("<d", 1.0)
"""What steps of version 1 lack at their end."""
_EXCHANGED = ("loaded", "rolled_back")
"""Events after which another lifetime lives on."""


@dataclass
class Replayed:
    """What a replay came to.

    Attributes:
        lived: control steps that were lived again.
        held: steps in which nothing was lived.
        weights: messages of weights that were compared.
        difference: the first one, with its step; empty: there is none.
        ended_early: why not all of the recording was lived; empty: all was.
        cut_off: the file ends in the middle.
    """

    lived: int = 0
    held: int = 0
    weights: int = 0
    difference: str = ""
    ended_early: str = ""
    cut_off: bool = False

    def lines(self) -> list[str]:
        """For people."""
        found = [f"{self.lived:,} steps lived again, {self.held:,} held"]
        if self.difference:
            return [*found, f"differs: {self.difference}"]
        found.append(
            "observations, rewards, efforts bit-identical in every step; weights in "
            f"{self.weights:,} messages"
        )
        if self.ended_early:
            found.append(self.ended_early)
        if self.cut_off:
            found.append("the file ends in the middle, as after a kill")
        return found


class Replay:
    """One recording and the lifetime at its beginning.

    Args:
        reader: of the recording.
        start: checkpoint of the lifetime at its beginning.

    Raises:
        CommandError: the checkpoint is another moment's.
        CheckpointError: it cannot be used.
    """

    def __init__(self, reader: Reader, start: Path) -> None:
        saved = checkpoint.load(start)
        about = reader.about
        self.robot, self.controller = saved.robot, saved.controller()
        if self.controller.steps != about["steps"]:
            raise CommandError(
                f"{start}: has lived {self.controller.steps:,} steps, the recording begins at "
                f"{about['steps']:,}"
            )
        self._reader = reader
        self._senses = Senses(self.robot, about["computed"])
        self._rewards = Rewards(self.robot, about["computed"], Events(lambda event: None))
        average = self.controller.statistics.reward_average
        self._rewards.bounds.begin(saved.notes.get("rewards"), average)
        self._add = not about["lockstep"]
        self._computed = about["computed"]
        self._effort = np.zeros(len(self.robot.joints))
        self._sources = {topic: source for source, topic in about["topics"].items()}
        self._decoders = {
            source: Decoder(Reward if source == REWARD else self._kind(source))
            for source in about["topics"]
        }
        self._steps, self._weights = Decoder(ControlStep), Decoder(Weights)
        self._events = Decoder(Event)
        # What was there when the recording began is not known: observations are compared from when
        # all has come anew, rewards from the second step lived in a row.
        self._all_heard = self._reward_known = False
        self._limit = 1.0
        self._outcome = Replayed()

    def run(self) -> Replayed:
        """Live it, to its end or to the first difference."""
        outcome, offset = self._outcome, self._reader.about["offset"]
        kinds = {
            "dynsyn_msgs/msg/ControlStep": self._step,
            "dynsyn_msgs/msg/Weights": self._compare_weights,
            "dynsyn_msgs/msg/Event": self._hear,
        }
        for message in self._reader.messages():
            source = self._sources.get(message.topic)
            if source is not None:
                self._read(source, message.data, message.time - offset)
            elif message.kind in kinds:
                kinds[message.kind](message.data)
            if outcome.difference or outcome.ended_early:
                return outcome
        outcome.cut_off = self._reader.cut_off
        return outcome

    def _kind(self, source: str) -> type:
        return self._senses.reader.layout.sensors[source].message_type()

    def _read(self, source: str, data: bytes, now: int) -> None:
        try:
            message = self._decoders[source].decode(data)
            if source == REWARD:
                self._rewards.read(message, self._add)
                self._senses.freshness.heard(REWARD, now)
            else:
                self._senses.read(source, message, now)
        except MessageError:
            return  # which the node refused as well

    def _step(self, data: bytes) -> None:
        if self._reader.about["version"] == 1:
            data += _NO_LIMIT
        step = self._steps.decode(data)
        self._senses.reader.expire(step.absent_before)
        if step.lived:
            self._live(step)
        else:
            self._outcome.held += 1
            self._rewards.drop()
            self._reward_known = False
        self._effort = np.array(step.effort)

    def _live(self, step: Any) -> None:
        self._all_heard = self._all_heard or not self._senses.waiting()
        reward, terminal = self._rewards.collect(self._senses.reader.sensors, self._effort, 0)
        observation = np.array(step.observation)
        names = [channel.name for channel in self.robot.observation]
        if self._all_heard:
            made = self._senses.observe()
            self._compare("observation", made, observation, names, step)
        if self._reward_known and (_bits(reward), terminal) != (_bits(step.reward), step.terminal):
            self._differ(step, f"reward {reward!r} from the messages, recorded {step.reward!r}")
        self._reward_known = True
        if step.exploration_limit != self._limit:
            self._limit = step.exploration_limit
            self.controller.limit_exploration(self._limit)
        try:
            wanted = self.controller.step(
                observation, step.reward, bool(step.terminal), bool(step.learning)
            )
        except ValueError as error:
            self._differ(step, str(error))
            return
        if self.controller.steps != step.steps:
            self._differ(step, f"{self.controller.steps:,} steps lived; some are not recorded")
        self._compare("effort", wanted, np.array(step.wanted), self.robot.joint_names, step)
        if not self._outcome.difference:
            self._outcome.lived += 1

    def _compare_weights(self, data: bytes) -> None:
        message = self._weights.decode(data)
        if message.steps != self.controller.steps:
            return  # it was sent before the first step of the recording
        for layer, recorded in zip(self.controller.layers, message.layers, strict=True):
            found = [("weight", self.controller.weight, recorded.weight)]
            found += [
                (q.name, self.controller.quantity(q.name), q.value) for q in recorded.quantities
            ]
            for name, lived, said in found:
                if lived[layer.slice].tobytes() != np.array(said, dtype=np.float64).tobytes():
                    self._differ(message, f"{name} of layer {layer.name}")
        self._outcome.weights += 1

    def _hear(self, data: bytes) -> None:
        event = self._events.decode(data)
        if event.name in _EXCHANGED:
            self._outcome.ended_early = (
                f"another lifetime lives on after step {self.controller.steps:,}: {event.text}"
            )

    def _compare(self, what: str, lived: Any, recorded: Any, names: Any, step: Any) -> None:
        if lived.tobytes() == recorded.tobytes():
            return
        at = next(i for i in range(lived.size) if _bits(lived[i]) != _bits(recorded[i]))
        self._differ(
            step,
            f"{what} {names[at]}: {float(lived[at])!r} lived, {float(recorded[at])!r} recorded",
        )

    def _differ(self, step: Any, what: str) -> None:
        self._outcome.difference = self._outcome.difference or f"step {step.steps:,}: {what}"


def replay(path: Path, start: Path, save: Path | None = None) -> Replayed:
    """Live a recording again.

    Args:
        path: of it.
        start: checkpoint of the lifetime at its beginning.
        save: file for the lifetime at its end, or at the first difference; None: it is not kept.

    Raises:
        CommandError: the recording cannot be used, or begins at another moment.
        CheckpointError: the checkpoint cannot be used, or `save` not be written.
    """
    lived = Replay(Reader(path), start)
    outcome = lived.run()
    if save is not None:
        if save.exists():
            raise CheckpointError(f"checkpoint {save}: there is a file already")
        checkpoint.save(save, lived.robot, lived.controller)
    return outcome


def _bits(number: float) -> bytes:
    return struct.pack("<d", number)
