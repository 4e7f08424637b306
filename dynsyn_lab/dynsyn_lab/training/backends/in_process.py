"""Lifetimes on simulated robots in this process, in turns.

What is saved of a body are its generator, as it was before the present course, and the efforts
since. A robot's `reset` depends on nothing but its generator, so a world is restored, bit for bit,
by putting a fresh body back once with that generator and replaying these efforts.
"""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.controller import Controller
from dynsyn_lab.rollouts.senses import Senses
from dynsyn_lab.training.population import Flock, Note, Sample
from dynsyn_lab.training.run_folder import RunError
from dynsyn_sim_bridge.robots.base import SimulatedRobot
from dynsyn_sim_bridge.robots.registry import entry

SLICE = 64
"""Control steps of one lifetime before the next has its turn."""

PARTS = ("reward", "terminal", "generator", "efforts")
"""What is saved of each life."""


def parts_of(index: int, parts: dict[str, NDArray]) -> dict[str, NDArray]:
    """What was saved of one life, by the names in PARTS.

    Raises:
        RunError: something is missing.
    """
    names = {name: f"{name}_{index}" for name in PARTS}
    for name in names.values():
        if name not in parts:
            raise RunError(
                f"state.npz: found no {name}: saved by another version, it cannot be resumed; "
                "its checkpoints are as good as ever"
            )
    return {name: parts[saved] for name, saved in names.items()}


class Life:
    """One lifetime on its body.

    Args:
        flock: that it belongs to; its record there is changed in place.
        index: within the flock.
        robot: its body, and nobody else's.
        note, sample: called at ends of episodes and when a row of the trace is due.

    Attributes:
        robot: the body.
        until: control steps to live before it rests.
    """

    def __init__(
        self, flock: Flock, index: int, robot: SimulatedRobot, note: Note, sample: Sample
    ) -> None:
        self._flock, self._index, self.robot = flock, index, robot
        self._journal = flock.journals[index]
        self._note, self._sample = note, sample
        self._state = flock.states[index : index + 1]
        self._controller = Controller(flock.blueprint, self._state)
        self._senses = Senses(flock.robot, robot)
        self._joints = len(robot.layout.joints)
        self._efforts = bytearray()  # of the present course, float64, step after step
        self._reward, self._terminal = 0.0, False
        self.until = 0
        robot.reset(flock.seeds[index])
        self._generator: dict[str, Any] | None = None  # in the first course its seed says it all

    @property
    def steps(self) -> int:
        """Control steps lived."""
        return int(self._state["steps"][0])

    @property
    def resting(self) -> bool:
        """Whether it has lived as long as it should."""
        return self.steps >= self.until

    def live(self, steps: int) -> None:
        """Live for `steps` control steps or until it should rest."""
        end = min(self.steps + steps, self.until)
        every = self._flock.trace_every
        while self.steps < min(end, self.until):
            self._live(min(end, (self.steps // every + 1) * every) - self.steps)
            if self.steps % every == 0:
                self._sample(self._index, self._flock.trace.row(self._state[0]))

    def _live(self, steps: int) -> None:
        """The loop: sense, learn and act, move; a body that has come to an end is put back."""
        look, act, move = self._senses.look, self._controller.step, self.robot.step
        reward, terminal, efforts = self._reward, self._terminal, self._efforts
        for _ in range(steps):
            effort = act(look(), reward, terminal)
            if terminal:
                self._close_episode()
            efforts += effort.tobytes()
            reward, terminal, _ = move(effort)
            if terminal:
                self._begin_course(self.robot.generator.bit_generator.state)
            if self.until == 0:
                break
        self._reward, self._terminal = reward, terminal

    def _begin_course(self, generator: dict[str, Any]) -> None:
        self._generator = generator
        self.robot.reset()
        self._efforts.clear()

    def _close_episode(self) -> None:
        self._note(self._journal.close_episode(self._state[0]))
        if self._journal.done(self._state[0]):
            self.until = 0

    def save(self) -> dict[str, NDArray]:
        """What restoring needs beside the flock."""
        return {
            "reward": np.array(self._reward),
            "terminal": np.array(self._terminal),
            "generator": np.array(json.dumps(self._generator)),
            "efforts": np.frombuffer(self._efforts).reshape(-1, self._joints).copy(),
        }

    def restore(self, parts: dict[str, NDArray]) -> None:
        """Put a new-born life's body where `save` was called, by replaying its efforts.

        Raises:
            ValueError: the generator is not one of this robot's.
        """
        self._reward, self._terminal = float(parts["reward"]), bool(parts["terminal"])
        generator = json.loads(str(parts["generator"]))
        if generator is not None:
            self.robot.generator.bit_generator.state = generator
            self._begin_course(generator)
        for effort in parts["efforts"]:
            self._efforts += effort.tobytes()
            self.robot.step(effort)

    def close(self) -> None:
        """Release the body."""
        self.robot.close()


class RobotWorld:
    """Lives in turns, in this process; see `flock.World` and the module.

    Args:
        name: registered robot.
        options: of its body.
        flock: the lifetimes; changed in place.
        note, sample: called at ends of episodes and when a row of the trace is due.
    """

    cuts = False

    def __init__(
        self,
        name: str,
        options: dict,
        flock: Flock,
        note: Note,
        sample: Sample,
    ) -> None:
        create = entry(name).create
        self.lives = [
            Life(flock, index, create(**options), note, sample) for index in range(len(flock))
        ]

    def begin(self, until: NDArray[np.int64]) -> None:
        """See `flock.World.begin`."""
        for index, life in enumerate(self.lives):
            life.until = int(until[index])

    def live(self, seconds: float) -> bool:
        """See `flock.World.live`."""
        deadline = time.monotonic() + seconds
        while True:
            living = [life for life in self.lives if not life.resting]
            if not living:
                return True
            for life in living:
                life.live(SLICE)
            if time.monotonic() >= deadline:
                return False

    def frame(self) -> NDArray[np.uint8]:
        """Picture of the first body, (height, width, 3)."""
        return self.lives[0].robot.frame()

    def halt(self) -> None:
        """See `flock.World.halt`; between two calls every life is after a whole step."""
        for life in self.lives:
            life.until = 0

    def save(self) -> dict[str, NDArray]:
        """See `flock.World.save`."""
        return {
            f"{name}_{index}": part
            for index, life in enumerate(self.lives)
            for name, part in life.save().items()
        }

    def restore(self, parts: dict[str, NDArray]) -> None:
        """See `flock.World.restore`."""
        for index, life in enumerate(self.lives):
            life.restore(parts_of(index, parts))

    def close(self) -> None:
        """See `flock.World.close`."""
        for life in self.lives:
            life.close()
