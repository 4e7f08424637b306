"""Lifetimes on simulated robots in this process, in turns.

What is saved of a body are the number of courses it has had and the efforts of the present one. A
robot's `reset` depends on nothing but its generator, so a world is restored, bit for bit, by
putting a fresh body back as often and replaying these efforts.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.controller import Controller
from dynsyn_lab.flock import Flock, Note, Sample
from dynsyn_lab.senses import Senses
from dynsyn_sim_bridge.robots.base import SimulatedRobot
from dynsyn_sim_bridge.robots.registry import entry

SLICE = 64
"""Control steps of one lifetime before the next has its turn."""

PARTS = ("reward", "terminal", "courses", "efforts")
"""What is saved of each life."""


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
        self._controller = Controller(flock.network, flock.robot.body, self._state)
        self._senses = Senses(flock.robot, robot)
        self._efforts = np.zeros((2048, len(robot.layout.joints)))
        self._reward, self._terminal = 0.0, False
        self.until = 0
        robot.reset(flock.seeds[index])
        self._courses, self._course_steps = 1, 0

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
        robot, look, move = self.robot, self._senses.look, self.robot.step
        act = self._controller.step
        reward, terminal = self._reward, self._terminal
        for _ in range(steps):
            effort = act(look(), reward, terminal)
            if terminal:
                self._close_episode()
            if self._course_steps == len(self._efforts):
                self._efforts = np.concatenate([self._efforts, np.zeros_like(self._efforts)])
            self._efforts[self._course_steps] = effort
            self._course_steps += 1
            outcome = move(effort)
            reward, terminal = outcome.reward, outcome.terminal
            if terminal:
                robot.reset()
                self._courses += 1
                self._course_steps = 0
            if self.until == 0:
                break
        self._reward, self._terminal = reward, terminal

    def _close_episode(self) -> None:
        self._note(self._journal.close_episode(self._state[0]))
        if self._journal.done(self._state[0]):
            self.until = 0

    def save(self) -> dict[str, NDArray]:
        """What restoring needs beside the flock."""
        return {
            "reward": np.array(self._reward),
            "terminal": np.array(self._terminal),
            "courses": np.array(self._courses),
            "efforts": self._efforts[: self._course_steps].copy(),
        }

    def restore(self, parts: dict[str, NDArray]) -> None:
        """Put a new-born life's body where `save` was called, by replaying its efforts."""
        self._reward, self._terminal = float(parts["reward"]), bool(parts["terminal"])
        for _ in range(self._courses, int(parts["courses"])):
            self.robot.reset()
        self._courses = int(parts["courses"])
        efforts = parts["efforts"]
        self._course_steps = len(efforts)
        if len(efforts) > len(self._efforts):
            self._efforts = np.zeros((2 * len(efforts), efforts.shape[1]))
        self._efforts[: len(efforts)] = efforts
        for effort in efforts:
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
            life.restore({name: parts[f"{name}_{index}"] for name in PARTS})

    def close(self) -> None:
        """See `flock.World.close`."""
        for life in self.lives:
            life.close()
