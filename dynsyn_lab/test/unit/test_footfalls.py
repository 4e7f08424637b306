"""Footfalls: which of them take turns."""

from __future__ import annotations

import numpy as np
import pytest

from dynsyn_controller.messages.contacts import ContactSensor
from dynsyn_controller.messages.layout import SensorLayout
from dynsyn_lab.rollouts.footfalls import Footfalls


class Body:
    """As far as footfalls are concerned."""

    layout = SensorLayout((ContactSensor(contacts=("left", "right")),))


@pytest.mark.parametrize(
    ("contacts", "steps", "turns"),
    [
        ("11 10 11 01 11 10 11", 2, 2),  # right down, left down, right down
        ("11 01 11 01 11 01 11", 2, 0),  # a hop on the right leg
        ("11 00 11 00 11", 3, 3),  # both at once: left, right, left, right
        ("11 11 11", 0, 0),
        ("00 10 00 01", 1, 1),
    ],
)
def test_they_are_counted(contacts: str, steps: int, turns: int):
    footfalls = Footfalls(lambda observation, reward, terminal, learning: observation)
    sensors = Body.layout.zeros()
    footfalls.watch(Body, sensors)
    for course in range(2):
        footfalls.begin()
        for feet in contacts.split():
            Body.layout.view(sensors, "contacts")[:] = [float(foot) for foot in feet]
            given = np.array([float(course)])
            assert footfalls.act(given, 0.0, False, True) is given
        assert (footfalls.steps, footfalls.turns) == (steps, turns)
