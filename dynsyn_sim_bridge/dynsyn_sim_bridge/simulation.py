"""A simulated robot that is never taken away: when its body falls, only the body is put back."""

from __future__ import annotations

from dynsyn_controller.messages.layout import FloatArray
from dynsyn_sim_bridge.robots.base import SimulatedRobot


class Simulation:
    """Steps a robot and puts its body back where needed; no ROS, no clock.

    Attributes:
        robot: the body and its world.
        sensors: (layout.size,) what it senses now; the same array all along.
        reward: of the last step; 0 before the first and after `put_back`.
        terminal: whether the body was put back since the previous observation.
        steps: control steps since the start.
        falls: of these, how many ended in a fall.

    Args:
        robot: any simulated robot; it is reset here.
        seed: >= 0; of its terrain and start.
    """

    def __init__(self, robot: SimulatedRobot, seed: int) -> None:
        self.robot = robot
        self.sensors = robot.layout.zeros()
        self.reward = 0.0
        self.terminal = False
        self.steps = 0
        self.falls = 0
        robot.reset(seed)
        robot.sense(self.sensors)

    def advance(self, effort: FloatArray) -> None:
        """Live through one control period with `effort` (joints,) in N m.

        Afterwards `sensors` are those of the body put back if the step was terminal.
        """
        outcome = self.robot.step(effort)
        self.steps += 1
        self.falls += outcome.fell
        self.reward, self.terminal = outcome.reward, outcome.terminal
        if outcome.terminal:
            self.robot.reset()
        self.robot.sense(self.sensors)

    def put_back(self, seed: int | None = None) -> None:
        """Put the body back by hand; the course it was on ends with a reward of 0."""
        self.robot.reset(seed)
        self.robot.sense(self.sensors)
        self.reward, self.terminal = 0.0, True
