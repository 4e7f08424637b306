"""Deadlines, paces and figures of a loop, on a clock of the test's own."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dynsyn_controller.node.timing import (
    IN_STEP,
    LEAST_APART,
    LEAST_MARGIN,
    SECOND,
    Deadlines,
    LoopTiming,
    Pace,
    Steps,
)

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


def steps_of(arrivals, whole):
    """Times of steps, and how old the last message was at each, ns."""
    steps, newest, times, ages = Steps(PERIOD, now=0), 0, [], []

    def step(now):
        steps.advance(now)
        steps.align(newest)
        times.append(now)
        ages.append(now - newest)

    for arrival in arrivals:
        while steps.remaining(arrival) <= 0:
            step(steps.next)
        newest = arrival
        if whole:
            steps.observe()
        if steps.early(arrival):
            step(arrival)
    return np.array(times), np.array(ages)


def sent(ratio=1.0, jitter=0.0, count=1000):
    """Arrivals of a sender of so many times the loop's rate, late by up to `jitter` periods."""
    late = np.random.default_rng(1).uniform(0.0, jitter * PERIOD, count)
    return np.sort((np.arange(count) * PERIOD / ratio + late + 3_000_000).astype(int)).tolist()


def test_steps_come_soon_after_messages_that_need_not_belong_together():
    times, ages = steps_of(sent(), whole=False)
    wanted = max(LEAST_MARGIN, PERIOD // 20)
    assert abs(ages[-1] - wanted) < 20_000
    assert abs(np.diff(times) - PERIOD).max() <= PERIOD // 100
    assert abs(np.diff(times)[-100:] - PERIOD).max() < 1000


def test_a_whole_observation_is_answered_at_once_and_a_late_one_waited_for():
    arrivals = sent()
    arrivals[500] += PERIOD // 5
    times, ages = steps_of(arrivals, whole=True)
    assert not ages[100:].any()
    assert arrivals[500] in times
    arrivals[600] += PERIOD // 3
    times, ages = steps_of(arrivals, whole=True)
    assert arrivals[600] not in times
    assert ages[-300:].max() == 0


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("ratio", [0.5, 0.7, 0.95, 1.02, 1.1, 1.3, 1.9, 2.0, 4.0])
def test_steps_keep_apart_whatever_the_senders_rate(ratio, whole):
    times, _ = steps_of(sent(ratio), whole)
    apart = np.diff(times) / PERIOD
    assert apart.min() >= LEAST_APART
    assert apart.max() < 1.41
    if not 0.9 < ratio < 1.1:
        assert abs(apart - 1.0).max() <= 0.011
    assert abs(apart[100:].mean() - 1.0) < 0.011


@pytest.mark.parametrize("jitter", [0.1, 0.5, 0.8, 1.2])
def test_steps_keep_apart_whatever_the_jitter(jitter):
    times, ages = steps_of(sent(jitter=jitter), whole=True)
    apart = np.diff(times) / PERIOD
    assert apart.min() >= LEAST_APART
    assert apart.max() < 1.41
    if jitter == 0.1:
        assert not ages[200:].any()


def test_a_deadline_that_has_passed_is_not_met_early():
    steps = Steps(PERIOD, now=0)
    for _ in range(IN_STEP):
        steps.observe()
        assert not steps.early(steps.next - 1)
        assert steps.advance(steps.next) == 0
    steps.observe()
    assert steps.early(steps.next - 1)
    assert not steps.early(steps.next)
    assert not steps.early(steps.next - PERIOD // 2)  # too soon
    steps.observe()
    assert not steps.early(steps.next - 1)  # another has come: it is not the loop's own rate


def test_deadlines_do_not_follow_what_stopped_coming():
    steps = Steps(PERIOD, now=0)
    steps.advance(PERIOD)
    steps.align(0)
    assert steps.next == 2 * PERIOD


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
