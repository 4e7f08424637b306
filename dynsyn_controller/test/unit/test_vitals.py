"""A lifetime found unsound goes back to its last good copy."""

from __future__ import annotations

import numpy as np
import pytest

from dynsyn_controller.lifetime.checkpoint import MAY_BE_NAN
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.lifetime.vitals import Vitals
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot_file import load_robot

pytestmark = pytest.mark.faults

SECOND = 1_000_000_000
ROBOT = load_robot(config_path("robots/walker.yaml"))


def controller():
    return new_controller(ROBOT, "dynsyn", seed=2)


def live(controller, steps: int = 1) -> None:
    for _ in range(steps):
        controller.step(np.full(24, 0.1), 0.1)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e101, -1e300])
def test_every_number_of_the_record_is_looked_at(bad):
    life = controller()
    live(life, 5)
    vitals, floats = Vitals(life.state), 0
    assert vitals.sound()
    for name in life.state.dtype.names:
        values = life.state[name].reshape(-1)
        if values.dtype.kind != "f" or name in MAY_BE_NAN:
            continue
        for place in {0, values.size - 1} if values.size else ():
            kept, values[place] = values[place], bad
            assert not vitals.sound(), name
            assert vitals.unsound_fields() == [name]
            values[place] = kept
            floats += 1
    assert floats > 20
    assert vitals.sound()
    for name in MAY_BE_NAN:
        life.state[name] = np.nan
    assert vitals.sound()


def test_an_unsound_lifetime_goes_back_bit_for_bit():
    life = controller()
    vitals = Vitals(life.state)
    assert vitals.go_back(0) is None
    live(life, 10)
    assert vitals.due(0)
    vitals.keep({"known": 1}, 0)
    assert not vitals.due(SECOND - 1)
    assert vitals.due(SECOND)
    good = life.state.tobytes()
    live(life, 3)
    life.quantity("centre")[3] = np.nan
    live(life)
    assert not vitals.sound()
    vitals.keep({}, SECOND)  # what is unsound is no copy
    copy = vitals.go_back(SECOND)
    assert (copy.steps, copy.notes, vitals.went_back) == (10, {"known": 1}, 1)
    assert life.state.tobytes() == good
    live(life)
    assert vitals.sound()


def test_what_is_unsound_again_at_once_goes_back_further():
    life = controller()
    vitals = Vitals(life.state)
    for second in range(0, 301):
        live(life)
        vitals.keep({}, second * SECOND)
    steps = [vitals.go_back(301 * SECOND + i).steps for i in range(9)]
    assert steps == [301, 301, 241, 181, 121, 61, 1, 1, 1]
    assert vitals.go_back(400 * SECOND).steps == 301
    assert vitals.went_back == 10
