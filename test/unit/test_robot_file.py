"""Robot files: what is read from them, and every way in which one is refused."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import yaml
from oracle import robot_data

from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot import RobotFileError
from dynsyn_controller.robot.robot_file import load_robot, parse_robot


def test_the_walker_is_what_the_papers_say():
    robot = load_robot(config_path("robots/walker.yaml"))
    assert robot.dt == 33.0
    assert robot.joint_names == ("hip_1", "knee_1", "hip_2", "knee_2")
    assert [c.kind for c in robot.observation] == ["state"] * 14 + ["range"] * 10
    assert robot.body.sensitivity.tolist() == (
        [1.5708, 5, 2, 2, 1, 0.5, 1, 0.3, 1, 1, 0.5, 1, 0.25, 1, 2] + [1] * 9
    )
    names = [channel.name for channel in robot.observation]
    for joint, channels in zip(robot.joint_names, robot.body.joint_channels, strict=True):
        assert {field: names[index] for field, index in channels.items()} == {
            "position": f"{joint}_position",
            "velocity": f"{joint}_velocity",
        }


def test_its_own_text_reads_back_as_the_same_robot():
    robot = load_robot(config_path("robots/walker.yaml"))
    again = parse_robot(robot.source)
    assert again == robot


def test_modules_repeat_entries():
    data = robot_data(joints=1)
    data["modules"] = 3
    data["joints"] = [{"name": "base", "effort_limit": 1.0}, {"name": "m{i}", "effort_limit": 2.0}]
    data["observation"] = [
        {"name": "m{i}_angle", "source": "joint_states", "joint": "m{i}", "field": "position"}
    ]
    data["network"] = {"type": "walker"}
    robot = parse_robot(yaml.safe_dump(data))
    assert robot.joint_names == ("base", "m1", "m2", "m3")
    longer = parse_robot(yaml.safe_dump(data), modules=5)
    assert [channel.element for channel in longer.observation] == ["m1", "m2", "m3", "m4", "m5"]
    assert parse_robot(longer.source) == longer


BASE = robot_data(joints=2, rays=2)
MISSING = object()


def change(path: tuple, value) -> str:
    """Text of the base file with the entry at `path` set to `value`, or taken out."""
    data = copy.deepcopy(BASE)
    at = data
    for key in path[:-1]:
        at = at[key]
    if value is MISSING:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return yaml.safe_dump(data)


JOINT, CHANNEL, OTHER, RAY = (
    ("joints", 0),
    ("observation", 0),
    ("observation", 4),
    ("observation", 5),
)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("control_rat",), 50.0, "control_rat: unknown key; did you mean 'control_rate'?"),
        (("document",), {}, "document: unknown key; expected one of name, description"),
        (("version",), 3, "version: found 3, expected 1 or 2"),
        (("preset",), "paper", "preset: unknown key"),
        (("name",), MISSING, "name: missing"),
        (("name",), "two words", "name: found 'two words', expected letters, digits and und"),
        (("name",), 3, "name: found 3 (int), expected text"),
        (("control_rate",), "fast", "control_rate: found 'fast' (str), expected a number"),
        (("control_rate",), 0.0, "control_rate: found 0.0, expected a number above 0"),
        (("control_rate",), float("nan"), "control_rate: found nan, expected a finite number"),
        (("control_rate",), True, "control_rate: found True (bool), expected a number"),
        (("time_scale",), -1.0, "time_scale: found -1.0, expected a number above 0"),
        (("joints",), [], "joints: found none, expected at least one"),
        (("joints",), None, "joints: found nothing, expected a list"),
        (("joints",), MISSING, "joints: missing"),
        ((*JOINT, "effort_limit"), MISSING, "joints[0].effort_limit: missing"),
        ((*JOINT, "effort_limt"), 3.0, "joints[0].effort_limt: unknown key; did you mean 'effort"),
        ((*JOINT, "effort_limit"), float("inf"), "joints[0].effort_limit: found inf, expected a f"),
        ((*JOINT, "effort_limit"), -1.0, "joints: joint_1: effort_limit: found -1.0, expected"),
        ((*JOINT, "neutral_effort"), 2.5, "joints: joint_1: neutral_effort: found 2.5, beyond"),
        ((*JOINT, "name"), "joint_2", "joints: name: 'joint_2' appears twice"),
        (("joints", 0), "hip", "joints[0]: found 'hip' (str), expected a mapping of keys"),
        (("observation",), [], "observation: found no channel, expected at least one"),
        (("observation",), MISSING, "observation: missing"),
        ((*CHANNEL, "name"), "other_0", "observation: name: 'other_0' appears twice"),
        ((*CHANNEL, "joint"), "joint_3", "joint_1_position: joint: found 'joint_3', expected one"),
        ((*CHANNEL, "joint"), MISSING, "joint_1_position: joint: missing for source joint_states"),
        ((*CHANNEL, "field"), "speed", "field: found 'speed', expected one of position, velocity"),
        (
            (*CHANNEL, "source"),
            "encoder",
            "observation[0]: source: found 'encoder', expected one of scan, joint_states, imu",
        ),
        ((*CHANNEL, "kind"), "signed", "kind: found 'signed', expected one of state, range"),
        ((*CHANNEL, "kind"), "range", "joint_1_velocity: kind: a state after a range; states come"),
        ((*CHANNEL, "scale"), 0.0, "joint_1_position: scale: found 0, expected another number"),
        ((*CHANNEL, "sensitivity"), 0.0, "sensitivity: found 0, expected another number"),
        ((*CHANNEL, "offset"), float("-inf"), "observation[0].offset: found -inf, expected a fi"),
        ((*CHANNEL, "ray"), 1, "observation[0].ray: unknown key for source joint_states; expected"),
        (
            (*CHANNEL, "jiont"),
            "a",
            "observation[0].jiont: unknown key for source joint_states; did",
        ),
        ((*CHANNEL, "element"), "a", "observation[0].element: unknown key for source joint_states"),
        ((*OTHER, "joint"), "joint_1", "observation[4].joint: unknown key for source imu; expect"),
        ((*OTHER, "field"), "orientation.tilt", "field: found 'orientation.tilt', expected one of"),
        ((*RAY, "ray"), 2, "ray_0: ray: found 2, expected 0 to 1"),
        ((*RAY, "ray"), MISSING, "ray_0: ray: missing for source scan"),
        ((*RAY, "ray"), 0.5, "observation[5].ray: found 0.5 (float), expected a whole number"),
        ((*RAY, "field"), "x", "observation: ray_0: field: not used for this source"),
        ((*CHANNEL, "plausible"), [1.0], "plausible: found [1.0], expected [least, greatest] rea"),
        ((*CHANNEL, "plausible"), [2.0, -2.0], "joint_1_position: plausible: found [2.0, -2.0]"),
        (("sensors",), MISSING, "sensors: scan: rays: found 0, expected the number of rays, 1 or"),
        (("sensors",), {}, "sensors: found {}, expected a list"),
        (("sensors", 0), "scan", "sensors[0]: found 'scan', expected a mapping of keys"),
        (("sensors", 0, "ray"), 3, "sensors[0].ray: unknown key; did you mean 'rays'?"),
        (("sensors", 0, "name"), "lidar", "sensors[0]: type: found 'lidar', expected one of join"),
        (("sensors", 0, "type"), "scam", "found 'scam', expected one of"),
        (("sensors", 0, "type"), "scam", "did you mean 'scan'?"),
        (("sensors", 0, "type"), "no.py:Scan", "no.py: cannot be read: No such file"),
        (("sensors", 0, "topic"), "a b", "sensors: scan: topic: found 'a b', expected a ROS topic"),
        (("sensors", 0, "topic"), "reward", "sensors: scan: topic: 'reward' is another's"),
        (("sensors", 0, "topic"), "imu", "sensors: scan: topic: 'imu' is another's, expected its"),
        (("sensors", 0, "range_max"), 0.0, "sensors: scan: range_max: found 0.0, expected a num"),
        (("scan",), {"rays": 2}, "sensors: name: 'scan' appears twice, expected unique names"),
        (("network",), {}, "network.type: found None, expected the name of a network"),
        (("network", "type"), "wolker", "network.type: found 'wolker', expected one of walker, nc"),
        (("network", "hidden"), 0, "network.hidden: found 0, expected 1 or more"),
        (("network", "hiden"), 3, "network.hiden: unknown key; did you mean 'hidden'?"),
        (("learner",), {"type": "sgd"}, "learner.type: found 'sgd', expected one of dynamic_syn"),
        (("learner",), {}, "learner.type: found None, expected the name of a learner"),
        (
            ("learner",),
            {"type": "dynamic_synapse", "preset": "autors"},
            "learner.preset: found 'autors', expected one of paper, authors, dynsyn",
        ),
        (
            ("learner",),
            {"type": "dynamic_synapse", "lerning_rate": 1.0},
            "learner.lerning_rate: unknown key; did you mean 'learning_rate'?",
        ),
        (("network",), [1], "network: found [1] (list), expected keys"),
        (("reward",), {"fal": -1.0}, "reward.fal: unknown key; did you mean 'fall'?"),
        (("fall",), {"tilt_limit": "no"}, "fall.tilt_limit: found 'no' (str), expected a number"),
        (("learner",), 3, "learner: found 3 (int), expected keys"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, path, value, message):
    file = tmp_path / "robot.yaml"
    file.write_text(change(path, value))
    with pytest.raises(RobotFileError) as refused:
        load_robot(file)
    text = str(refused.value)
    assert text.startswith((f"robot file {file}: ", f"{file}: "))
    assert message in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", "not valid YAML: while parsing a flow sequence"),
        ("[" * 200_000, "not valid YAML: found more than 50 levels of lists and mappings"),
        ("- " * 200_000, "not valid YAML: found more than 50 levels of lists and mappings"),
        ("- 1", "expected a mapping of keys, found list"),
        ("", "expected a mapping of keys, found NoneType"),
        ("just words", "expected a mapping of keys, found str"),
    ],
)
def test_text_that_is_no_mapping_is_refused(text, message):
    with pytest.raises(RobotFileError) as refused:
        parse_robot(text, where="my.yaml")
    assert str(refused.value).startswith(f"my.yaml: {message}")
    assert "\n" not in str(refused.value)


def test_files_that_cannot_be_read_are_refused(tmp_path):
    missing = tmp_path / "none.yaml"
    with pytest.raises(RobotFileError, match="cannot be read: No such file or directory"):
        load_robot(missing)
    with pytest.raises(RobotFileError, match="cannot be read: Is a directory"):
        load_robot(tmp_path)
    binary = tmp_path / "picture.yaml"
    binary.write_bytes(bytes(range(128, 256)))
    with pytest.raises(RobotFileError, match="not UTF-8 text"):
        load_robot(binary)


def test_a_body_of_fixed_size_has_no_modules():
    with pytest.raises(RobotFileError, match="modules: this robot's body has a fixed number"):
        parse_robot(yaml.safe_dump(BASE), modules=3)


def test_names_become_indices_once():
    robot = parse_robot(yaml.safe_dump(robot_data(joints=3, other_states=2, rays=3)))
    assert robot.layout.joints == robot.joint_names
    assert robot.layout.blocks["scan"] == slice(12, 15)
    assert robot.body.joint_channels == tuple(
        {"position": 2 * joint, "velocity": 2 * joint + 1} for joint in range(3)
    )
    assert np.array_equal(robot.body.effort_limit, [2.0, 3.0, 4.0])
