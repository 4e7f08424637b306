"""What is told, when, and how often."""

from __future__ import annotations

import pytest

from dynsyn_controller.node.events import Event, Events, Level

pytestmark = pytest.mark.faults

SECOND = 1_000_000_000


@pytest.fixture
def told() -> list[Event]:
    return []


@pytest.fixture
def events(told) -> Events:
    return Events(told.append)


def test_a_state_is_told_when_it_begins_and_ends_however_soon(events, told):
    for round in range(20):
        events.begin("stale", f"imu {round}", now=round)
        events.begin("stale", "imu, still", now=round)
        assert events.lasts("stale")
        events.end("stale", "fresh again")
        events.end("stale", "fresh again")
    assert [event.active for event in told] == [True, False] * 20
    assert told[-1] == Event(Level.INFO, "stale", False, "fresh again")


def test_a_state_that_lasts_is_told_again_and_again(events, told):
    events.begin("stopped", "first", now=0, level=Level.ERROR)
    events.begin("stopped", "as it is now", now=1)
    for second in range(3600):
        events.remind(second * SECOND)
    assert 6 < len(told) < 15
    assert told[1] == Event(Level.WARNING, "stopped", True, "still: as it is now", again=True)
    events.end("stopped", "over")
    count = len(told)
    events.remind(10**6 * SECOND)
    assert len(told) == count


def test_moments_that_follow_quickly_are_counted(events, told):
    for step in range(1000):
        events.moment("reward", f"reward {step}", now=step * SECOND // 1000)
        events.remind(step * SECOND // 1000)
    assert [event.text for event in told] == ["reward 0"]
    events.moment("other", "another one", now=SECOND)
    assert told[-1].text == "another one"
    events.remind(4 * SECOND)
    assert len(told) == 2
    events.remind(5 * SECOND)
    assert told[-1].text == "reward 999 (and 998 more like it)"
    events.remind(60 * SECOND)
    assert len(told) == 3
    events.moment("reward", "one", now=61 * SECOND)
    assert told[-1].text == "one"
