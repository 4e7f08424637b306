"""The short way between a bridge and a controller in lockstep on one machine."""

from __future__ import annotations

import pytest
import rclpy
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.srv import GetParameters
from rclpy.serialization import deserialize_message
from std_msgs.msg import Empty
from std_srvs.srv import SetBool

from dynsyn_controller.messages.bundle import BundleReader
from dynsyn_controller.messages.conversions import stamp_nanoseconds
from dynsyn_controller.node.local_socket import LARGEST, LocalSocket
from dynsyn_controller.node.ros_process import create_executor, handle_pending
from dynsyn_controller.node.timing import SECOND
from dynsyn_msgs.msg import Bundle, JointCommand, Reward, Status
from dynsyn_msgs.srv import Step

pytestmark = pytest.mark.usefixtures("ros_domain")
PERIOD = 20_000_000
ROBOT, CONTROLLER = ("/a/bundle", "/a/joint_command"), ("/b/bundle", "/b/joint_command")


@pytest.fixture
def opened():
    """What makes an end; all are closed after the test."""
    made = []

    def make(*arguments, **options) -> LocalSocket:
        made.append(LocalSocket(*arguments, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def take(peer, end: LocalSocket, what: str) -> bytes:
    """The next that comes to this end."""
    found: list[bytes] = []

    def came() -> bool:
        data = end.wait(peer.executor, SECOND // 100)
        if data is not None:
            found.append(data)
        return bool(found)

    peer.wait_for(came, what)
    return found[0]


def stamp(bundle: bytes) -> int:
    """Of the reward in it, ns."""
    parts = dict(BundleReader().split(bundle))
    return stamp_nanoseconds(deserialize_message(parts["reward"], Reward).header.stamp)


def test_what_one_end_sends_the_other_gets(peer, opened):
    robot = opened(peer.node, "bundle", "joint_command", bound=False)
    assert not robot.send(b"nobody is there")
    controller = opened(peer.node, "bundle", "joint_command", bound=True)
    assert not controller.send(b"nobody has been heard")
    assert robot.send(b"observation")
    assert take(peer, controller, "an observation") == b"observation"
    assert controller.send(b"command")
    assert take(peer, robot, "a command") == b"command"
    assert robot.wait(peer.executor, SECOND // 100) is None
    assert not robot.send(bytes(LARGEST + 1))
    assert robot.send(bytes(LARGEST))
    assert len(take(peer, controller, "the largest")) == LARGEST
    controller.close()
    assert not robot.send(b"it has gone")
    assert controller.wait(peer.executor, SECOND // 100) is None
    again = opened(peer.node, "bundle", "joint_command", bound=True)
    assert robot.send(b"it is back")
    assert take(peer, again, "an observation") == b"it is back"


def test_one_who_stands_still_holds_nobody_up_and_is_not_reached(peer, opened):
    opened(peer.node, "bundle", "joint_command", bound=True)
    robot = opened(peer.node, "bundle", "joint_command", bound=False)
    peer.wait_for(lambda: not robot.send(b"again"), "a full queue")


@pytest.mark.parametrize(
    ("name", "value"), [("ROS_AUTOMATIC_DISCOVERY_RANGE", "OFF"), ("ROS_SECURITY_ENABLE", "true")]
)
def test_it_does_not_reach_where_ros_is_not_to(peer, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(OSError, match=f"{name} is {value}"):
        LocalSocket(peer.node, "bundle", "joint_command", bound=True)
    assert LocalSocket.open(peer.node, "bundle", "joint_command", bound=True) is None


def test_a_way_is_that_of_its_topics(peer, opened):
    opened(peer.node, *CONTROLLER, bound=True)
    with pytest.raises(OSError, match="in use"):
        opened(peer.node, *CONTROLLER, bound=True)
    for topics in (ROBOT, ("/b/bundle", "/a/joint_command"), ("/a/bundle", "/b/joint_command")):
        assert not opened(peer.node, *topics, bound=False).send(b"to somebody else")
    assert opened(peer.node, *CONTROLLER, bound=False).send(b"to that one")


def test_what_the_executor_has_is_done_between_datagrams(peer, opened):
    heard = []
    peer.node.create_subscription(Empty, "beside", heard.append, 100)
    publisher = peer.publisher(Empty, "beside")
    controller = opened(peer.node, "bundle", "joint_command", bound=True)
    robot = opened(peer.node, "bundle", "joint_command", bound=False)
    came = 0

    def both() -> bool:
        nonlocal came
        publisher.publish(Empty())
        robot.send(b"observation")
        came += controller.wait(peer.executor, SECOND) is not None
        return len(heard) >= 20 and came >= 20

    peer.wait_for(both, "messages and datagrams")


def test_a_bridge_and_a_controller_in_lockstep_take_it(processes, peer, opened):
    """The test hands on what each sends the other: neither would hear it by topics."""
    commands = peer.listen(JointCommand, CONTROLLER[1])
    bundles = peer.listen(Bundle, ROBOT[0])
    statuses = peer.listen(Status, "/b/dynsyn/status")
    own = opened(peer.node, *ROBOT, bound=True)
    other = opened(peer.node, *CONTROLLER, bound=False)
    place = ("--ros-args", "-r")
    processes.start_node(
        "dynsyn_sim_bridge.bridge_node", *place, "__ns:=/a", robot="walker", lockstep=True
    )
    processes.start_node(
        "dynsyn_controller.node.controller_node",
        *place,
        "__ns:=/b",
        robot_file="walker",
        lockstep=True,
        bundled=True,
    )
    peer.wait_for(lambda: statuses, "the controller")
    observation = take(peer, own, "an observation")
    stamps = [stamp(observation)]
    while len(stamps) < 200:
        assert other.send(observation)
        command = take(peer, other, "a command")
        answered = deserialize_message(command, JointCommand).header.stamp
        assert stamp_nanoseconds(answered) == stamps[-1]
        own.send(command)
        observation = take(peer, own, "an observation")
        if stamp(observation) != stamps[-1]:  # not one that was repeated meanwhile
            stamps.append(stamp(observation))
    assert stamps == [PERIOD * (1 + step) for step in range(200)]
    assert peer.call(SetBool, "/a/sim/pause", SetBool.Request(data=True)).success
    assert not commands
    assert not bundles

    own.close()
    peer.wait_for(lambda: bundles, "the observation as a message: nobody is at the other end")


def test_others_who_listen_change_nothing(processes, peer):
    """They are sent messages beside, which the two hear as well and are not to take once more."""
    statuses = peer.listen(Status, "dynsyn/status")
    bundles = peer.listen(Bundle, "bundle")
    commands = peer.listen(JointCommand, "joint_command")
    processes.start_node("dynsyn_sim_bridge.bridge_node", robot="walker", lockstep=True)
    processes.start_node(
        "dynsyn_controller.node.controller_node",
        robot_file="walker",
        lockstep=True,
        bundled=True,
        use_sim_time=True,
    )
    peer.wait_for(lambda: statuses and statuses[-1].steps > 3000, "control steps")
    assert bundles
    assert commands
    for node in ("controller", "sim"):  # soon, however many steps and messages there are
        request = GetParameters.Request(names=["lockstep"])
        answer = peer.call(GetParameters, f"{node}/get_parameters", request, timeout=20.0)
        assert answer.values[0].bool_value
    assert peer.call(SetBool, "sim/pause", SetBool.Request(data=True), timeout=20.0).success
    lived = peer.call(Step, "sim/step", Step.Request(n=10)).steps
    peer.wait_for(lambda: statuses[-1].steps == lived + 1, "the last observation to be lived")
    peer.listen_for(2.5)  # longer than copies are told from what comes by the topic alone
    assert statuses[-1].steps == lived + 1


def test_a_node_that_cannot_be_configured_keeps_no_end(processes, peer, opened, tmp_path):
    folder = tmp_path / "folder"
    folder.write_text("a file in its place")
    controller = processes.start_node(
        "dynsyn_controller.node.controller_node",
        robot_file="walker",
        lockstep=True,
        bundled=True,
        autostart=False,
        record=folder / "tape.mcap",
    )
    configure = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_CONFIGURE))
    assert not peer.call(ChangeState, "controller/change_state", configure).success
    robot = opened(peer.node, "bundle", "joint_command", bound=False)
    assert not robot.send(b"nobody")
    folder.unlink()
    folder.mkdir()
    assert peer.call(ChangeState, "controller/change_state", configure).success
    assert robot.send(b"no bundle")
    refused = "refused: found 9 bytes that are no Bundle"
    peer.wait_for(lambda: refused in controller.output, "it to be refused")


def test_a_node_does_all_that_has_come_and_waits_for_nothing():
    rclpy.init()
    try:
        executor, done = create_executor(), []
        for number in range(50):
            executor.create_task(done.append, number)
        handle_pending(executor)
        assert done == list(range(50))
        handle_pending(executor)  # nothing has come
        executor.shutdown()
    finally:
        rclpy.try_shutdown()
