"""What the shipped launch files start, without `ros2 launch`: parsed, checked and run."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import forked
import pytest
from rcl_interfaces.srv import GetParameters
from rclpy.context import Context
from rclpy.node import Node

from dynsyn_controller.launching import nodes
from dynsyn_controller.launching.nodes import NodeSpec
from dynsyn_controller.node.parameter_table import resolve
from dynsyn_controller.node.parameters import TABLE
from dynsyn_msgs.msg import Status
from dynsyn_sim_bridge.parameters import settings

pytestmark = pytest.mark.usefixtures("state_folder")
TELEOP = Path(__file__).parents[2] / "launch" / "teleop.launch.py"
LAUNCH_FILES = sorted(set(TELEOP.parent.glob("*.launch.py")) - {TELEOP})


def described(file: Path, *flags: str) -> list[NodeSpec]:
    """The nodes that the launch file asks for, as it finds them; `flags` are for a simulation."""
    calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    (call,) = (call for call in calls if ast.unparse(call.func).startswith("actions."))
    if ast.unparse(call.func) == "actions.controller":
        return [nodes.controller({"robot_file": "walker", "namespace": "left"}, {})]
    assert ast.unparse(call.func) == "actions.simulation"
    robot = ast.literal_eval(call.args[0])
    words = [*forked.DYNSYN, "describe", robot, "--namespace", "left", *flags]
    done = forked.run(words, timeout=60.0)
    assert done.returncode == 0, done.stderr
    return [NodeSpec.from_data(data) for data in json.loads(done.stdout)]


@pytest.mark.parametrize("file", LAUNCH_FILES, ids=lambda file: file.name)
def test_nodes_are_installed_and_know_their_parameters(ros_domain, file):
    for node in described(file):
        assert Path(nodes.program(node.package, node.executable)).is_file()
        given = {**node.defaults, **node.parameters}
        if node.package == "dynsyn_controller":
            assert given.items() <= resolve(TABLE, given).items()
        else:
            assert settings(given).robot.reference == given["robot"]


@pytest.mark.parametrize("file", LAUNCH_FILES, ids=lambda file: file.name)
def test_nodes_run(processes, peer, tmp_path, file):
    started = [
        processes.start(nodes.command(node, tmp_path)) for node in described(file, "--from-scratch")
    ]
    heard = peer.listen(Status, "/left/dynsyn/status")
    if len(started) == 2:
        peer.wait_for(lambda: heard and heard[-1].steps > 20, "20 control steps")
    else:
        peer.wait_for(lambda: bool(heard), "a report")
        assert not heard[-1].armed
        assert heard[-1].waiting_for
    assert [process.stop() for process in started] == [0] * len(started)


def test_the_parameter_file_is_between_defaults_and_arguments(processes, peer, tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text(
        "/left/controller: {ros__parameters: {slew_limit: 0.5, armed_at_start: true}}\n"
        "/**: {controller: {ros__parameters: {slew_limit: 0.75}}}\n"
    )
    given = {"robot_file": "walker", "namespace": "left", "params_file": str(file)}
    for slew_limit in (None, 0.25):
        more = {} if slew_limit is None else {"slew_limit": slew_limit}
        node = nodes.controller({**given, **more}, {})
        process = processes.start(nodes.command(node, tmp_path))
        names = ["slew_limit", "armed_at_start"]
        service = "/left/controller/get_parameters"
        answer = peer.call(GetParameters, service, GetParameters.Request(names=names))
        slew, armed = answer.values
        assert slew.double_value == (0.75 if slew_limit is None else slew_limit)
        assert armed.bool_value
        assert process.stop() == 0


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("keyboard", {"speed": 0.1, "turn": 1.0, "stamped": True}),
        (
            "joystick",
            {"scale_linear.x": 0.1, "scale_angular.yaw": 1.0, "publish_stamped_twist": True},
        ),
    ],
)
def test_an_operators_velocities_go_where_the_robot_file_listens(
    ros_domain, tmp_path, device, expected
):
    """Of the nodes of other packages: what their arguments make of a node of that name."""
    given = {"device": device, "namespace": "left", "topic": "wishes", "speed": 0.1}
    sender = nodes.teleoperation({**given, "stamped": True})[-1]
    context = Context()
    context.init([], domain_id=ros_domain)
    node = Node(
        "any",
        context=context,
        cli_args=nodes.ros_arguments(sender, tmp_path),
        automatically_declare_parameters_from_overrides=True,
    )
    try:
        assert node.get_fully_qualified_name() == f"/left/{sender.package}"
        assert node.resolve_topic_name("cmd_vel") == "/left/wishes"
        assert {name: node.get_parameter(name).value for name in expected} == expected
    finally:
        node.destroy_node()
        context.shutdown()
