"""Each source is judged by its own rate, and not switched on and off at the edge."""

from __future__ import annotations

import numpy as np
import pytest

from dynsyn_controller.node.freshness import FRESH_STEPS, Freshness

pytestmark = pytest.mark.faults

MS = 1_000_000
TICK, STALE = 20 * MS, 60 * MS


class Robot:
    """Sources that speak at their own rates, and a control loop that looks every 20 ms."""

    def __init__(self, **periods: int) -> None:
        names = {source: {at: f"{source} {at}"} for at, source in enumerate(periods)}
        self.arrivals = np.full(len(periods), -1, dtype=np.int64)
        self.freshness = Freshness({**names, "reward": {}}, self.arrivals, {"slow": 1.0})
        self.periods = periods | {"reward": TICK}
        self.now = 0
        self.silent: set[str] = set()

    def run(self, milliseconds: int) -> list[bool]:
        """Whether it was stale, in each control step."""
        stale = []
        for _ in range(milliseconds):
            for at, (source, period) in enumerate(self.periods.items()):
                if self.now % period == 0 and source not in self.silent:
                    if source != "reward":
                        self.arrivals[at] = self.now
                    self.freshness.heard(source, self.now)
            if self.now % TICK == 0:
                stale.append(self.freshness.stale(self.now, STALE))
            self.now += MS
        return stale


def test_a_lidar_of_10_hz_is_fresh_on_a_loop_of_50():
    robot = Robot(imu=10 * MS, scan=100 * MS)
    robot.run(1000)  # its rate is not known before its second message
    assert not any(robot.run(5000))
    robot.silent = {"scan"}
    stale = robot.run(500)
    assert any(stale)
    assert stale.index(True) * TICK == pytest.approx(220 * MS, abs=2 * TICK)
    assert robot.freshness.late(robot.now) == ["scan 0.60 s"]


@pytest.mark.parametrize("source", ["imu", "reward"])
def test_what_is_as_quick_as_control_is_stale_after_its_periods(source):
    robot = Robot(imu=10 * MS)
    assert not any(robot.run(1000))
    robot.silent = {source}
    stale = robot.run(200)
    assert 2 <= stale.index(True) <= 4
    robot.silent = set()
    assert robot.run(200) == [True] * (FRESH_STEPS - 1) + [False] * (11 - FRESH_STEPS)


def test_a_long_gap_is_no_new_rate():
    robot = Robot(imu=10 * MS)
    robot.run(1000)
    robot.silent = {"imu"}
    robot.run(30_000)
    robot.silent = set()
    robot.run(1000)
    robot.silent = {"imu"}
    assert robot.run(100).index(True) <= 4


def test_the_robot_file_may_say_when_a_source_is_stale():
    robot = Robot(imu=10 * MS, slow=400 * MS)
    assert not any(robot.run(5000))
    robot.silent = {"slow"}
    stale = robot.run(2000)
    assert stale.index(True) * TICK == pytest.approx(600 * MS, abs=220 * MS)


def test_what_is_missing_from_a_source_that_speaks_is_named():
    robot = Robot(imu=10 * MS)
    robot.run(1000)
    for _ in range(10):
        robot.now += 10 * MS
        robot.freshness.heard("imu", robot.now)
    assert robot.freshness.stale(robot.now, STALE)
    assert robot.freshness.late(robot.now)[0].startswith("imu 0 0.1")
