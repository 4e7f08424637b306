"""`dynsyn bench loop` with the real controller node and the relay, over DDS."""

from __future__ import annotations

import json
from pathlib import Path

import forked
import pytest

pytest.importorskip("rclpy")


@pytest.mark.realtime
def test_the_loop_keeps_its_rate_and_the_relay_is_measured_beside(ros_domain: int, tmp_path: Path):
    file = tmp_path / "loop.json"
    arguments = ["bench", "loop", "--rates", "50", "--seconds", "1", "--json", str(file)]
    done = forked.run([*forked.DYNSYN, *arguments])
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(file.read_text())
    assert found["rate_hz"] == 50.0
    assert found["executor"].endswith("Executor")
    # wide enough for a busy machine; the figures themselves are in docs/benchmarks.md
    assert 40 < found["achieved_hz"] < 55
    assert 0 < found["latency_us_median"] < 20_000
    assert 0 < found["relay_us_median"] < 20_000
    assert 0 <= found["missed_fraction"] < 0.3
    assert found["overruns"] >= 0
