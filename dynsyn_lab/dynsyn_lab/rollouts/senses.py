"""What a controller observes of a simulated robot, without messages in between."""

from __future__ import annotations

import numpy as np

from dynsyn_controller.robot.robot_file import Robot
from dynsyn_controller.robot.sensors import FloatArray, Observer
from dynsyn_sim_bridge.robots.base import SimulatedRobot


class Senses:
    """Observations of one body, as the controller node makes them from its messages.

    Nobody commands a robot here: channels of the source `command` read their defaults.

    Args:
        robot: robot file.
        body: that is looked at.

    Raises:
        ValueError: the observation reads something that the body does not have.

    Attributes:
        sensors: (layout.size,) readings in SI units as of the last look.
        observation: (channels,) as of the last look.
    """

    def __init__(self, robot: Robot, body: SimulatedRobot) -> None:
        self._sense = body.sense
        self.sensors = body.layout.zeros()
        self.observation = np.zeros(len(robot.observation))
        observer = Observer(robot.observation, body.layout)
        self._observe = observer.bound(self.sensors, self.observation)
        commands = [channel for channel in robot.observation if channel.source == "command"]
        self._commands = np.array([body.layout.locate(c)[0] for c in commands], dtype=np.intp)
        self._commanded = bool(commands)
        self._defaults = np.array([channel.default or 0.0 for channel in commands])

    def look(self) -> FloatArray:
        """The observation of this moment; the next look writes over it."""
        self._sense(self.sensors)
        if self._commanded:
            self.sensors[self._commands] = self._defaults
        self._observe()
        return self.observation
