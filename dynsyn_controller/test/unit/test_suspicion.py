"""Stamps that cannot be, and values that never change."""

from __future__ import annotations

import numpy as np
import pytest

from dynsyn_controller.node.suspicion import Frozen, TimeRate, apart, differ, wrong_stamp

pytestmark = pytest.mark.faults

SECOND = 1_000_000_000


def test_stamps_that_are_missing_old_or_in_the_future():
    now = 1000 * SECOND
    assert wrong_stamp(0, now, SECOND) == "no stamp"
    assert wrong_stamp(now - 10 * SECOND, now, SECOND) == "stamp 10 s old"
    assert wrong_stamp(now + 3 * SECOND, now, SECOND) == "stamp 3 s in the future"
    assert wrong_stamp(now + 1_800_000_000 * SECOND, now, SECOND) == (
        "stamp 1,800,000,000 s in the future"
    )
    assert wrong_stamp(now, 0, SECOND) == "use_sim_time is true, and nothing has come on /clock"
    assert wrong_stamp(now - 5, now, SECOND) == ""


def test_stamps_a_microsecond_apart_are_told_apart():
    told = apart({"imu": 5 * SECOND, "odom": 5 * SECOND + 1000, "reward": 5 * SECOND - 500})
    assert told == "imu +0.5 us, odom +1.5 us, reward +0 us, counted from 4.999999500 s"


def test_values_that_stay_the_same_while_the_robot_is_driven():
    frozen = Frozen({"imu": [0, 1], "odom": [2], "reward": []}, 5 * SECOND)
    sensors = np.zeros(3)

    def look(second, moving=True, **came):
        arrived = {"imu": second, "odom": second, **came}
        arrived = {source: at * SECOND for source, at in arrived.items()}
        return frozen.look(sensors, arrived, second * SECOND, moving)

    for second in range(6):
        sensors[2] = second
        assert look(second) == {}
    sensors[2] = 6
    assert look(6, imu=2) == {}  # silent, which is not the same as frozen
    assert look(6) == {"imu": 6.0}
    assert look(7, moving=False) == {}
    sensors[0] = 1e-12
    assert look(20) == {"odom": 13.0}


@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0])
def test_speed_of_the_robot_s_time(speed):
    rate = TimeRate()
    start = 10**18
    seen = [rate.look(start + round(speed * now), now) for now in range(0, 10 * SECOND, SECOND)]
    assert seen[:4] == [None] * 4
    assert seen[4:] == pytest.approx([speed] * 6)
    assert differ(seen[-1], 1.0) == (speed != 1.0)
    assert not differ(seen[-1], speed)
    rate.forget()
    assert rate.look(start, 20 * SECOND) is None


def test_time_that_begins_again_is_measured_anew():
    rate = TimeRate()
    assert rate.look(100 * SECOND, 0) is None
    assert rate.look(0, SECOND) is None
    assert rate.look(4 * SECOND, 5 * SECOND) == 1.0
    assert not differ(0.9, 1.0)
