"""The robot file of a URDF, as `dynsyn robot new --urdf` writes it."""

from __future__ import annotations

from dynsyn_controller.robot.command import CommandType
from dynsyn_controller.robot.new_file import LEARNING, RULE_STEP, time_scale
from dynsyn_lab.hardware.urdf import Urdf, UrdfError, UrdfJoint
from dynsyn_sim_bridge.robots.gymnasium_file import file_name

RATE = 100.0
"""Hz, of control, where nothing says another."""
STRENGTH = 0.5
"""Part of the URDF's effort that a learner may use at first."""
_ZONE = 0.1  # rad or m, of a soft stop; at most this part of the range
_FASTEST = 10.0  # rad/s or m/s, taken for a joint whose speed nobody states

_TEXT = """\
# Robot file of {name}, from its URDF. Lines marked FILL IN need you; docs/robots.md says how.
version: 2
name: {file_name}
description: {name}, from its URDF   # FILL IN: what it is and what it is to learn
control_rate: {rate:.10g}   # Hz; FILL IN: that of joint_states, if that is another
time_scale: {time_scale:.10g}   # the rule's {rule_step:g} ms for each control step

{command}joints:
{joints}

observation:   # value = scale * (reading + offset): about -1 to 1 over each joint's range
{channels}
#  - {{name: velocity_x, source: odom, field: twist.linear.x, unit: m/s}}   # FILL IN

{learning}
# FILL IN what it is to learn, or publish dynsyn_msgs/Reward on the topic reward. With the computed
# reward (reward_source:=computed) and odometry:
# reward: {{progress: 10.0, effort: 0.01, fall: -10.0, fall_threshold: -5.0}}
{safety}"""

_SAFETY = """\
fall: {tilt_limit: 0.8}     # rad; FILL IN: from where on it counts as fallen
safety: {tilt_limit: 1.0}   # rad; tilted further, it is disarmed
"""
_NO_SAFETY = """\
# The URDF names no inertial sensor. With one on the topic imu:
# safety: {tilt_limit: 1.0}   # rad; tilted further, it is disarmed
"""
_IMU = """\
  # {imu}
  - {{name: roll, source: imu, field: orientation.roll, unit: rad}}
  - {{name: pitch, source: imu, field: orientation.pitch, unit: rad}}
  - {{name: roll_rate, source: imu, field: angular_velocity.x, unit: rad/s, scale: 0.2}}
  - {{name: pitch_rate, source: imu, field: angular_velocity.y, unit: rad/s, scale: 0.2}}
  - {{name: yaw_rate, source: imu, field: angular_velocity.z, unit: rad/s, scale: 0.2}}"""


_COMMANDS: dict[str, str] = {
    "effort": """\
# effort_limit is {strength:g} of the URDF's effort: what a joint may do while a learner tries.
# Efforts fade out before position_minimum and position_maximum, and towards velocity_limit.
""",
    "position": """\
# Targets lie within position_minimum and position_maximum, and move at most at velocity_limit:
# {strength:g} of the URDF's.
command: {{type: position}}
""",
    "velocity": """\
# velocity_limit is {strength:g} of the URDF's: what a joint may do while a learner tries. Targets
# fade out before position_minimum and position_maximum.
command: {{type: velocity}}
""",
    "pd": """\
# Targets lie within position_minimum and position_maximum, move at most at velocity_limit, and ask
# for at most effort_limit: {strength:g} of the URDF's. FILL IN kp and kd.
command: {{type: pd}}
""",
}


def robot_text(urdf: Urdf, rate: float | None = None, command: CommandType = "effort") -> str:
    """Text of the robot file.

    Args:
        urdf: the description.
        rate: Hz, of control; None: 100.
        command: what the joints are told; see `robot.command.Command`.

    Raises:
        UrdfError: it has no joint with a motor.
    """
    joints = urdf.actuated
    if not joints:
        raise UrdfError(f"robot {urdf.name}: no revolute, continuous or prismatic joint to move")
    rate = rate or RATE
    channels = [line for joint in joints for line in _channels(joint)]
    if urdf.imu:
        channels.append(_IMU.format(imu=f"the inertial sensor of {urdf.imu}"))
    return _TEXT.format(
        name=urdf.name,
        file_name=file_name(urdf.name),
        rate=rate,
        time_scale=time_scale(rate),
        rule_step=RULE_STEP,
        learning=LEARNING,
        command=_COMMANDS[command].format(strength=STRENGTH),
        joints="\n".join(_joint(joint, command) for joint in joints),
        channels="\n".join(channels),
        safety=_SAFETY if urdf.imu else _NO_SAFETY,
    )


def _joint(joint: UrdfJoint, command: CommandType) -> str:
    unit = "N" if joint.kind == "prismatic" else "N m"
    fill_in = "FILL IN: the URDF states no"
    keys, remarks = [f"name: {joint.name}"], []
    if command in ("effort", "pd"):
        keys.append(f"effort_limit: {STRENGTH * (joint.effort or 1.0 / STRENGTH):.10g}")
        said = f"URDF: {joint.effort:g}" if joint.effort else f"{fill_in} effort"
        remarks.append(f"{unit}; {said}")
    low, high = joint.lower, joint.upper
    if low is not None and high is not None:
        keys += [f"position_minimum: {low:.10g}", f"position_maximum: {high:.10g}"]
        if command in ("effort", "velocity"):
            keys.append(f"stop_zone: {min(_ZONE, _ZONE * (high - low)):.4g}")
    elif command in ("position", "pd"):
        keys += ["position_minimum: -0.5", "position_maximum: 0.5"]
        remarks.append(f"{fill_in} lower and upper")
    if command == "effort":
        keys += [f"velocity_limit: {joint.velocity:.10g}"] if joint.velocity else []
    else:
        keys.append(f"velocity_limit: {STRENGTH * (joint.velocity or 1.0 / STRENGTH):.10g}")
        if not joint.velocity:
            remarks.append(f"{fill_in} velocity")
    if command == "pd":
        keys += ["kp: 10.0", "kd: 0.5"]
    comment = f"   # {'; '.join(remarks)}" if remarks else ""
    return f"  - {{{', '.join(keys)}}}{comment}"


def _channels(joint: UrdfJoint) -> list[str]:
    unit = "m" if joint.kind == "prismatic" else "rad"
    scaling = ""
    if joint.lower is not None and joint.upper is not None:
        middle, half = (joint.upper + joint.lower) / 2.0, (joint.upper - joint.lower) / 2.0
        offset = f", offset: {-middle:.6g}" if middle else ""
        scaling = f"{offset}, scale: {1.0 / half:.6g}"
    speed = joint.velocity or _FASTEST
    source = f"source: joint_states, joint: {joint.name}"
    return [
        f"  - {{name: {joint.name}_position, {source}, field: position, unit: {unit}{scaling}}}",
        f"  - {{name: {joint.name}_velocity, {source}, field: velocity, unit: {unit}/s, "
        f"scale: {1.0 / speed:.6g}}}",
    ]
