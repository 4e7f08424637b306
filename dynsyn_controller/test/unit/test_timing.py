"""Deadlines, paces and figures of a loop, on a clock of the test's own."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dynsyn_controller.node.timing import LEAST_MARGIN, SECOND, Deadlines, LoopTiming, Pace

PERIOD = 20_000_000


def test_deadlines_do_not_drift():
    deadlines = Deadlines(PERIOD, now=0)
    for tick in range(1, 1001):
        late = 3_000_000 if tick % 2 else 0
        assert deadlines.remaining(tick * PERIOD + late) == -late
        assert deadlines.advance(tick * PERIOD + late) == 0
    assert deadlines.next == 1001 * PERIOD
    assert deadlines.overruns == 0


@pytest.mark.parametrize(("late", "skipped"), [(0, 0), (0.99, 0), (1.0, 1), (1.5, 1), (7.2, 7)])
def test_missed_deadlines_are_skipped_and_counted(late, skipped):
    deadlines = Deadlines(PERIOD, now=0)
    now = PERIOD + round(late * PERIOD)
    assert deadlines.advance(now) == skipped
    assert deadlines.overruns == skipped
    assert now < deadlines.next <= now + PERIOD
    assert deadlines.next % PERIOD == 0


@pytest.mark.parametrize(("whole", "part"), [(False, 20), (True, 4)])
def test_deadlines_move_to_where_the_messages_are(whole, part):
    """Messages every period at a phase of 3 ms: soon every tick is just after one, at one rate."""
    deadlines = Deadlines(PERIOD, now=0)
    ticks = []
    for _ in range(500):
        now = deadlines.next
        deadlines.advance(now)
        ticks.append(now)
        deadlines.align((now - 3_000_000) % PERIOD, whole)
    latencies = (np.array(ticks) - 3_000_000) % PERIOD
    wanted = max(LEAST_MARGIN, PERIOD // part)
    assert abs(latencies[-1] - wanted) < 20_000
    periods = np.diff(ticks)
    assert abs(periods - PERIOD).max() <= PERIOD // 100
    assert abs(periods[-100:] - PERIOD).max() < 1000


def test_a_deadline_is_near_in_the_second_half_of_its_period():
    deadlines = Deadlines(PERIOD, now=0)
    assert not deadlines.near(PERIOD // 2)
    assert deadlines.near(PERIOD // 2 + 1)
    assert deadlines.advance(PERIOD // 2 + 1) == 0
    assert deadlines.next == 2 * PERIOD
    assert not deadlines.near(PERIOD)


def test_deadlines_do_not_follow_what_stopped_coming():
    deadlines = Deadlines(PERIOD, now=0)
    deadlines.align(PERIOD, whole=False)
    assert deadlines.next == PERIOD


def test_pace_is_due_at_its_rate_and_once_after_a_long_wait():
    pace = Pace(10.0)
    due = [now for now in range(0, SECOND, SECOND // 100) if pace.due(now)]
    assert len(due) == 10
    assert pace.due(100 * SECOND)
    assert not pace.due(100 * SECOND + SECOND // 100)
    assert not Pace(0.0).due(0)


def test_loop_timing_gives_percentiles_of_the_last_ticks():
    timing = LoopTiming()
    assert all(math.isnan(value) for value in timing.latency_us())
    for _ in range(500):
        timing.record(9_000_000)
    for latency in range(1000):
        timing.record(latency * 1000)
    median, high = timing.latency_us()
    assert median == pytest.approx(499.5)
    assert high == pytest.approx(989, abs=1)


def test_commands_that_answer_nothing_count_as_ticks_and_tell_no_latency():
    timing = LoopTiming()
    for latency in (1000, None, 3000, None, None):
        timing.record(latency)
    assert timing.ticks == 5
    assert timing.latency_us()[0] == 2.0


def test_loop_timing_gives_the_rate_of_the_last_second():
    timing = LoopTiming()
    assert timing.rate(0) == 0.0
    now = 0
    for _ in range(30):
        now += SECOND // 10
        for _ in range(5):
            timing.record(0)
        rate = timing.rate(now)
    assert rate == pytest.approx(50.0)
    for _ in range(12):
        now += SECOND // 10
        rate = timing.rate(now)
    assert rate == 0.0
