"""`dynsyn run` and the commands that ask a running controller, with real nodes over DDS."""

import re
import signal
from pathlib import Path

import forked
import pytest
from ros_environment import TIMEOUT, Peer

from dynsyn_controller.lifetime.checkpoint import load
from dynsyn_msgs.msg import Status

pytestmark = pytest.mark.usefixtures("state_folder")
BRIDGE = "dynsyn_sim_bridge.bridge_node"


def ask(*arguments):
    """Exit code and output of a command that ends by itself."""
    done = forked.run([*forked.DYNSYN, *map(str, arguments)], timeout=60.0)
    return done.returncode, done.stdout + done.stderr


def reports(peer: Peer, namespace: str = "") -> list:
    return peer.listen(Status, f"{namespace}/dynsyn/status")


def test_a_robot_is_run_armed_saved_stopped_and_taken_back(
    dynsyn, processes, peer, tmp_path, state_folder
):
    processes.start_node(BRIDGE, robot="walker")
    heard = reports(peer)
    run = dynsyn("run", "walker", "--headless", "--slew-limit", "0.5")
    peer.wait_for(lambda: heard and not heard[-1].waiting_for, "a robot")
    assert not heard[-1].armed
    assert heard[-1].steps == 0

    code, said = ask("arm")
    assert (code, said) == (0, "/dynsyn/arm: armed\n")
    peer.wait_for(lambda: heard[-1].steps > 20, "control steps")

    copy = tmp_path / "copy.ckpt"
    code, said = ask("save", copy)
    assert (code, said.split(", ")[0]) == (0, f"/dynsyn/save_checkpoint: {copy}")
    assert load(copy).controller().steps > 20
    own = state_folder / "robot-walker.ckpt"
    assert f"/dynsyn/save_checkpoint: {own}, " in ask("save")[1]

    assert ask("stop")[0] == 0
    peer.wait_for(lambda: heard[-1].stopped, "the stop")
    assert ask("rearm") == (0, "/dynsyn/rearm: re-armed\n")
    peer.wait_for(lambda: not heard[-1].stopped, "the end of the stop")
    code, said = ask("rollback")
    assert code == 0, said
    peer.wait_for(lambda: heard[-1].rollbacks == 1, "the roll-back")
    assert ask("disarm")[0] == 0
    peer.wait_for(lambda: not heard[-1].armed, "the disarming")

    second = dynsyn("run", "walker", "--headless", "--checkpoint", "")
    assert second.wait(60) == 1
    assert "a controller is in namespace / of ROS domain" in second.output
    assert f"process {run.popen.pid}: end it" in second.output
    assert run.stop(signal.SIGTERM) == 0, run.output
    assert "lived " in run.output
    assert load(own).controller().steps > 0


@pytest.mark.long
def test_a_simulation_at_another_speed_is_told(dynsyn, processes, peer):
    processes.start_node(BRIDGE, robot="walker", realtime_factor=2.0)
    run = dynsyn("run", "walker", "--headless", "--checkpoint", "")
    told = "times as fast as the clock, realtime_factor is 1: both must be the same"
    peer.wait_for(lambda: told in run.output, "a warning")
    (line,) = (line for line in run.output.splitlines() if told in line)
    assert 1.75 < float(re.search(r"runs ([\d.]+) times", line)[1]) < 2.25
    assert run.stop(signal.SIGTERM) == 0, run.output


def test_stop_reaches_every_controller_and_others_ask_which(dynsyn, peer):
    heard = {}
    for name in ("left", "right"):
        heard[name] = reports(peer, f"/{name}")
        dynsyn("run", "walker", "--headless", "--namespace", name)
    for name, statuses in heard.items():
        peer.wait_for(lambda statuses=statuses: bool(statuses), f"{name} to report")
    code, said = ask("arm")
    assert code == 1
    assert "no controller in namespace / is heard, but in /left, /right (--namespace)" in said
    assert ask("arm", "--namespace", "right") == (0, "/right/dynsyn/arm: armed\n")
    code, said = ask("stop")
    assert code == 0
    assert set(said.splitlines()) == {
        f"/{name}/dynsyn/emergency_stop: stopped; dynsyn/rearm ends it" for name in heard
    }
    for name, statuses in heard.items():
        peer.wait_for(lambda statuses=statuses: statuses[-1].stopped, f"{name} to be stopped")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["arm"], 1, "no controller in namespace / is heard"),
        (["stop"], 1, "no controller is heard"),
        (["stop", "--namespace", "left"], 1, "no controller in namespace /left is heard"),
        (["save", "--namespace", "my robot"], 2, "namespace: found 'my robot'"),
        (["rollback", "--hours", "-1"], 2, "found -1, expected 0 or more"),
        (["run"], 2, "robot_file: missing"),
        (["run", "wlaker"], 2, "in robots there is"),
        (["run", "walker", "--params-file", "/nope.yaml"], 2, "there is no file /nope.yaml"),
        (["run", "walker", "--slew-limit", "7"], 2, "slew_limit: found 7.0"),
    ],
)
def test_what_cannot_be_is_one_line(ros_domain, arguments, code, message):
    found, said = ask(*arguments)
    assert found == code, said
    assert message in said.splitlines()[-1]
    assert "Traceback" not in said


def test_nothing_outlives_a_run_that_is_killed(dynsyn, peer, state_folder):
    heard = reports(peer)
    run = dynsyn("run", "walker", "--headless")
    peer.wait_for(lambda: bool(heard), "a report")
    text = Path(f"/proc/{run.popen.pid}/task/{run.popen.pid}/children").read_text()
    (node,) = (int(pid) for pid in text.split())
    run.popen.kill()
    peer.wait_for(lambda: not Path(f"/proc/{node}").exists(), "the end of the node", TIMEOUT)
    assert (state_folder / "robot-walker.ckpt").is_file()
