"""The description of the stack that launch files and `dynsyn sim` share."""

import pytest

from dynsyn_controller.node.parameter_table import ParameterError
from dynsyn_controller.node.parameters import TABLE as CONTROLLER_TABLE
from dynsyn_controller.robot.robot_file import load_robot
from dynsyn_lab.cli.stack_arguments import ARGUMENTS, from_text
from dynsyn_lab.live.stack import describe
from dynsyn_sim_bridge.parameters import settings
from dynsyn_sim_bridge.robots.registry import ROBOTS


@pytest.fixture(autouse=True)
def state_folder(tmp_path, monkeypatch):
    """A user without lifetimes."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "dynsyn"


def parameters(stack):
    """Parameters of bridge and controller."""
    bridge, controller = stack.nodes
    return bridge.parameters, controller.parameters


@pytest.mark.parametrize("robot", ROBOTS)
@pytest.mark.parametrize("lockstep", [True, False])
def test_both_nodes_accept_what_the_stack_gives_them(robot, lockstep):
    bridge, controller = parameters(describe(robot=robot, lockstep=lockstep, seed=3))
    assert settings(bridge).seed == 3
    table = {parameter.name: parameter for parameter in CONTROLLER_TABLE}
    for name, value in controller.items():
        assert table[name].check(value) == value
    assert load_robot(controller["robot_file"]).joints


def test_every_argument_reaches_a_node():
    given = {
        "preset": "paper",
        "rule": "repulsion=false",
        "seed": 7,
        "checkpoint": "/nowhere/life.ckpt",
        "frozen": True,
        "realtime_factor": 2.0,
    }
    bridge, controller = parameters(describe(**given, namespace="left"))
    assert bridge["seed"] == controller["seed"] == 7
    assert bridge["realtime_factor"] == controller["realtime_factor"] == 2.0
    assert controller["preset"] == "paper"
    assert controller["rule"] == "repulsion=false"
    assert controller["checkpoint_path"] == "/nowhere/life.ckpt"
    assert controller["learning"] is False


def test_number_of_joints_reaches_both_nodes():
    bridge, controller = parameters(describe(robot="swimmer", joints=8))
    assert settings(bridge).robot.options["joints"] == controller["modules"] == 8
    assert len(load_robot(controller["robot_file"], modules=8).joints) == 8


@pytest.mark.parametrize(
    ("namespace", "expected"), [("", "/"), ("left", "/left"), ("/lab/left", "/lab/left")]
)
def test_namespace_is_absolute(namespace, expected):
    assert describe(namespace=namespace).namespace == expected


def test_a_real_time_lifetime_is_the_users_own(state_folder):
    assert describe().checkpoint == state_folder / "walker.ckpt"
    assert describe(preset="paper").checkpoint == state_folder / "walker-paper.ckpt"
    assert describe(lockstep=True).checkpoint is None
    assert describe(from_scratch=True).checkpoint is None


def test_a_new_born_lifetime_does_not_take_an_old_ones_file(tmp_path):
    old = tmp_path / "old.ckpt"
    assert describe(from_scratch=True, checkpoint=str(old)).checkpoint == old
    old.write_bytes(b"a lifetime")
    assert describe(checkpoint=str(old)).checkpoint == old
    with pytest.raises(ParameterError, match=r"old\.ckpt holds a lifetime"):
        describe(from_scratch=True, checkpoint=str(old))


def test_a_lifetime_of_another_length_is_kept_beside_its_origin(tmp_path):
    old = tmp_path / "old.ckpt"
    old.write_bytes(b"a lifetime")
    given = {"robot": "swimmer", "checkpoint": str(old), "transfer": True}
    stack = describe(**given, joints=9)
    assert (stack.origin, stack.checkpoint) == (old, tmp_path / "old-9.ckpt")
    assert parameters(stack)[1]["checkpoint_path"] == str(tmp_path / "old-9.ckpt")
    assert describe(**given).checkpoint == tmp_path / "old-5.ckpt"
    assert describe(robot="swimmer", checkpoint=str(old)).origin is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"robot": "swimmer", "transfer": True}, "transfer: needs a checkpoint"),
        (
            {"robot": "swimmer", "transfer": True, "checkpoint": "/no/life.ckpt"},
            "transfer: there is no checkpoint /no/life.ckpt",
        ),
        ({"transfer": True, "checkpoint": "/no/life.ckpt"}, "transfer: walker has a fixed number"),
        ({"robto": "walker"}, "did you mean 'robot'"),
        ({"robot": "wlker"}, "did you mean 'walker'"),
        ({"preset": "papre"}, "expected one of paper, authors"),
        ({"seed": -1}, "seed: found -1"),
        ({"seed": 1.5}, "seed: found 1.5"),
        ({"robot": "swimmer", "joints": 99}, "joints: found 99"),
        ({"joints": 5}, "walker has a fixed number"),
        ({"realtime_factor": 0.0}, "realtime_factor: found 0.0"),
        ({"realtime_factor": float("nan")}, "realtime_factor: found nan"),
        ({"namespace": "my robot"}, "namespace: found 'my robot'"),
        ({"namespace": "left/"}, "namespace: found 'left/'"),
    ],
)
def test_what_cannot_be_is_refused_by_name(given, message):
    with pytest.raises(ParameterError, match=message):
        describe(**given)


@pytest.mark.parametrize("argument", ARGUMENTS, ids=lambda argument: argument.name)
def test_launch_text_of_every_default_means_that_default(argument):
    text = str(argument.default).lower()
    assert from_text(argument, text) == argument.default


@pytest.mark.parametrize(
    ("name", "text"), [("seed", "one"), ("lockstep", "yes"), ("realtime_factor", "fast")]
)
def test_launch_text_of_another_type_is_refused(name, text):
    argument = next(argument for argument in ARGUMENTS if argument.name == name)
    with pytest.raises(ParameterError, match=f"{name}: found '{text}'"):
        from_text(argument, text)
