"""Spiking networks under ROS 2, both nodes in one process: the life that is lived without."""

from __future__ import annotations

import numpy as np
import pytest
from ros_environment import Peer, Processes
from std_srvs.srv import SetBool

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_lab.rollouts.senses import Senses
from dynsyn_msgs.msg import Status
from dynsyn_msgs.srv import SaveCheckpoint, Step
from dynsyn_sim_bridge.robots.registry import entry

pytestmark = pytest.mark.usefixtures("ros_domain")
LEAST_STEPS = 400


@pytest.mark.parametrize(
    ("learner", "settings", "options"),
    [
        ("dynamic_synapse", {"fall_cost": 100.0}, {}),
        pytest.param(
            "dqsn", {"batch": 16, "memory_size": 100}, {"hidden": [8]}, marks=pytest.mark.long
        ),
    ],
    ids=["dynamic_synapse", "dqsn"],
)
def test_lockstep_is_bit_identical_to_a_life_without_ros(
    processes: Processes, peer: Peer, tmp_path, learner: str, settings: dict, options: dict
):
    heard = peer.listen(Status, "dynsyn/status")
    path = tmp_path / "after.ckpt"
    items = [f"learner.{key}={value}" for key, value in settings.items()]
    items += [f"network.{key}={value}" for key, value in options.items()]
    parameters = {
        "sim:robot": "cart_pole",
        "sim:lockstep": True,
        "sim:seed": 5,
        "controller:robot_file": "cart_pole",
        "controller:lockstep": True,
        "controller:seed": 7,
        "controller:learner": learner,
        "controller:settings": ", ".join(items),
    }
    processes.start_node("dynsyn_lab.live.composed", **parameters)
    peer.wait_for(lambda: heard and heard[-1].steps >= LEAST_STEPS, "the first steps", 180.0)
    assert peer.call(SetBool, "sim/pause", SetBool.Request(data=True)).success
    # Two steps of a paused simulation: they are heard of while nothing else happens.
    taken = peer.call(Step, "sim/step", Step.Request(n=2))
    assert taken.success
    request = SaveCheckpoint.Request(path=str(path))
    steps = peer.call(SaveCheckpoint, "dynsyn/save_checkpoint", request).steps
    assert steps == taken.steps + 1  # the controller has answered what it cannot act on
    saved = checkpoint.load(path).state

    robot, body = entry("cart_pole").robot(), entry("cart_pole").create()
    controller = new_controller(robot, None, settings, 7, learner, options=options)
    senses, reward, terminal = Senses(robot, body), 0.0, False
    body.reset(5)
    for _ in range(steps):
        outcome = body.step(controller.step(senses.look(), reward, terminal))
        reward, terminal = outcome.reward, outcome.terminal
        if terminal:
            body.reset()
    assert controller.statistics.episodes > 3  # so that bodies put back are compared, too
    for name in saved.dtype.names:
        np.testing.assert_array_equal(saved[name], controller.state[name], err_msg=name)
