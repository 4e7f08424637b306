"""A saved lifetime on its simulated robot, lived step by step while somebody watches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.lifetime.checkpoint import Checkpoint
from dynsyn_lab.cli.errors import CommandError, UsageError
from dynsyn_lab.rollouts.senses import Senses
from dynsyn_sim_bridge.robots.base import SimulatedRobot
from dynsyn_sim_bridge.robots.registry import ROBOTS, entry


@dataclass(frozen=True)
class Moment:
    """What one control step brought; arrays are copies.

    Attributes:
        time: s since the stage was set, at the beginning of the step.
        effort: as a fraction of each joint's limit, -1..1, (joints,).
        activity: of the network's units, (units,).
        position: of the joints before the step, rad or m, (joints,).
        reward: of this step.
        terminal: the body fell or its course ended, and it has been put back.
    """

    time: float
    effort: NDArray[np.float64]
    activity: NDArray[np.float64]
    position: NDArray[np.float64]
    reward: float
    terminal: bool


class Stage:
    """Puts a checkpoint's lifetime on a body; the checkpoint itself does not change.

    Args:
        checkpoint: the lifetime.
        robot: registered robot; empty: the checkpoint's own.
        options: of its body, beside the number of modules, which the checkpoint says.
        seed: of the course.
        learning: go on learning; else the weights stand at their centres.

    Attributes:
        controller: the lifetime.
        body: the simulated robot.
        learning: as given.

    Raises:
        UsageError: no such robot, or an option that it does not have.
        CommandError: the robot has other joints or sensors than the checkpoint's.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        robot: str = "",
        options: dict[str, Any] | None = None,
        seed: int = 0,
        learning: bool = False,
    ) -> None:
        self.robot_name, options = find_body(checkpoint, robot, options or {})
        try:
            self.body: SimulatedRobot = entry(self.robot_name).create(**options)
        except ValueError as error:
            raise UsageError(str(error)) from None
        self._robot, self.learning = checkpoint.robot, learning
        self.controller: Controller = checkpoint.controller()
        self._senses = self._match(checkpoint)
        self._limits = checkpoint.robot.body.effort_limit
        self._reward, self._terminal, self._steps = 0.0, False, 0
        self.body.reset(seed)

    def _match(self, checkpoint: Checkpoint) -> Senses:
        found, expected = self.body.layout.joints, checkpoint.robot.joint_names
        if found != expected:
            self.body.close()
            raise CommandError(
                f"checkpoint {checkpoint.path}: made for joints {', '.join(expected)}; "
                f"{self.robot_name} has {', '.join(found)}"
            )
        try:
            return Senses(checkpoint.robot, self.body)
        except ValueError as error:
            self.body.close()
            raise CommandError(
                f"checkpoint {checkpoint.path}: {self.robot_name}: {error}"
            ) from None

    @property
    def control_period(self) -> float:
        """s of one step."""
        return self.body.control_period

    def step(self) -> Moment:
        """Live one control step: sense, learn and act, move. A body that falls is put back."""
        time = self._steps * self.control_period
        observation = self._senses.look()
        effort = self.controller.step(observation, self._reward, self._terminal, self.learning)
        position = self.body.layout.view(self._senses.sensors, "joint_states.position").copy()
        outcome = self.body.step(effort)
        self._reward, self._terminal = outcome.reward, outcome.terminal
        if outcome.terminal:
            self.body.reset()
        self._steps += 1
        return Moment(
            time,
            effort / self._limits,
            self.controller.activity(),
            position,
            outcome.reward,
            outcome.terminal,
        )

    def frame(self) -> NDArray[np.uint8]:
        """The body and its surroundings now, (height, width, 3)."""
        return self.body.frame()

    def close(self) -> None:
        """Release the body."""
        self.body.close()

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def find_body(
    checkpoint: Checkpoint, robot: str, options: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Name and options of the body that a checkpoint belongs on.

    Args:
        checkpoint: says the robot where `robot` is empty, and the number of modules.
        robot: registered robot, or empty.
        options: that are given already.

    Raises:
        UsageError: no robot of this name.
    """
    name = robot or checkpoint.robot.name
    if not robot and name not in ROBOTS:
        raise UsageError(
            f"checkpoint {checkpoint.path}: made for robot {name!r}, which is not simulated here; "
            f"name one that is with --robot: {', '.join(ROBOTS)}"
        )
    try:
        modules = entry(name).modules
    except ValueError as error:
        raise UsageError(f"--robot: {error}") from None
    if modules and modules not in options:
        options = {**options, modules: len(checkpoint.robot.joints)}
    return name, options
