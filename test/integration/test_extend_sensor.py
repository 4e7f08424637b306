"""A sensor from outside the package: the example of docs/extending-sensor.md, executed."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import forked
import numpy as np
import pytest
from sensor_msgs.msg import BatteryState

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.messages.registry import SENSORS
from dynsyn_controller.robot.robot import RobotFileError
from dynsyn_controller.robot.robot_file import load_robot
from dynsyn_lab.rollouts.senses import Senses
from dynsyn_msgs.msg import Status
from dynsyn_msgs.srv import SaveCheckpoint
from dynsyn_sim_bridge.robots.registry import entry

PAGE = Path(__file__).parents[2] / "docs" / "extending-sensor.md"
CONTROLLER, BRIDGE = "dynsyn_controller.node.controller_node", "dynsyn_sim_bridge.bridge_node"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that the page shows, in a folder of their own."""
    for name, text in re.findall(r"```\w+\n# (\S+)\n(.*?)```", PAGE.read_text(), re.DOTALL):
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    yield tmp_path
    for name in ("battery", "battery_swimmer"):
        sys.modules.pop(name, None)


def dynsyn(*words: object) -> str:
    done = forked.run([*forked.DYNSYN, *map(str, words)])
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_trained_evaluated_resumed_and_then_missed(folder: Path):
    robot = f"{folder}/battery_swimmer.py:BatterySwimmer"
    dynsyn("train", robot, "--steps", 400, "--out", "run", "--seed", 3)
    (life,) = Path("run").glob("**/*.ckpt")
    dynsyn("eval", life, "--episodes", 1, "--json", "result.json")
    assert json.loads(Path("result.json").read_text())["episodes"] == 1
    dynsyn("train", "--resume", "run", "--steps", 600)
    saved = checkpoint.load(life)
    assert saved.state["steps"][0] == 600
    assert saved.robot.layout.sensors["battery"].topic == "power/battery"
    assert f"{folder}/battery.py:Battery" in saved.robot.source

    Path("battery.py").unlink()
    with pytest.raises(checkpoint.CheckpointError, match=r"battery\.py: cannot be read: No such"):
        checkpoint.load(life)
    with pytest.raises(RobotFileError, match=r"battery\.py: cannot be read"):
        load_robot("battery_swimmer.yaml")
    assert "battery" not in SENSORS.names


def test_it_crosses_dds_in_lockstep_bit_for_bit(folder: Path, processes, peer):
    """Bridge, messages and node live what the same controller lives without them."""
    heard = peer.listen(Status, "dynsyn/status")
    batteries = peer.listen(BatteryState, "power/battery")
    robot = f"{folder}/battery_swimmer.py:BatterySwimmer"
    processes.start_node(BRIDGE, robot=robot, lockstep=True, seed=5)
    file = folder / "battery_swimmer.yaml"
    processes.start_node(CONTROLLER, robot_file=file, lockstep=True, seed=9)
    peer.wait_for(lambda: heard and heard[-1].steps > 200, "200 steps", timeout=90.0)
    request = SaveCheckpoint.Request(path=str(folder / "a.ckpt"))
    saved = peer.call(SaveCheckpoint, "dynsyn/save_checkpoint", request)
    assert saved.success, saved.message
    peer.wait_for(lambda: any(m.percentage < 1.0 for m in batteries), "a battery that empties")

    after = checkpoint.load("a.ckpt").state
    body = entry(robot).create()
    body.reset(5)
    controller = new_controller(load_robot(file), seed=9)
    senses = Senses(load_robot(file), body)
    reward, terminal = 0.0, False
    for _ in range(int(after["steps"][0])):
        effort = controller.step(senses.look(), reward, terminal)
        outcome = body.step(effort)
        reward, terminal = outcome.reward, outcome.terminal
    assert controller.state.tobytes() == after.tobytes()


def test_its_own_publisher_is_heard_and_what_is_not_plausible_refused(folder, processes, peer):
    from sensor_msgs.msg import JointState

    from dynsyn_msgs.msg import Reward

    heard = peer.listen(Status, "dynsyn/status")
    controller = processes.start_node(
        CONTROLLER, robot_file=folder / "battery_swimmer.yaml", stale_periods=25.0
    )
    names = ["joint_1", "joint_2", "joint_3"]
    messages = {
        "joint_states": JointState(name=names, position=[0.1, 0.2, 0.3]),
        "power/battery": BatteryState(voltage=11.5, percentage=0.5),
        "reward": Reward(value=0.1),
    }
    publishers = {topic: peer.publisher(type(each), topic) for topic, each in messages.items()}

    def publish() -> None:
        for topic, message in messages.items():
            publishers[topic].publish(message)

    peer.wait_for(lambda: publish() or (heard and heard[-1].steps > 5), "steps")
    messages["power/battery"].percentage = 1.5
    peer.wait_for(lambda: publish() or heard[-1].stale, "stale")
    assert "refused: battery: percentage: found 1.5, expected 0 to 1" in controller.output


def test_an_installed_package_brings_a_type_by_entry_point(folder: Path):
    about = folder / "battery_package-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: battery-package\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[dynsyn.sensors]\nbattery = battery:Battery\n")
    text = Path("battery_swimmer.yaml").read_text()
    entries = re.search(r"sensors:\n.*\n", text).group(0)
    Path("battery_swimmer.yaml").write_text(text.replace(entries, ""))
    robot = load_robot("battery_swimmer.yaml")
    assert robot.layout.blocks["battery.percentage"].stop == robot.layout.size
    assert robot.layout.sensors["battery"].topic == "battery"
    assert "battery" in SENSORS.names
    (about / "entry_points.txt").unlink()
    with pytest.raises(RobotFileError, match="source: found 'battery', expected one of joint_st"):
        load_robot("battery_swimmer.yaml")
    assert np.isfinite(robot.layout.zeros()).all()
