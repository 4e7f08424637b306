"""The controller node as a real process, with the real bridge, over DDS."""

from __future__ import annotations

import re
import signal
import sys

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from lockstep import DEEP, Commands
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from ros_environment import Peer
from sensor_msgs.msg import JointState
from std_srvs.srv import SetBool, Trigger
from walker_nodes import start as start_controller
from walker_nodes import start_bridge

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.messages.conversions import stamp_nanoseconds
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.observation import Observer
from dynsyn_controller.robot.robot_file import load_robot
from dynsyn_controller.robot.safety.chain import SafetyChain
from dynsyn_msgs.msg import JointCommand, Status, Weights
from dynsyn_msgs.srv import LoadCheckpoint, SaveCheckpoint
from dynsyn_sim_bridge.robots.registry import entry
from dynsyn_sim_bridge.simulation import Simulation

pytestmark = [pytest.mark.usefixtures("ros_domain"), pytest.mark.faults]
LATCHED = QoSProfile(
    depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL
)


def wait_for_steps(peer: Peer, heard: list[Status], steps: int, timeout: float = 60.0) -> Status:
    """The first status that has lived so many steps."""
    peer.wait_for(lambda: heard and heard[-1].steps >= steps, f"{steps} steps", timeout)
    return heard[-1]


def quantity(layer, name: str) -> list[float]:
    """What a layer's learner knows of its synapses under this name."""
    (found,) = [each.value for each in layer.quantities if each.name == name]
    return list(found)


def live_offline(steps: int, robot_seed: int, seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Efforts of a lifetime without ROS, and its record at the end."""
    robot = load_robot(config_path("robots/walker.yaml"))
    controller, safety = new_controller(robot, seed=seed), SafetyChain(robot)
    simulation = Simulation(entry("walker").create(), robot_seed)
    observer = Observer(robot.observation, simulation.robot.layout)
    observation = np.zeros(len(robot.observation))
    efforts = []
    for step in range(steps):
        observer.observe(simulation.sensors, observation)
        wanted = controller.step(observation, simulation.reward, simulation.terminal)
        efforts.append(safety.limit(wanted, robot.layout.zeros()))
        if step < steps - 1:
            simulation.advance(efforts[-1])
    assert simulation.falls > 1  # else the test would say nothing of falls
    return efforts, controller.state


def test_lockstep_is_bit_identical_to_a_life_without_ros(processes, peer, tmp_path):
    steps, period = 400, 20_000_000
    commands = Commands(peer, period)
    heard = peer.listen(Status, "dynsyn/status")
    start_bridge(processes, lockstep=True, seed=5)
    assert peer.call(SetBool, "sim/pause", SetBool.Request(data=True)).success
    start_controller(processes, lockstep=True, seed=9)
    wait_for_steps(peer, heard, 1)
    received = commands.live(steps)
    path = tmp_path / "after.ckpt"
    request = SaveCheckpoint.Request(path=str(path))
    saved = peer.call(SaveCheckpoint, "dynsyn/save_checkpoint", request)
    assert saved.success, saved.message
    assert saved.steps == steps

    efforts, state = live_offline(steps, robot_seed=5, seed=9)
    np.testing.assert_array_equal(received, np.array(efforts[1:]))
    assert checkpoint.load(path).state.tobytes() == state.tobytes()


@pytest.mark.realtime
def test_kill_and_restart_continue_the_same_lifetime(processes, peer, tmp_path):
    path = tmp_path / "life.ckpt"
    states = peer.listen(JointState, "joint_states")
    heard = peer.listen(Status, "dynsyn/status")
    start_bridge(processes)
    first = start_controller(processes, checkpoint_path=path, checkpoint_period=1.0)
    peer.wait_for(path.exists, "a checkpoint")
    peer.wait_for(lambda: states and any(states[-1].effort), "efforts")
    peer.wait_for(lambda: heard, "a status")

    first.kill()
    del states[:]
    peer.wait_for(lambda: states and not any(states[-1].effort), "zero effort")
    until_zero = stamp_nanoseconds(states[-1].header.stamp) - stamp_nanoseconds(
        states[0].header.stamp
    )
    # The time-out of 0.1 s and what a busy machine adds; held for ever it would not get here.
    assert until_zero <= 600e6

    saved = checkpoint.load(path)
    steps = int(saved.state["steps"][0])
    assert 0 < steps <= heard[-1].steps + 50
    del heard[:]
    latched = peer.listen(Weights, "dynsyn/weights", qos=LATCHED)
    # With a rate of 0 the weights are told once, at activation, before a step is lived.
    second = start_controller(
        processes, checkpoint_path=path, checkpoint_period=0.0, weights_rate=0.0
    )
    peer.wait_for(lambda: latched, "weights")
    assert re.search(rf"continues the lifetime in {path}: .* {steps:,} steps", second.output)
    assert latched[0].steps == steps
    layers = latched[0].layers
    centre = np.concatenate([quantity(layer, "centre") for layer in layers])
    np.testing.assert_array_equal(centre, saved.state["centre"][0])
    wait_for_steps(peer, heard, steps + 20)


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGINT, marks=pytest.mark.long), signal.SIGTERM]
)
def test_a_stop_leaves_neutral_efforts_and_a_checkpoint(processes, peer, tmp_path, number):
    path = tmp_path / "life.ckpt"
    commands = peer.listen(JointCommand, "joint_command")
    heard = peer.listen(Status, "dynsyn/status")
    start_bridge(processes)
    controller = start_controller(processes, checkpoint_path=path)
    wait_for_steps(peer, heard, 30)
    peer.wait_for(lambda: any(commands[-1].effort), "efforts")
    assert controller.stop(number) == 0, controller.output
    peer.wait_for(lambda: not any(commands[-1].effort), "neutral efforts")
    steps = int(checkpoint.load(path).state["steps"][0])
    assert steps >= heard[-1].steps
    assert f"saved {path}: {steps:,} steps" in controller.output
    assert "Traceback" not in controller.output


def test_what_is_saved_is_told_and_details_to_who_asks(processes, peer, tmp_path):
    path = tmp_path / "life.ckpt"
    start_bridge(processes, lockstep=True)
    controller = processes.start_node(
        "dynsyn_controller.node.controller_node",
        *("--ros-args", "--log-level", "controller:=debug"),
        robot_file="walker",
        lockstep=True,
        checkpoint_path=path,
        checkpoint_period=1.0,
    )
    detail = re.compile(r"\[DEBUG\].*: (saved .*: [\d,]+ steps|episode [\d,]+ ended at step .*)")
    peer.wait_for(lambda: len(detail.findall(controller.output)) >= 3, "saves and episodes")
    request = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_DEACTIVATE))
    assert peer.call(ChangeState, "controller/change_state", request).success
    plain = re.compile(rf"\[INFO\].*: saved {re.escape(str(path))}: ([\d,]+) steps")
    peer.wait_for(lambda: plain.search(controller.output), "what was saved")
    assert controller.stop() == 0
    (steps,) = plain.findall(controller.output)[:1]
    assert int(steps.replace(",", "")) == int(checkpoint.load(path).state["steps"][0])


def test_weights_are_latched_and_complete(processes, peer):
    start_controller(processes, weights_rate=0.0)
    heard = peer.listen(Status, "dynsyn/status")
    peer.wait_for(lambda: heard, "status")
    latched = peer.listen(Weights, "dynsyn/weights", qos=LATCHED)
    peer.wait_for(lambda: latched, "weights")
    weights = latched[0]
    assert weights.robot == "walker"
    for layer in weights.layers:
        size = layer.rows * layer.columns
        assert (len(layer.output_names), len(layer.input_names)) == (layer.rows, layer.columns)
        quantities = [quantity(layer, name) for name in ("centre", "amplitude")]
        lengths = [len(layer.weight), *map(len, quantities)]
        assert lengths == [size] * 3
    assert sum(layer.rows * layer.columns for layer in weights.layers) == 438


@pytest.mark.realtime
def test_services_stop_rearm_freeze_and_checkpoint(processes, peer, tmp_path):
    commands = peer.listen(JointCommand, "joint_command")
    heard = peer.listen(Status, "dynsyn/status")
    start_bridge(processes)
    start_controller(processes, slew_limit=0.1)
    wait_for_steps(peer, heard, 20)

    def state(name: str, wanted: bool) -> None:
        del heard[:]
        peer.wait_for(lambda: heard and getattr(heard[-1], name) == wanted, f"{name} {wanted}")

    assert peer.call(Trigger, "dynsyn/emergency_stop", Trigger.Request()).success
    state("stopped", True)
    steps = heard[-1].steps
    del commands[:]
    peer.wait_for(lambda: len(commands) > 10, "commands while stopped")
    assert not any(any(command.effort) for command in commands)
    assert peer.call(Trigger, "dynsyn/rearm", Trigger.Request()).success
    state("stopped", False)
    wait_for_steps(peer, heard, steps + 20)
    efforts = np.array([command.effort for command in commands])
    assert np.abs(np.diff(efforts, axis=0)).max() <= 8.0 + 1e-9  # a tenth of 80 N m

    assert peer.call(SetBool, "dynsyn/set_learning", SetBool.Request(data=False)).success
    state("learning", False)
    path = tmp_path / "frozen.ckpt"
    request = SaveCheckpoint.Request(path=str(path))
    saved = peer.call(SaveCheckpoint, "dynsyn/save_checkpoint", request)
    assert (saved.success, saved.path) == (True, str(path)), saved.message
    frozen = checkpoint.load(path).state
    np.testing.assert_array_equal(frozen["weight"], frozen["centre"])
    wait_for_steps(peer, heard, saved.steps + 20)
    loaded = peer.call(
        LoadCheckpoint, "dynsyn/load_checkpoint", LoadCheckpoint.Request(path=str(path))
    )
    assert (loaded.success, loaded.steps) == (True, saved.steps), loaded.message


def test_services_refuse_what_cannot_be(processes, peer, tmp_path):
    controller = start_controller(processes, slew_limit=0.5, evaluate_every=2)
    damaged = tmp_path / "damaged.ckpt"
    damaged.write_bytes(b"not a checkpoint")
    for path, why in (
        ("", "checkpoint_path is empty"),
        ("relative.ckpt", "absolute"),
        (str(damaged), "damaged"),
        (str(tmp_path / "none.ckpt"), "cannot be read"),
    ):
        request = LoadCheckpoint.Request(path=path)
        answer = peer.call(LoadCheckpoint, "dynsyn/load_checkpoint", request)
        assert not answer.success
        assert why in answer.message
    request = SaveCheckpoint.Request(path=str(tmp_path / "no_folder" / "x.ckpt"))
    answer = peer.call(SaveCheckpoint, "dynsyn/save_checkpoint", request)
    assert not answer.success
    assert "cannot be written" in answer.message
    peer.wait_for(lambda: "not saved: checkpoint " in controller.output, "the log")
    lines = controller.output.splitlines()
    assert sum("not loaded: " in line for line in lines) == 4
    assert any(
        line.endswith("not as by default: evaluate_every 2, slew_limit 0.5") for line in lines
    )


def test_use_sim_time_without_a_clock_is_told_as_what_it_is(processes, peer):
    heard = peer.listen(Status, "dynsyn/status")
    start_bridge(processes)
    controller = start_controller(processes, use_sim_time=True)
    told = "not as by default: use_sim_time true"
    peer.wait_for(lambda: told in controller.output, "what is not as by default")
    wait_for_steps(peer, heard, 20)
    assert not peer.node.count_publishers("/clock")  # of a bridge that lives by the wall clock
    told = "use_sim_time is true, and nothing has come on /clock"
    peer.wait_for(lambda: told in controller.output, "the log")
    assert "in the future" not in controller.output


@pytest.mark.realtime
def test_a_robot_that_falls_silent_is_stale_until_it_speaks_again(processes, peer):
    commands = peer.listen(JointCommand, "joint_command")
    heard = peer.listen(Status, "dynsyn/status")
    bridge = start_bridge(processes)
    controller = start_controller(processes)
    wait_for_steps(peer, heard, 20)
    bridge.popen.send_signal(signal.SIGSTOP)
    peer.wait_for(lambda: heard[-1].stale, "stale")
    steps = heard[-1].steps
    del commands[:]
    peer.wait_for(lambda: len(commands) > 10 and len(heard) > 3, "commands while stale")
    assert not any(any(command.effort) for command in commands)
    assert heard[-1].steps == steps
    # The log names what was late at first: where in its round the bridge stood still decides that.
    assert re.search(r"stale: \w+ [\d.]+ s", controller.output)
    diagnosed = peer.listen(DiagnosticArray, "/diagnostics")
    late = re.compile(r"stale: .*\breward\b")
    peer.wait_for(
        lambda: any(late.match(s.message) for each in diagnosed for s in each.status), "the reward"
    )
    del diagnosed[:]
    peer.wait_for(lambda: len(diagnosed) > 2, "two more seconds, with their looks at stamps")
    assert " old; " not in controller.output, "its stamps were right when they came"
    bridge.popen.send_signal(signal.SIGCONT)
    wait_for_steps(peer, heard, steps + 20)
    assert "fresh again" in controller.output


def test_transitions_by_hand(processes, peer):
    commands = peer.listen(JointCommand, "joint_command")
    heard = peer.listen(Status, "dynsyn/status")
    diagnosed = peer.listen(DiagnosticArray, "/diagnostics")
    start_bridge(processes)
    controller = start_controller(processes, autostart=False)

    def state() -> int:
        return peer.call(GetState, "controller/get_state", GetState.Request()).current_state.id

    def change(number: int) -> bool:
        request = ChangeState.Request(transition=Transition(id=number))
        return peer.call(ChangeState, "controller/change_state", request).success

    assert state() == State.PRIMARY_STATE_UNCONFIGURED
    assert change(Transition.TRANSITION_CONFIGURE)
    assert state() == State.PRIMARY_STATE_INACTIVE
    inactive = "inactive: no commands are sent"
    peer.wait_for(
        lambda: any(line.message == inactive for each in diagnosed for line in each.status),
        "diagnostics of the inactive node",
    )
    peer.wait_for(lambda: bool(heard), "a status of the inactive node")
    assert heard[-1].neutral_because == "inactive"
    assert not commands
    assert change(Transition.TRANSITION_ACTIVATE)
    wait_for_steps(peer, heard, 20)
    assert change(Transition.TRANSITION_DEACTIVATE)
    peer.wait_for(lambda: not any(commands[-1].effort), "neutral efforts")
    peer.wait_for(lambda: heard[-1].neutral_because == "inactive", "status of the inactive node")
    assert change(Transition.TRANSITION_CLEANUP)
    assert state() == State.PRIMARY_STATE_UNCONFIGURED
    del heard[:]
    assert change(Transition.TRANSITION_CONFIGURE)
    peer.wait_for(lambda: heard and heard[-1].steps == 0, "a new-born lifetime: nothing was kept")
    assert change(Transition.TRANSITION_ACTIVATE)
    wait_for_steps(peer, heard, 5)
    assert change(Transition.TRANSITION_ACTIVE_SHUTDOWN)
    assert controller.wait() == 0, controller.output
    for told in ("a new-born lifetime, in memory only", "deactivated:", "cleaned up:"):
        assert told in controller.output


@pytest.mark.parametrize("lockstep", [False, True])
def test_an_error_in_a_step_ends_the_process_with_neutral_efforts(processes, peer, lockstep):
    script = """
import sys
from dynsyn_controller.node import controller_node
from dynsyn_controller.core.controller import Controller
from dynsyn_controller.node.stop_request import StopRequest
step = Controller.step
def broken(self, *arguments):
    if self.steps == 30:
        raise ZeroDivisionError("broken on purpose")
    return step(self, *arguments)
Controller.step = broken
sys.exit(controller_node.run(sys.argv, StopRequest()))
"""
    commands = peer.listen(JointCommand, "joint_command", qos=DEEP)
    heard = peer.listen(Status, "dynsyn/status")
    flag = f"lockstep:={str(lockstep).lower()}"
    ros = ["--ros-args", "-p", "robot_file:=walker", "-p", flag]
    controller = processes.start([sys.executable, "-c", script, *ros])
    peer.wait_for(lambda: heard, "the controller to know its listeners")
    start_bridge(processes, lockstep=lockstep)
    assert controller.wait() == 1
    assert "ZeroDivisionError: broken on purpose" in controller.output
    peer.wait_for(lambda: any(any(command.effort) for command in commands), "efforts")
    peer.wait_for(lambda: not any(commands[-1].effort), "neutral efforts")
