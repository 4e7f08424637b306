"""What a controller observes of a simulated robot, without messages in between."""

from __future__ import annotations

import numpy as np

from dynsyn_controller.messages.layout import FloatArray
from dynsyn_controller.robot.observation import Observer
from dynsyn_controller.robot.robot import Robot
from dynsyn_sim_bridge.robots.base import SimulatedRobot


class Senses:
    """Observations of one body, as the controller node makes them from its messages.

    Channels that may be absent, and that the body does not sense, read their defaults: nobody
    commands a robot here.

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

    def look(self) -> FloatArray:
        """The observation of this moment; the next look writes over it."""
        self._sense(self.sensors)
        self._observe()
        return self.observation
