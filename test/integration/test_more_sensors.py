"""Range, WrenchStamped, Float64MultiArray and passive joints, over DDS into the real node, and its
position targets out of it."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from geometry_msgs.msg import WrenchStamped
from sensor_msgs.msg import JointState, Range
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import Trigger

from dynsyn_controller.lifetime import checkpoint
from dynsyn_msgs.msg import JointCommand, Reward, Status
from dynsyn_msgs.srv import SaveCheckpoint

MODULE = "dynsyn_controller.node.controller_node"
ROBOT = {
    "version": 2,
    "name": "mixed",
    "description": "a cart with sensors of every kind",
    "control_rate": 50.0,
    "time_scale": 1.0,
    "command": {"type": "pd"},
    "joints": [
        {
            "name": "cart",
            "effort_limit": 50.0,
            "position_minimum": 8.0,
            "position_maximum": 9.5,
            "velocity_limit": 1.0,
            "kp": 20.0,
            "kd": 0.5,
        }
    ],
    "sensors": [
        {"name": "joint_states", "passive": ["pole"]},
        {"name": "left", "type": "range", "topic": "range/left"},
        {"name": "right", "type": "range", "topic": "range/right", "range_max": 2.5},
        {"name": "state", "type": "float64_multi_array", "elements": ["a", "b"]},
    ],
    "observation": [
        {"name": "tilt", "source": "joint_states", "joint": "pole", "field": "position"},
        {"name": "push", "source": "wrench", "field": "force.z", "unit": "N", "scale": 0.01},
        {"name": "twist", "source": "wrench", "field": "torque.x", "unit": "N m"},
        {"name": "b", "source": "state", "element": "b"},
        {"name": "to_left", "source": "left", "unit": "m", "kind": "range"},
        {"name": "to_right", "source": "right", "unit": "m", "kind": "range"},
    ],
    "network": {"type": "mlp", "hidden": [4]},
}


def messages() -> dict:
    wrench = WrenchStamped()
    wrench.wrench.force.z, wrench.wrench.torque.x = 50.0, -0.25
    return {
        "joint_states": JointState(name=["pole", "cart"], position=[0.5, 9.0], velocity=[0.0, 0.0]),
        "wrench": wrench,
        "state": Float64MultiArray(data=[7.0, -0.75]),
        "range/left": Range(range=1.5, min_range=0.25, max_range=4.0),
        "range/right": Range(range=float("inf"), min_range=0.25, max_range=float("inf")),
        "reward": Reward(value=0.1),
    }


@pytest.fixture
def robot_file(tmp_path):
    file = tmp_path / "mixed.yaml"
    file.write_text(yaml.safe_dump(ROBOT))
    return file


def test_the_node_observes_them_and_sends_targets(processes, peer, robot_file):
    """Two sensors of one type among them, and a reading of a passive joint."""
    heard = peer.listen(Status, "dynsyn/status")
    commands = peer.listen(JointCommand, "joint_command")
    arrays = peer.listen(Float64MultiArray, "forward_position_controller/commands")
    controller = processes.start_node(
        MODULE,
        robot_file=robot_file,
        stale_periods=50.0,
        effort_topic="forward_position_controller/commands",
    )
    sent = messages()
    publishers = {topic: peer.publisher(type(each), topic) for topic, each in sent.items()}

    def publish() -> None:
        for topic, message in sent.items():
            publishers[topic].publish(message)

    peer.wait_for(lambda: publish() or (heard and heard[-1].steps > 10), "steps")
    request = SaveCheckpoint.Request(path=str(robot_file.with_name("lived.ckpt")))
    assert peer.call(SaveCheckpoint, "dynsyn/save_checkpoint", request).success
    inputs = checkpoint.load(request.path).state["unit"][0, : len(ROBOT["observation"])]
    np.testing.assert_array_equal(inputs, [0.5, 0.5, -0.25, -0.75, 1.5, 2.5])

    targets = [9.0, *(command.position[0] for command in commands)]
    assert len(targets) > 10
    assert np.abs(np.diff(targets)).max() <= 1.0 / 50.0 + 1e-9  # from where the cart is
    assert min(targets) >= 8.0
    assert max(targets) <= 9.5
    last = commands[-1]
    assert (last.name, list(last.kp), list(last.kd)) == (["cart"], [20.0], [0.5])
    assert (len(last.effort), len(last.velocity)) == (0, 0)
    assert {array.data[0] for array in arrays} <= set(targets)
    assert peer.call(Trigger, "dynsyn/emergency_stop", Trigger.Request()).success
    peer.wait_for(lambda: publish() or commands[-1].position[0] == 9.0, "the cart to be held")
    assert peer.call(Trigger, "dynsyn/rearm", Trigger.Request()).success

    sent["state"].data = [1.0, 2.0, 3.0]
    peer.wait_for(lambda: publish() or heard[-1].stale, "stale")
    assert "refused: state: 3 numbers, expected 2" in controller.output


def test_lockstep_refuses_what_bears_no_stamp(processes, robot_file):
    controller = processes.start_node(MODULE, robot_file=robot_file, lockstep=True)
    assert controller.wait() == 2
    (line,) = controller.output.splitlines()
    assert "lockstep: messages of sensor state bear no stamp" in line
