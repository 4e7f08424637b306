"""A saved lifetime on its simulated robot, lived step by step while somebody watches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.lifetime.checkpoint import Checkpoint
from dynsyn_lab.errors import CommandError, UsageError
from dynsyn_lab.rollouts.loop import StepLoop
from dynsyn_sim_bridge.robots.base import SimulatedRobot
from dynsyn_sim_bridge.robots.spec import RobotSpec, of_checkpoint


@dataclass(frozen=True)
class Moment:
    """What one control step brought; arrays are copies.

    Attributes:
        time: s since the stage was set, at the beginning of the step.
        effort: as a fraction of each joint's limit, -1..1, (joints,).
        activity: of the network's units, (units,).
        position: of the joints before the step, rad or m, (joints,); empty where it is not sensed.
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
        robot: another robot, as in `dynsyn render --robot`; empty: the checkpoint's own.
        options: of its body, in place of the checkpoint's.
        seed: of the course.
        learning: go on learning; else the weights stand at their centres.

    Attributes:
        spec: the simulated robot.
        controller: the lifetime.
        body: of the robot.
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
        self.spec, self.learning = spec_of(checkpoint, robot, options), learning
        self.controller: Controller = checkpoint.controller()
        self._limits = checkpoint.robot.body.effort_limit
        self._steps = 0
        self.body: SimulatedRobot = self.spec.create()
        try:
            self._check_joints(checkpoint)
            self.body.reset(seed)
            self._loop = StepLoop(checkpoint.robot, self.body, self.controller.step)
        except (CommandError, ValueError) as error:
            self.body.close()
            raise CommandError(f"checkpoint {checkpoint.path}: {error}") from None

    def _check_joints(self, checkpoint: Checkpoint) -> None:
        found, expected = self.body.layout.joints, checkpoint.robot.joint_names
        if found != expected:
            raise CommandError(
                f"made for joints {', '.join(expected)}; {self.spec.reference} has "
                f"{', '.join(found)}"
            )

    @property
    def control_period(self) -> float:
        """s of one step."""
        return self.body.control_period

    def step(self) -> Moment:
        """Live one control step: sense, learn and act, move. A body that falls is put back."""
        time, loop = self._steps * self.control_period, self._loop
        loop.run(1, self.learning)
        self._steps += 1
        moment = Moment(
            time,
            loop.effort / self._limits,
            self.controller.activity(),
            self._position(),
            loop.reward,
            loop.terminal,
        )
        if loop.terminal:
            loop.put_back()
        return moment

    def _position(self) -> NDArray[np.float64]:
        layout, block = self.body.layout, "joint_states.position"
        if block not in layout.blocks:
            return np.zeros(0)
        return layout.view(self._loop.senses.sensors, block).copy()

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


def spec_of(
    checkpoint: Checkpoint, robot: str = "", options: dict[str, Any] | None = None
) -> RobotSpec:
    """The simulated robot that a checkpoint's lifetime belongs on, or another.

    Args:
        checkpoint: the lifetime.
        robot: another robot; empty: the checkpoint's own.
        options: of its body, in place of the checkpoint's.

    Raises:
        UsageError: no such robot, or an option that it does not have.
    """
    try:
        return of_checkpoint(checkpoint.robot, robot, options)
    except ValueError as error:
        flag = "--robot" if robot else f"checkpoint {checkpoint.path}"
        raise UsageError(f"{flag}: {error}") from None
