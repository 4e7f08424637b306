"""The one step loop: a controller on a simulated body senses, learns and acts, and moves it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.messages.layout import FloatArray
from dynsyn_controller.robot.robot import Robot
from dynsyn_lab.rollouts.senses import Senses
from dynsyn_sim_bridge.robots.base import SimulatedRobot

PIECE = 4096
"""Control steps of a course between looks at whether it has ended."""
Act = Callable[[FloatArray, float, bool, bool], FloatArray]
"""Observation, reward and terminal of the step before, learning -> effort in N m."""


class StepLoop:
    """A controller on a body, course after course; the controller is never reset.

    A course's end is told to the controller with the first observation of the next course.

    Args:
        robot: robot file of the controller.
        body: the simulated robot; somebody has reset it with a seed.
        act: the controller's step.
        recording: keep the efforts of the present course, from which it can be replayed.

    Raises:
        ValueError: the observation reads something that the body does not have.

    Attributes:
        body: as given.
        senses: what the controller observes.
        reward, terminal: what the last step brought; 0 and False before the first.
        fell: the last step ended in a fall.
        effort: N m, (joints,) of the last step; the controller's own array.
        total, length: sum of rewards and number of control steps of the present course;
            whoever counts otherwise may set them back.
        efforts: of the present course, float64, step after step, where they are kept.
    """

    def __init__(
        self, robot: Robot, body: SimulatedRobot, act: Act, recording: bool = False
    ) -> None:
        self._robot, self.body, self._act = robot, body, act
        self.senses = Senses(robot, body)
        self.reward, self.terminal, self.fell = 0.0, False, False
        self.effort = np.zeros(len(robot.joints))
        self.total, self.length = 0.0, 0
        self._recording = recording
        self.efforts = bytearray()
        # In the first course the seed of the body's reset says it all.
        self._generator: dict[str, Any] | None = None

    def run(self, steps: int, learning: bool = True) -> int:
        """Live `steps` control steps, but no further than the end of the present course.

        Where a course has ended, `terminal` is set and the body stands as it came to its end, until
        `put_back`.

        Returns:
            Number of control steps lived.
        """
        look, act, move = self.senses.look, self._act, self.body.step
        reward, terminal, fell = self.reward, self.terminal, False
        total, efforts, recording = self.total, self.efforts, self._recording
        lived, effort = 0, self.effort
        for lived in range(1, steps + 1):  # noqa: B007 (counts)
            effort = act(look(), reward, terminal, learning)
            if recording:
                efforts += effort.tobytes()
            reward, terminal, fell = move(effort)
            total += reward
            if terminal:
                break
        self.effort, self.reward, self.terminal, self.fell = effort, reward, terminal, fell
        self.total, self.length = total, self.length + lived
        return lived

    def run_course(self, learning: bool = True) -> None:
        """Live to the end of the present course, see `run`."""
        self.run(PIECE, learning)
        while not self.terminal:
            self.run(PIECE, learning)

    def change_body(self, body: SimulatedRobot) -> None:
        """Take another body for the courses that follow `put_back`; they come from one generator.

        Args:
            body: of the same kind, with the same sensors; the one before is closed.
        """
        body.reset(0)
        body.generator.bit_generator.state = self.body.generator.bit_generator.state
        self.body.close()
        self.body, self.senses = body, Senses(self._robot, body)

    def put_back(self) -> None:
        """Put the body onto its next course."""
        self._generator = dict(self.body.generator.bit_generator.state)
        self.body.reset()
        self.efforts.clear()
        self.total, self.length = 0.0, 0

    def save(self) -> dict[str, NDArray]:
        """What `restore` needs beside the controller: the course's beginning and its efforts."""
        joints = len(self.body.layout.joints)
        return {
            "reward": np.array(self.reward),
            "terminal": np.array(self.terminal),
            "generator": np.array(json.dumps(self._generator)),
            "efforts": np.frombuffer(bytes(self.efforts)).reshape(-1, joints),
        }

    def restore(self, parts: dict[str, NDArray]) -> None:
        """Put a body that was just reset with its seed where `save` was called.

        A robot's reset depends on nothing but its generator, so that a fresh body, put back once
        with the generator of then and moved by the same efforts, comes to the same place, bit for
        bit.

        Raises:
            ValueError: the generator is not one of this robot's.
        """
        generator = json.loads(str(parts["generator"]))
        if generator is not None:
            self.body.generator.bit_generator.state = generator
            self.put_back()
        for effort in parts["efforts"]:
            self.efforts += effort.tobytes()
            self.total += self.body.step(effort).reward
            self.length += 1
        self.reward, self.terminal = float(parts["reward"]), bool(parts["terminal"])
