"""Messages that do not follow those of their source: replays and strangers, in real time."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from dynsyn_controller.node.freshness import Freshness
from dynsyn_controller.node.stamp_order import StampOrder
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot_file import load_robot

pytestmark = pytest.mark.faults

MS = 1_000_000
SECOND = 1000 * MS
LIMIT = 60 * MS
EPOCH = 1_700_000_000 * SECOND
JOINTS = ["hip_1", "knee_1", "hip_2", "knee_2"]


class Senders:
    """Messages at given times (ns), and whether they are refused."""

    def __init__(self, factor: float = 1.0, acting: bool = True) -> None:
        layout = load_robot(config_path("robots/walker.yaml")).layout
        freshness = Freshness({"imu": {}, "joint_states": {}}, np.zeros(0, np.int64), {})
        self.freshness = freshness
        self.order, self.factor = StampOrder(layout, freshness), factor
        if acting:
            freshness.stale(0, LIMIT)

    def refused(
        self, now: int, stamp: int, source: str = "imu", waited: bool = False, **fields
    ) -> bool:
        second, nanosecond = divmod(stamp, SECOND)
        stamped = SimpleNamespace(stamp=SimpleNamespace(sec=second, nanosec=nanosecond))
        message = SimpleNamespace(header=stamped, **fields)
        return bool(self.order.refusal(source, message, now, self.factor, waited))


@pytest.mark.parametrize(
    ("off", "alive"),
    [
        (-3600 * SECOND, False),
        (-SECOND, False),
        (3600 * SECOND, False),
        (-SECOND, True),
        (-LIMIT - 15 * MS, True),
        (LIMIT + 15 * MS, True),
        (3600 * SECOND, True),
    ],
)
@pytest.mark.parametrize("first", ["robot", "stranger"])
def test_a_stranger_is_refused_while_the_robot_speaks(off, first, alive):
    senders = Senders()
    taken = {"robot": 0, "stranger": 0}
    if first == "stranger":
        assert not senders.refused(0, EPOCH + off)
    for now in range(100 * MS, 2000 * MS, 20 * MS):
        taken["robot"] += not senders.refused(now, EPOCH + now)
        stamp = EPOCH + off + (now if alive else 0)
        taken["stranger"] += not senders.refused(now + 10 * MS, stamp)
    assert taken == {"robot": 95, "stranger": 0}


@pytest.mark.parametrize("off", [-3600 * SECOND, -5 * SECOND, 5 * SECOND, 3600 * SECOND])
def test_a_clock_that_is_set_costs_no_more_than_the_source_s_limit(off):
    senders = Senders()
    refused = []
    for now in range(0, 1000 * MS, 20 * MS):
        stamp = EPOCH + now + (off if now >= 500 * MS else 0)
        if senders.refused(now, stamp):
            refused.append(now)
    assert refused == [500 * MS, 520 * MS, 540 * MS]


@pytest.mark.parametrize("waited", [False, True])
def test_what_has_waited_here_and_lost_some_of_its_kind_is_no_stranger(waited):
    """Held up from 500 to 800 ms, with room for one old message and the last five."""
    senders = Senders()
    for sent in (*range(0, 500 * MS, 20 * MS), 500 * MS):
        assert not senders.refused(sent, EPOCH + sent)
    kept = range(700 * MS, 800 * MS, 20 * MS)
    assert not senders.refused(800 * MS, EPOCH + 520 * MS)
    refused = [senders.refused(801 * MS, EPOCH + sent, waited=waited) for sent in kept]
    assert refused == [not waited] * len(kept)
    assert senders.refused(820 * MS, EPOCH + 800 * MS) is not waited
    assert senders.refused(840 * MS, EPOCH + 1000 * MS)


@pytest.mark.parametrize("factor", [0.1, 1.0, 20.0])
def test_jitter_gaps_bursts_and_other_speeds_pass(factor):
    senders = Senders(factor)
    sent = [0, 20, 40, 60, 3000, 3020, 3040]  # ms; those of 3 s come late, all at once
    came = [0, 35, 41, 95, 6000, 6000, 6001]
    for stamp, now in zip(sent, came, strict=True):
        assert not senders.refused(now * MS, EPOCH + round(stamp * factor) * MS)
    assert not senders.refused(6002 * MS, EPOCH + round((3040 - 50) * factor) * MS)  # overtaken


def test_parts_from_several_computers_and_stamps_of_zero_are_taken():
    senders = Senders()
    for now in range(0, 1000 * MS, 20 * MS):
        for off, names in ((0, JOINTS[:2]), (-SECOND // 2, JOINTS[2:])):
            stamp = EPOCH + now + off
            assert not senders.refused(now, stamp, source="joint_states", name=names)
        assert not senders.refused(now, 0)
    assert not senders.refused(SECOND, EPOCH, source="joint_states", name=JOINTS)
    assert senders.refused(SECOND, EPOCH - SECOND, source="joint_states", name=JOINTS)


def test_nothing_is_refused_before_the_first_control_step():
    senders = Senders(acting=False)
    for now, off in enumerate([0, 3600 * SECOND, 20 * MS, 40 * MS, 0]):
        senders.freshness.heard("imu", now * MS)  # a burst of what has waited
        assert not senders.refused(now * MS, EPOCH + off)
