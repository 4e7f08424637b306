"""The shipped launch files, run by the real `ros2 launch`."""

import importlib.util
import os
import re
import select
import shutil
import signal

import pytest
from rcl_interfaces.srv import GetParameters
from ros_environment import TIMEOUT

from dynsyn_msgs.msg import Status

pytestmark = [
    pytest.mark.skipif(
        shutil.which("ros2") is None or importlib.util.find_spec("launch_ros") is None,
        reason="ros2 launch is not installed (it comes with a ROS distribution)",
    ),
    pytest.mark.faults,
]


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
    assert (state_folder / "walker-paper@left.ckpt").is_file()


def pids_of(launched):
    """Process ids of the nodes, in the order of their start."""
    found = re.findall(r"process started with pid \[(\d+)\]", launched.output)
    return [int(pid) for pid in found]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize(
    "arguments",
    [["walker_sim.launch.py"], ["controller.launch.py", "robot_file:=walker"]],
    ids=["simulation", "controller"],
)
def test_nothing_outlives_a_launch_that_is_ended(launch, peer, tmp_path, arguments, number):
    life = tmp_path / "life.ckpt"
    launched = launch(*arguments, f"checkpoint:={life}")
    heard = peer.listen(Status, "/dynsyn/status")
    peer.wait_for(lambda: bool(heard), "a report")
    pids = pids_of(launched)
    assert len(pids) == (2 if "sim" in arguments[0] else 1)
    descriptors = [os.pidfd_open(pid) for pid in pids]
    launched.popen.send_signal(number)
    for descriptor in descriptors:
        assert select.select([descriptor], [], [], TIMEOUT)[0]
        os.close(descriptor)
    assert life.is_file()


def test_a_controller_that_dies_is_started_again_and_goes_on(launch, peer, tmp_path):
    life = tmp_path / "life.ckpt"
    launched = launch("walker_sim.launch.py", "respawn:=true", f"checkpoint:={life}")
    heard = peer.listen(Status, "/dynsyn/status")
    peer.wait_for(lambda: heard and heard[-1].steps > 50, "50 control steps")
    os.kill(pids_of(launched)[1], signal.SIGTERM)
    peer.wait_for(lambda: life.is_file(), "the saved lifetime")
    before = len(heard)
    peer.wait_for(lambda: len(pids_of(launched)) == 3, "another process")
    peer.wait_for(lambda: len(heard) > before and heard[-1].steps > 60, "more steps")
    assert launched.stop(signal.SIGINT) == 0, launched.output


def test_arguments_go_before_the_parameter_file_however_that_names_the_node(launch, peer, tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text(
        "/left/controller: {ros__parameters: {slew_limit: 0.5, weights_rate: 3.0}}\n"
        "/**: {controller: {ros__parameters: {slew_limit: 0.75, stale_periods: 7.0}}}\n"
    )
    arguments = ("robot_file:=walker", f"params_file:={file}", "slew_limit:=0.25")
    launched = launch("controller.launch.py", "namespace:=left", *arguments)
    names = ["slew_limit", "stale_periods", "weights_rate"]
    request = GetParameters.Request(names=names)
    answer = peer.call(GetParameters, "/left/controller/get_parameters", request)
    assert [value.double_value for value in answer.values] == [0.25, 7.0, 3.0]
    assert launched.stop(signal.SIGINT) == 0, launched.output


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
    # until the controller is there the pole is nobody's, and may fall yet
    peer.wait_for(lambda: heard and heard[-1].steps > 1_000_050, "50 control steps")
    falls = heard[-1].falls
    peer.wait_for(lambda: heard[-1].steps > 1_000_200, "150 more")
    assert heard[-1].robot == "cart_pole"
    assert heard[-1].learning
    assert heard[-1].falls == falls
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
        (
            ["walker_sim.launch.py", "robto:=walker"],
            "robto: unknown argument; did you mean 'robot'",
        ),
        (["walker_sim.launch.py", "robot.joints:=3"], "robot.joints: unknown parameter"),
        (["controller.launch.py"], "robot_file: missing"),
        (
            ["controller.launch.py", "robot_file:=walker", "parameters:=/nope.yaml"],
            "parameters: unknown argument; expected one of armed_at_start",
        ),
        (
            ["controller.launch.py", "robot_file:=walker", "params_file:=/nope.yaml"],
            "params_file: there is no file /nope.yaml",
        ),
    ],
)
def test_wrong_arguments_start_nothing(launch, arguments, message):
    launched = launch(*arguments)
    assert launched.wait() == 1
    assert message in launched.output
    assert "process started" not in launched.output
