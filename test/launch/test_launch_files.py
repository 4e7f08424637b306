"""The shipped launch files, run by the real `ros2 launch`."""

import importlib.util
import os
import re
import select
import shutil
import signal

import pytest
from ros_environment import TIMEOUT

from dynsyn_msgs.msg import Status

pytestmark = pytest.mark.skipif(
    shutil.which("ros2") is None or importlib.util.find_spec("launch_ros") is None,
    reason="ros2 launch is not installed (it comes with a ROS distribution)",
)


@pytest.fixture(autouse=True)
def state_folder(tmp_path, monkeypatch):
    """A user without lifetimes or logs."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("ROS_LOG_DIR", str(tmp_path / "ros_log"))
    return tmp_path / "dynsyn"


@pytest.fixture
def launch(processes):
    """Starts a launch file of the package."""
    return lambda *arguments: processes.start(["ros2", "launch", "dynsyn_controller", *arguments])


def clean_endings(launched):
    """Names of the processes that ended with exit code 0."""
    return set(re.findall(r"\[(\w+)-\d+\]: process has finished cleanly", launched.output))


def test_walker_simulation_learns_until_it_is_interrupted(launch, peer, state_folder):
    launched = launch("walker_sim.launch.py", "namespace:=left", "preset:=paper", "seed:=3")
    heard = peer.listen(Status, "/left/dynsyn/status")
    peer.wait_for(lambda: heard and heard[-1].steps > 50, "50 control steps")
    assert heard[-1].robot == "walker"
    assert heard[-1].preset == "paper"
    assert launched.stop(signal.SIGINT) == 0, launched.output
    assert clean_endings(launched) == {"bridge_node", "controller_node"}
    assert (state_folder / "walker-paper.ckpt").is_file()


def test_nothing_outlives_a_launch_that_is_killed(launch, peer, state_folder):
    launched = launch("walker_sim.launch.py")
    heard = peer.listen(Status, "/dynsyn/status")
    peer.wait_for(lambda: heard and heard[-1].steps > 50, "50 control steps")
    pids = [int(pid) for pid in re.findall(r"process started with pid \[(\d+)\]", launched.output)]
    assert len(pids) == 2
    descriptors = [os.pidfd_open(pid) for pid in pids]
    launched.popen.send_signal(signal.SIGTERM)
    for descriptor in descriptors:
        assert select.select([descriptor], [], [], TIMEOUT)[0]
        os.close(descriptor)
    assert (state_folder / "walker.ckpt").is_file()


def test_lockstep_joints_and_frozen_reach_the_nodes(launch, peer):
    launched = launch("swimmer_sim.launch.py", "lockstep:=true", "joints:=7", "frozen:=true")
    heard = peer.listen(Status, "/dynsyn/status")
    peer.wait_for(lambda: heard and heard[-1].steps > 50, "50 control steps")
    assert heard[-1].robot == "swimmer"
    assert len(heard[-1].effort) == 7
    assert not heard[-1].learning
    assert launched.stop(signal.SIGINT) == 0, launched.output
    assert clean_endings(launched) == {"bridge_node", "controller_node"}


def test_the_shipped_cart_and_pole_balances_and_learns_on(launch, peer, state_folder):
    launched = launch("cart_pole_sim.launch.py")
    heard = peer.listen(Status, "/dynsyn/status")
    peer.wait_for(lambda: heard and heard[-1].steps > 1_000_100, "100 control steps")
    assert heard[-1].robot == "cart_pole"
    assert heard[-1].learning
    assert heard[-1].falls == heard[0].falls
    assert launched.stop(signal.SIGINT) == 0, launched.output
    assert (state_folder / "cart_pole.ckpt").is_file()


def test_controller_alone_waits_for_its_robot(launch, peer, tmp_path):
    life = tmp_path / "robot.ckpt"
    launched = launch("controller.launch.py", "robot_file:=walker", f"checkpoint:={life}")
    heard = peer.listen(Status, "/dynsyn/status")
    peer.wait_for(lambda: bool(heard), "a report")
    assert heard[-1].steps == 0
    assert "reward" in heard[-1].waiting_for
    assert launched.stop(signal.SIGINT) == 0, launched.output
    assert clean_endings(launched) == {"controller_node"}
    assert life.is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["walker_sim.launch.py", "robot:=wlker"], "did you mean 'walker'"),
        (["walker_sim.launch.py", "seed:=one"], "seed: found 'one'"),
        (["controller.launch.py"], "robot_file"),
    ],
)
def test_wrong_arguments_start_nothing(launch, arguments, message):
    launched = launch(*arguments)
    assert launched.wait() == 1
    assert message in launched.output
    assert "process started" not in launched.output
