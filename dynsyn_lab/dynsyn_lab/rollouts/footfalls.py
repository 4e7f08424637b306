"""How the feet of a body come down: whether they take turns."""

from __future__ import annotations

import numpy as np

from dynsyn_controller.messages.layout import FloatArray
from dynsyn_lab.rollouts.loop import Act
from dynsyn_sim_bridge.robots.base import SimulatedRobot

CONTACTS = "contacts"
"""Block of the sensor vector that says which feet are on the ground."""
_DOWN = 0.5
"""Of a contact, 0 or 1."""


class Footfalls:
    """Counts a course's footfalls while a controller acts.

    A footfall is a control step in which a foot is on the ground that was not in the step before.
    Feet that come down in the same step count as one after the other, in the order of the sensor.

    Args:
        act: the controller's step.

    Attributes:
        steps: footfalls of the present course that followed another.
        turns: those of them that were another foot's than the one before.
    """

    def __init__(self, act: Act) -> None:
        self._act = act
        self._contacts = np.zeros(0)
        self.begin()

    def watch(self, body: SimulatedRobot, sensors: FloatArray) -> None:
        """Look at these sensors of `body` at every step from now on, if it senses its feet."""
        if CONTACTS in body.layout.blocks:
            self._contacts = body.layout.view(sensors, CONTACTS)
        self.begin()

    def begin(self) -> None:
        """A course begins."""
        self.steps = self.turns = 0
        self._down = [True] * len(self._contacts)  # the feet it is put on are no footfalls
        self._last = -1

    def act(
        self, observation: FloatArray, reward: float, terminal: bool, learning: bool
    ) -> FloatArray:
        """The controller's step, which see."""
        for foot, contact in enumerate(self._contacts.tolist()):
            down = contact > _DOWN
            if down and not self._down[foot]:
                if self._last >= 0:
                    self.steps += 1
                    self.turns += foot != self._last
                self._last = foot
            self._down[foot] = down
        return self._act(observation, reward, terminal, learning)
