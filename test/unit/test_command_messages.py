"""Efforts and targets <-> messages, with the real message types."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sensed import over_the_wire
from std_msgs.msg import Float64MultiArray

from dynsyn_controller.messages.commands import CommandReader, CommandWriter
from dynsyn_controller.messages.conversions import MessageError
from dynsyn_msgs.msg import JointCommand


def test_commands_are_read_by_name():
    efforts = CommandReader(("hip", "knee"))
    found = efforts.read_command(JointCommand(name=["knee", "hip"], effort=[1.0, 2.0]))
    assert found.tolist() == [2.0, 1.0]
    found = efforts.read_command(JointCommand(name=["hip", "knee"], effort=[1.0, 2.0]))
    assert found.tolist() == [1.0, 2.0]
    assert efforts.read_array(Float64MultiArray(data=[3.0, 4.0])).tolist() == [3.0, 4.0]


@pytest.mark.parametrize(
    ("name", "effort", "error"),
    [
        (["hip"], [1.0], "found joints hip, expected hip, knee"),
        ([], [], "found joints none"),
        (["hip", "knee", "tail"], [1.0, 2.0, 3.0], "found joints hip, knee, tail"),
        (["hip", "hip"], [1.0, 2.0], "each once"),
        (["hip", "knee"], [1.0], "1 efforts for 2 joints"),
        (["hip", "knee"], [1.0, math.nan], "expected finite numbers"),
    ],
)
def test_bad_commands_are_refused(name, effort, error):
    with pytest.raises(MessageError, match=error):
        CommandReader(("hip", "knee")).read_command(JointCommand(name=name, effort=effort))


def test_targets_are_read_from_their_own_field_and_written_with_their_gains():
    joints, target = ("hip", "knee"), np.array([0.1, -0.2])
    command = JointCommand()
    writer = CommandWriter(joints, "position", {"kp": (20.0, 30.0), "kd": (0.5, 0.0)})
    writer.write_command(command, target, 1)
    command = over_the_wire(command)
    assert CommandReader(joints, "position").read_command(command).tolist() == [0.1, -0.2]
    assert (list(command.kp), list(command.kd)) == ([20.0, 30.0], [0.5, 0.0])
    assert (len(command.effort), len(command.velocity)) == (0, 0)
    with pytest.raises(MessageError, match="0 velocities for 2 joints"):
        CommandReader(joints, "velocity").read_command(command)


@pytest.mark.parametrize(
    ("data", "error"), [([1.0], "1 efforts, expected 2"), ([1.0, -math.inf], "finite")]
)
def test_bad_arrays_are_refused(data, error):
    with pytest.raises(MessageError, match=error):
        CommandReader(("hip", "knee")).read_array(Float64MultiArray(data=data))


def test_commands_survive_the_wire_bit_for_bit():
    joints, effort = ("hip", "knee"), np.array([0.1 + 0.2, -1e-300])
    writer, command, values = CommandWriter(joints), JointCommand(), Float64MultiArray()
    writer.write_command(command, effort, 3 * 10**9 + 7)
    writer.write_array(values, effort)
    command, values = over_the_wire(command), over_the_wire(values)
    assert (command.header.stamp.sec, command.header.stamp.nanosec) == (3, 7)
    read = CommandReader(joints)
    assert read.read_command(command).tobytes() == effort.tobytes()
    assert read.read_array(values).tobytes() == effort.tobytes()
