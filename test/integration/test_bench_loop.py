"""`dynsyn bench loop` with the real controller node and the relay, over DDS."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("rclpy")


@pytest.mark.realtime
def test_the_loop_keeps_its_rate_and_the_relay_is_measured_beside(ros_domain: int, tmp_path: Path):
    file = tmp_path / "loop.json"
    program = "import sys; from dynsyn_lab.cli.main import main; sys.exit(main())"
    arguments = ["bench", "loop", "--rates", "50", "--seconds", "3", "--json", str(file)]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=240
    )
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
