"""How nodes load their middleware."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.faults
CHOSEN = "FASTDDS_BUILTIN_TRANSPORTS"
LOAD = "from dynsyn_controller.node import middleware; middleware.load()\n"


def printed(script: str, **variables: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != CHOSEN}
    run = subprocess.run(
        [sys.executable, "-c", LOAD + script],
        env=environment | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.strip()


def test_a_node_uses_no_shared_memory_that_a_killed_process_could_spoil():
    script = """
import glob, rclpy
rclpy.init()
node = rclpy.create_node("node")
names = {open(file).read().strip() for file in glob.glob("/proc/self/task/*/comm")}
print(any(name.startswith("dds.shm") for name in names), flush=True)
rclpy.shutdown()
"""
    assert printed(script, ROS_AUTOMATIC_DISCOVERY_RANGE="OFF") == "False"


def test_transports_that_the_user_chose_stay():
    script = f"import os; print(os.environ.get('{CHOSEN}'))"
    assert printed(script, **{CHOSEN: "DEFAULT"}) == "DEFAULT"
    assert printed(script, FASTDDS_DEFAULT_PROFILES_FILE="/nowhere.xml") == "None"
