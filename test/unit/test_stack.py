"""The description of the stack that launch files and `dynsyn sim` share."""

import pytest

from dynsyn_controller.node.parameter_table import ParameterError
from dynsyn_controller.node.parameters import TABLE as CONTROLLER_TABLE
from dynsyn_controller.robot.robot_file import load_robot
from dynsyn_lab.live.preparing import prepare
from dynsyn_lab.live.stack import describe
from dynsyn_sim_bridge.parameters import settings
from dynsyn_sim_bridge.robots.registry import ROBOTS

pytestmark = [pytest.mark.usefixtures("state_folder"), pytest.mark.faults]


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
        "seed": 7,
        "checkpoint": "/nowhere/life.ckpt",
        "frozen": True,
        "realtime_factor": 2.0,
    }
    dotted = {"learner": {"repulsion": False}, "network": {"adaptation": "none"}}
    bridge, controller = parameters(describe(dotted, **given, namespace="left"))
    assert bridge["seed"] == controller["seed"] == 7
    assert bridge["realtime_factor"] == controller["realtime_factor"] == 2.0
    assert controller["preset"] == "paper"
    assert controller["settings"] == "learner.repulsion=False, network.adaptation=none"
    assert controller["checkpoint_path"] == "/nowhere/life.ckpt"
    assert controller["learning"] is False


def test_seed_of_the_course_is_the_controllers_unless_it_is_given():
    bridge, controller = parameters(describe(seed=7, robot_seed=8))
    assert (bridge["seed"], controller["seed"]) == (8, 7)
    bridge, controller = parameters(describe(seed=7, robot_seed=0))
    assert (bridge["seed"], controller["seed"]) == (0, 7)


def test_what_is_not_given_is_left_to_the_parameter_file_and_the_node():
    controller = parameters(describe())[1]
    left = {"learner", "preset", "settings", "slew_limit", "reward_source", "stale_periods"}
    assert not left & set(controller)
    given = {"slew_limit": 0.25, "reward_source": "computed", "stale_periods": 5.0}
    controller = parameters(describe(**given))[1]
    assert given.items() <= controller.items()


def test_parameter_file_and_log_level_reach_both_nodes(tmp_path):
    file = tmp_path / "own.yaml"
    file.touch()
    stack = describe(params_file=str(file), log_level="debug", use_sim_time=True)
    assert [node.params_file for node in stack.nodes] == [str(file)] * 2
    assert [node.log_level for node in stack.nodes] == ["debug"] * 2
    assert stack.nodes[1].parameters["use_sim_time"] is True


def test_options_of_the_body_reach_the_nodes(state_folder):
    stack = describe({"robot": {"density": 6000.0, "joints": 7}}, robot="swimmer")
    bridge, controller = parameters(stack)
    prepare(stack)
    assert settings(bridge).robot.options["density"] == 6000.0
    assert settings(bridge).robot.options["joints"] == controller["modules"] == 7
    assert stack.checkpoint == state_folder / "swimmer-density6000.0-7.ckpt"
    robot = load_robot(controller["robot_file"], modules=7)
    assert robot.simulation.options == {"density": 6000.0}


@pytest.mark.parametrize("robot", ["walker", "swimmer"])
def test_robots_side_by_side_do_not_share_a_lifetime(robot):
    spaces = ("", "left", "right", "lab/left", "lab_left")
    files = {describe(robot=robot, namespace=space).checkpoint for space in spaces}
    files.add(describe(robot=robot, preset="paper").checkpoint)
    assert len(files) == len(spaces) + 1


@pytest.mark.parametrize(
    ("robot", "dotted", "given"),
    [
        ("swimmer", {}, {"joints": 5}),
        ("swimmer", {"robot": {"density": 3000.0}}, {}),
        ("walker", {"robot": {"torque": 1.0, "delay": 0}}, {}),
    ],
)
def test_an_option_at_its_default_makes_no_other_body(robot, dotted, given):
    assert describe(dotted, robot=robot, **given) == describe(robot=robot)
    assert describe(robot=robot).shipped is not None


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
        ({"learner": "nothing"}, "learner.type: found 'nothing', expected one of dynamic_synapse"),
        ({"seed": -1}, "seed: found -1"),
        ({"seed": 1.5}, "seed: found 1.5"),
        ({"robot": "swimmer", "joints": 99}, "joints: found 99"),
        ({"joints": 5}, "walker has a fixed number"),
        ({"realtime_factor": 0.0}, "realtime_factor: found 0.0"),
        ({"realtime_factor": float("nan")}, "realtime_factor: found nan"),
        ({"namespace": "my robot"}, "namespace: found 'my robot'"),
        ({"namespace": "left/"}, "namespace: found 'left/'"),
        ({"params_file": "/no/own.yaml"}, "params_file: there is no file /no/own.yaml"),
        ({"log_level": "loud"}, "log_level: found 'loud' .*, expected empty or one of debug"),
        ({"slew_limit": 3.0}, "slew_limit: found 3.0"),
    ],
)
def test_what_cannot_be_is_refused_by_name(given, message):
    with pytest.raises(ParameterError, match=message):
        describe(**given)


@pytest.mark.parametrize(
    ("robot", "dotted", "message"),
    [
        ("walker", {"learner": {"lerning_rate": 1}}, "did you mean 'learning_rate'"),
        ("walker", {"network": {"adaptation": "lots"}}, "network.adaptation: found 'lots'"),
        ("walker", {"robot": {"joints": 5}}, "robot.joints: unknown parameter"),
        ("swimmer", {"robot": {"desity": 1.0}}, "robot.desity: .* did you mean 'density'"),
        ("swimmer", {"robot": {"density": 0.0}}, "robot.density: found 0.0"),
    ],
)
def test_dotted_arguments_that_cannot_be_are_refused_by_name(robot, dotted, message):
    with pytest.raises(ParameterError, match=message):
        describe(dotted, robot=robot)
