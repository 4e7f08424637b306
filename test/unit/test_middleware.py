"""How nodes load their middleware."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.faults
CHOSEN = "FASTDDS_BUILTIN_TRANSPORTS"
OURS = {CHOSEN, "FASTDDS_DEFAULT_PROFILES_FILE", "ROS_AUTOMATIC_DISCOVERY_RANGE"}
LOAD = "from dynsyn_controller.node import middleware; middleware.load()\n"


def unset() -> dict[str, str]:
    """The environment without what chooses a transport."""
    return {name: value for name, value in os.environ.items() if name not in OURS}


def printed(script: str, **variables: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", LOAD + script],
        env=unset() | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.strip()


@pytest.mark.parametrize(
    "environment",
    [
        {"ROS_AUTOMATIC_DISCOVERY_RANGE": "OFF"},
        {"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"},
        {"ROS_LOCALHOST_ONLY": "1"},
    ],
)
def test_a_node_uses_no_shared_memory_that_a_killed_process_could_spoil(environment):
    script = """
import glob, rclpy
rclpy.init()
node = rclpy.create_node("node")
names = {open(file).read().strip() for file in glob.glob("/proc/self/task/*/comm")}
print(any(name.startswith("dds.shm") for name in names), flush=True)
rclpy.shutdown()
"""
    assert printed(script, **environment) == "False"


def test_a_node_that_keeps_to_this_machine_is_heard_by_one_that_does_not_ask(ros_domain):
    """As `ros2 topic echo` in another terminal: it has never heard of the profile."""
    talker = """
import rclpy
from std_msgs.msg import String
rclpy.init()
node = rclpy.create_node("talker")
publisher = node.create_publisher(String, "chatter", 10)
node.create_timer(0.05, lambda: publisher.publish(String(data="here")))
rclpy.spin(node)
"""
    listener = """
import rclpy
from std_msgs.msg import String
from rclpy.wait_for_message import wait_for_message
rclpy.init()
node = rclpy.create_node("listener")
print(wait_for_message(String, node, "chatter", time_to_wait=60.0)[1].data)
rclpy.shutdown()
"""
    keeping = {**unset(), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    with subprocess.Popen([sys.executable, "-c", LOAD + talker], env=keeping) as speaks:
        heard = subprocess.run(
            [sys.executable, "-c", listener],
            env={**unset(), "ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET"},
            capture_output=True,
            text=True,
            check=True,
        )
        speaks.kill()
    assert heard.stdout.strip() == "here"


def test_transports_that_the_user_chose_stay():
    script = f"import os; print(os.environ.get('{CHOSEN}'))"
    assert printed(script, **{CHOSEN: "DEFAULT"}) == "DEFAULT"
    assert printed(script, FASTDDS_DEFAULT_PROFILES_FILE="/nowhere.xml") == "None"
