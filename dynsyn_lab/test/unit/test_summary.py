"""The summary of a run, from the messages of its controller."""

import json
import math

import numpy as np
import pytest
from rclpy.time import Time

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot_file import load_robot
from dynsyn_lab.live.simulation import lived_before
from dynsyn_lab.live.summary import SummaryCollector
from dynsyn_msgs.msg import Quantity, Status, SynapseLayer, Weights

KEYS = {
    "robot", "mode", "steps", "seconds", "rate_hz", "falls", "mean_reward", "overruns",
    "latency_us_median", "latency_us_p99", "weights_changed",
}  # fmt: skip
AVERAGING = 1000.0


def report(steps, seconds, **fields):
    """A Status with this stamp."""
    status = Status(steps=steps, latency_us_median=300.0, latency_us_p99=900.0, **fields)
    status.header.stamp = Time(seconds=seconds).to_msg()
    return status


def lived(rewards, before=0, stride=5, average=0.0, heard_from=0):
    """A run in which each step brought the next reward, at 50 Hz, a status each `stride` steps.

    The running mean is the core's: a new-born's begins at its first reward.
    """
    collector = SummaryCollector(AVERAGING, before, falls_before=3)
    collector.add_status(report(before, 9.0, falls=3, reward=math.nan, reward_average=average), 0.0)
    for step, reward in enumerate(rewards, 1):
        if step == 1 and before == 0:
            average = reward
        average += (reward - average) / AVERAGING
        if step % stride == 0 and step >= heard_from:
            seconds = 10.0 + step / 50.0
            fields = {"falls": 4, "reward": reward, "reward_average": average}
            collector.add_status(report(before + step, seconds, **fields), seconds)
    return collector


def weights(centre, amplitude):
    """One layer with these centres and amplitudes."""
    quantities = [
        Quantity(name="centre", value=centre),
        Quantity(name="amplitude", value=amplitude),
    ]
    layer = SynapseLayer(rows=1, columns=len(centre), quantities=quantities)
    return Weights(layers=[layer])


def test_counts_are_those_of_this_run():
    summary = lived([0.1] * 500, before=2000).finish("walker", "realtime", "")
    assert summary.steps == 500
    assert summary.steps_before == 2000
    assert summary.falls == 1
    assert summary.seconds == pytest.approx(9.9)
    assert summary.rate_hz == pytest.approx(50.0)
    assert (summary.latency_us_median, summary.latency_us_p99) == (300.0, 900.0)


def test_evaluations_are_those_of_this_run_and_their_mean_that_of_the_lifetime():
    collector = SummaryCollector(AVERAGING, evaluations_before=2)
    for steps, count, mean in (
        (80, 3, 250.0),
        (900, 5, 290.0),
    ):  # one had ended before it was heard
        collector.add_status(
            report(steps, 1.0, evaluations=count, evaluation_average=mean), float(steps)
        )
    summary = collector.finish("walker", "realtime", "")
    assert (summary.evaluations, summary.evaluation_average) == (3, 290.0)
    assert any("frozen 290.0 an episode (3 evaluations)" in line for line in summary.lines())
    none = lived([0.1] * 10).finish("walker", "realtime", "")
    assert (none.evaluations, none.evaluation_average) == (0, None)
    assert not any("frozen" in line for line in none.lines())


@pytest.mark.parametrize(
    ("notes", "evaluations"), [({}, 0), ({"evaluations": {"count": 4}}, 4), ({"evaluations": 4}, 0)]
)
def test_what_was_lived_before_is_read_from_the_lifetimes_file(tmp_path, notes, evaluations):
    path = tmp_path / "life.ckpt"
    assert lived_before(path) == (0, 0, 0)
    robot = load_robot(config_path("robots/cart_pole.yaml"))
    controller = new_controller(robot)
    controller.state["steps"], controller.state["falls"] = 700, 5
    path.write_bytes(checkpoint.encode(robot, controller, notes))
    assert lived_before(path) == (700, 5, evaluations)


def test_rate_is_that_of_the_time_in_which_steps_were_lived():
    collector = lived([0.1] * 500)
    collector.add_status(report(500, 100.0, falls=4), 100.0)  # stopped long since
    assert collector.finish("walker", "realtime", "").rate_hz == pytest.approx(50.0)


@pytest.mark.parametrize("stride", [1, 5, 100])
@pytest.mark.parametrize("before", [0, 2000])
def test_mean_reward_is_recovered_from_the_running_mean(before, stride):
    rewards = np.random.default_rng(1).normal(0.2, 1.0, 3000)
    rewards[300::700] = -100.0  # falls
    collector = lived(rewards, before, stride, average=0.5, heard_from=200)
    mean = collector.finish("walker", "realtime", "").mean_reward
    assert mean == pytest.approx(np.mean(rewards[200:]), abs=0.01)


def test_changed_synapses_are_counted():
    collector = lived([0.0] * 10)
    collector.add_weights(weights([0.1, 0.2, 0.3], [0.2, 0.2, 0.2]))
    assert not collector.finish("walker", "realtime", "").weights_changed
    collector.add_weights(weights([0.1, 0.25, 0.3], [0.2, 0.2, 0.1]))
    summary = collector.finish("walker", "realtime", "")
    assert summary.weights_changed
    assert summary.synapses_changed == 2


def test_a_run_without_a_step_has_no_rate_and_no_reward():
    collector = SummaryCollector(AVERAGING, 7)
    collector.add_status(report(7, 1.0), 1.0)
    summary = collector.finish("walker", "realtime", "")
    assert (summary.steps, summary.rate_hz, summary.mean_reward) == (0, 0.0, None)
    assert summary.latency_us_median is None


def test_a_controller_that_never_reported_has_no_summary():
    with pytest.raises(ValueError, match="reported nothing"):
        SummaryCollector(AVERAGING).finish("walker", "realtime", "")


def test_file_has_the_documented_keys(tmp_path):
    path = tmp_path / "summary.json"
    lived([0.1] * 50).finish("walker", "lockstep", "").save(path)
    assert json.loads(path.read_text()).keys() >= KEYS
