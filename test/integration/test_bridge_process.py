"""The bridge's process: signals, exit codes, wrong parameters, descriptions."""

from __future__ import annotations

import signal

import pytest
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import DescribeParameters, GetParameters, SetParameters

from dynsyn_msgs.msg import Reward

MODULE = "dynsyn_sim_bridge.bridge_node"


@pytest.mark.parametrize(
    ("number", "lockstep"),
    [
        (signal.SIGINT, False),
        (signal.SIGTERM, True),
        pytest.param(signal.SIGINT, True, marks=pytest.mark.long),
        pytest.param(signal.SIGTERM, False, marks=pytest.mark.long),
    ],
)
def test_signals_end_it_with_0(processes, peer, number, lockstep):
    rewards = peer.listen(Reward, "reward")
    bridge = processes.start_node(MODULE, lockstep=lockstep)
    peer.wait_for(lambda: len(rewards) > 1, "rewards")
    assert bridge.stop(number) == 0
    assert "Traceback" not in bridge.output


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"robot": "wlaker"}, "robot: no robot named 'wlaker'; did you mean 'walker'?"),
        ({"sede": 3}, "sede: unknown parameter; did you mean 'seed'?"),
        pytest.param({"joints": 3}, "joints: unknown parameter", marks=pytest.mark.long),
        ({"realtime_factor": "fast"}, "realtime_factor: found 'fast' (str), expected a number"),
        pytest.param(
            {"seed": -1},
            "seed: found -1 (int), expected a whole number from 0",
            marks=pytest.mark.long,
        ),
        pytest.param(
            {"command_timeout": 0.0},
            "command_timeout: found 0.0 (float), expected a number",
            marks=pytest.mark.long,
        ),
        ({"lockstep": True, "effort_topic": "e"}, "effort_topic: found 'e' in lockstep"),
    ],
)
def test_wrong_parameters_are_one_line_and_2(processes, parameters, error):
    bridge = processes.start_node(MODULE, **parameters)
    assert bridge.wait() == 2
    lines = bridge.output.strip().splitlines()
    assert len(lines) == 1, bridge.output
    assert lines[0].startswith(f"bridge_node: error: {error}")


def test_unknown_argument_is_one_line_and_2(processes):
    bridge = processes.start_node(MODULE, "walker")
    assert bridge.wait() == 2
    assert bridge.output.startswith("bridge_node: error: argument 'walker': expected --ros-args")


def test_parameters_are_described_and_fixed_where_they_cannot_change(processes, peer):
    processes.start_node(MODULE)
    names = ["robot", "seed", "lockstep", "realtime_factor", "command_timeout", "effort_topic"]
    request = DescribeParameters.Request(names=names)
    found = peer.call(DescribeParameters, "sim/describe_parameters", request).descriptors
    assert all(descriptor.description for descriptor in found)
    assert [d.name for d in found if not d.read_only] == ["command_timeout"]
    assert found[3].floating_point_range[0].to_value == 100.0

    def set_to(name: str, value: float) -> bool:
        double = ParameterValue(type=ParameterType.PARAMETER_DOUBLE, double_value=value)
        request = SetParameters.Request(parameters=[Parameter(name=name, value=double)])
        return peer.call(SetParameters, "sim/set_parameters", request).results[0].successful

    assert set_to("command_timeout", 0.2)
    whole = ParameterValue(type=ParameterType.PARAMETER_INTEGER, integer_value=1)
    request = SetParameters.Request(parameters=[Parameter(name="command_timeout", value=whole)])
    assert peer.call(SetParameters, "sim/set_parameters", request).results[0].successful
    request = GetParameters.Request(names=["command_timeout"])
    (value,) = peer.call(GetParameters, "sim/get_parameters", request).values
    assert (value.type, value.double_value) == (ParameterType.PARAMETER_DOUBLE, 1.0)
    assert not set_to("command_timeout", -1.0)
    assert not set_to("realtime_factor", 2.0)
