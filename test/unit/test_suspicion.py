"""Stamps that cannot be, and values that never change."""

from __future__ import annotations

import numpy as np

from dynsyn_controller.node.suspicion import Frozen, apart, wrong_stamps

SECOND = 1_000_000_000


def test_stamps_that_are_missing_old_or_in_the_future():
    now = 1000 * SECOND
    stamps = {"imu": 0, "odom": now - 10 * SECOND, "scan": now + 3 * SECOND, "contacts": now - 5}
    assert wrong_stamps(stamps, now, SECOND) == {
        "imu": "no stamp",
        "odom": "stamp 10 s old",
        "scan": "stamp 3 s in the future",
    }


def test_stamps_a_microsecond_apart_are_told_apart():
    told = apart({"imu": 5 * SECOND, "odom": 5 * SECOND + 1000, "reward": 5 * SECOND - 500})
    assert told == "imu +0.5 us, odom +1.5 us, reward +0 us, counted from 4.999999500 s"


def test_values_that_stay_the_same_while_the_robot_is_driven():
    frozen = Frozen({"imu": [0, 1], "odom": [2], "reward": []}, 5 * SECOND)
    sensors = np.zeros(3)
    for second in range(6):
        sensors[2] = second
        assert frozen.look(sensors, second * SECOND, moving=True) == {}
    sensors[2] = 6
    assert frozen.look(sensors, 6 * SECOND, moving=True) == {"imu": 6.0}
    assert frozen.look(sensors, 7 * SECOND, moving=False) == {}
    sensors[0] = 1e-12
    assert frozen.look(sensors, 20 * SECOND, moving=True) == {"odom": 13.0}
