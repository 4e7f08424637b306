"""The swimmer under ROS 2: the same life as without, and it obeys its operator."""

from __future__ import annotations

import numpy as np
import pytest
from lockstep import Commands
from ros_environment import Peer, Processes
from std_srvs.srv import SetBool

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_lab.rollouts.senses import Senses
from dynsyn_msgs.msg import Status
from dynsyn_msgs.srv import SaveCheckpoint
from dynsyn_sim_bridge.robots.registry import entry

pytestmark = pytest.mark.usefixtures("ros_domain")
PERIOD = 30_000_000  # ns
STEPS, COURSE_STEPS = 500, 200


def live_offline(joints: int, robot_seed: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Efforts of each step of a lifetime without ROS, and its record at the end."""
    swimmer = entry("swimmer")
    robot, body = (
        swimmer.robot(joints=joints),
        swimmer.create(joints=joints, course_steps=COURSE_STEPS),
    )
    controller, senses = new_controller(robot, seed=seed), Senses(robot, body)
    body.reset(robot_seed)
    efforts = np.zeros((STEPS, joints))
    reward, terminal = 0.0, False
    for step in range(STEPS):
        efforts[step] = controller.step(senses.look(), reward, terminal)
        outcome = body.step(efforts[step])
        reward, terminal = outcome.reward, outcome.terminal
        if terminal:
            body.reset()
    assert controller.statistics.episodes == 2  # so that bodies put back are compared, too
    return efforts, controller.state


@pytest.mark.parametrize("joints", [5, pytest.param(8, marks=pytest.mark.long)])
def test_lockstep_is_bit_identical_to_a_life_without_ros(
    processes: Processes, peer: Peer, tmp_path, joints: int
):
    commands = Commands(peer, PERIOD)
    heard = peer.listen(Status, "dynsyn/status")
    processes.start_node(
        "dynsyn_sim_bridge.bridge_node",
        robot="swimmer",
        joints=joints,
        course_steps=COURSE_STEPS,
        lockstep=True,
        seed=5,
    )
    assert peer.call(SetBool, "sim/pause", SetBool.Request(data=True)).success
    processes.start_node(
        "dynsyn_controller.node.controller_node",
        robot_file="swimmer",
        modules=joints,
        lockstep=True,
        bundled=True,
        seed=7,
    )
    peer.wait_for(lambda: heard and heard[-1].steps >= 1, "the first step", 60.0)
    received = commands.live(STEPS)
    path = tmp_path / "after.ckpt"
    request = SaveCheckpoint.Request(path=str(path))
    assert peer.call(SaveCheckpoint, "dynsyn/save_checkpoint", request).steps == STEPS

    efforts, state = live_offline(joints, robot_seed=5, seed=7)
    np.testing.assert_array_equal(received, efforts[1:])
    assert checkpoint.load(path).state.tobytes() == state.tobytes()
