"""Robot files of URDFs: `dynsyn robot new --urdf`."""

from __future__ import annotations

import pytest

from dynsyn_controller.robot.robot_file import parse_robot
from dynsyn_lab.cli.main import main
from dynsyn_lab.hardware.urdf import UrdfError, parse_urdf
from dynsyn_lab.hardware.urdf_file import robot_text

URDF = """<?xml version="1.0"?>
<robot name="Two Legs">
  <link name="base_link"/><link name="imu_link"/>
  <joint name="imu_joint" type="fixed"/>
  <joint name="hip" type="revolute">
    <limit lower="-0.5" upper="1.5" velocity="10" effort="40"/>
  </joint>
  <joint name="wheel" type="continuous"/>
  <joint name="slide" type="prismatic">
    <limit lower="0" upper="0.2" velocity="0.5" effort="100"/>
  </joint>
  <joint name="finger" type="revolute">
    <limit lower="0" upper="1" velocity="1" effort="1"/><mimic joint="slide"/>
  </joint>
  <gazebo reference="imu_link">
    <sensor name="imu" type="imu"><update_rate>400</update_rate></sensor>
  </gazebo>
</robot>
"""


def test_a_robot_file_has_the_urdfs_joints_and_limits():
    robot = parse_robot(robot_text(parse_urdf(URDF, "u"), 200.0))
    assert robot.name == "two_legs"
    assert robot.control_rate == 200.0
    assert robot.dt == pytest.approx(33.0)
    hip, wheel, slide = robot.joints  # `finger` follows another
    assert (hip.name, hip.effort_limit, hip.velocity_limit) == ("hip", 20.0, 10.0)
    assert (hip.position_minimum, hip.position_maximum, hip.stop_zone) == (-0.5, 1.5, 0.1)
    assert (wheel.position_minimum, wheel.velocity_limit, wheel.effort_limit) == (None, None, 1.0)
    assert (slide.effort_limit, slide.stop_zone) == (50.0, 0.02)
    assert robot.safety.tilt_limit == 1.0


@pytest.mark.parametrize("command", ["position", "velocity", "pd"])
def test_a_robot_file_of_targets_has_their_limits(command):
    robot = parse_robot(robot_text(parse_urdf(URDF, "u"), command=command))
    assert robot.command.type == command
    hip, wheel, _ = robot.joints
    assert (hip.position_minimum, hip.position_maximum, hip.velocity_limit) == (-0.5, 1.5, 5.0)
    assert wheel.velocity_limit == 1.0
    assert hip.effort_limit == (20.0 if command == "pd" else None)
    assert wheel.position_maximum == (None if command == "velocity" else 0.5)


def test_channels_reach_from_minus_1_to_1():
    robot = parse_robot(robot_text(parse_urdf(URDF, "u")))
    channel = next(c for c in robot.observation if c.name == "hip_position")
    ends = [channel.scale * (angle + channel.offset) for angle in (-0.5, 1.5)]
    assert ends == pytest.approx([-1.0, 1.0])
    assert {c.source for c in robot.observation} == {"joint_states", "imu"}


def test_without_an_inertial_sensor_none_is_read():
    text = URDF.replace("imu", "hat")
    robot = parse_robot(robot_text(parse_urdf(text, "u")))
    assert [sensor.name for sensor in robot.sensors] == ["joint_states"]


@pytest.mark.parametrize(
    ("found", "put", "complaint"),
    [
        ('type="prismatic"', 'type="slide"', '<joint name="slide">: type: found .slide., expected'),
        ('effort="40"', 'effort="much"', '<joint name="hip">: <limit>: effort: found .much.'),
        ('effort="40"', 'effort="-4"', '<joint name="hip">: <limit>: effort: found -4, expected 0'),
        ('lower="-0.5"', 'lower="2"', '<joint name="hip">: <limit>: lower 2, expected at most'),
        ('joint="slide"', 'joint="x"', '<joint name="finger">: <mimic>: found joint .x.'),
        ('name="wheel"', 'name="hip"', '<joint name="hip">: appears twice'),
        ("</robot>", "", "not valid XML"),
        ('robot name="Two Legs"', 'robot xmlns:xacro="http://www.ros.org/wiki/xacro"', "."),
    ],
)
def test_what_cannot_be_is_named(found: str, put: str, complaint: str):
    text = URDF.replace(found, put)
    if "xacro" in put:
        text = text.replace("</robot>", '<xacro:include filename="a"/></robot>')
        complaint = "is xacro, expected plain URDF"
    with pytest.raises(UrdfError, match=complaint):
        parse_urdf(text, "u")


def test_a_robot_that_cannot_move_is_refused():
    with pytest.raises(UrdfError, match="robot r: no revolute, continuous or prismatic joint"):
        robot_text(parse_urdf('<robot name="r"/>', "u"))


def test_the_command_prints_the_file(tmp_path, capsys):
    path = tmp_path / "two.urdf"
    path.write_text(URDF)
    assert main(["robot", "new", "--urdf", str(path), "--rate", "50", "--command", "pd"]) == 0
    robot = parse_robot(capsys.readouterr().out)
    assert (robot.control_rate, robot.command.type) == (50.0, "pd")


def test_the_command_names_a_missing_file(tmp_path, capsys):
    assert main(["robot", "new", "--urdf", str(tmp_path / "no.urdf")]) == 2
    assert "no.urdf: cannot be read: No such file" in capsys.readouterr().err
