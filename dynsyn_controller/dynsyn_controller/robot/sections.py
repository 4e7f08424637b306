"""Sections of a robot file that stand for themselves: joints, reward, fall, simulated body."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from dynsyn_controller.robot.safety.options import JointLimits


@dataclass(frozen=True)
class Joint(JointLimits):
    """One actuated joint; further limits are those of `JointLimits`.

    Attributes:
        name: as in joint_states and the command.
        effort_limit: largest |effort|, > 0, in N m (revolute) or N (prismatic); network output 1
            stands for it. None: the robot takes other commands (see `command.Command`).
        neutral_effort: effort when the controller is stale, stopped or shut down, within the limit.
    """

    name: str
    effort_limit: float | None = None
    neutral_effort: float = 0.0


@dataclass(frozen=True)
class Reward:
    """Reward from the robot's own sensors, for robots on which nobody else publishes it.

    Per step: progress * (x - previous x) - tilt * (tilt angle - previous tilt angle)
    - effort * sum(|effort| / effort_limit), and `fall` instead of all that on a fall.

    Attributes:
        progress: per m of odom.pose.position.x.
        tilt: per rad of the tilt: the angle between the body's z axis (imu) and the vertical.
        effort: per step and joint at full effort.
        fall: reward of the step in which the body falls.
        fall_threshold: a terminal reward at or below this counts as a fall.
        speed_limit: m/s, > 0; a position that moves faster is a jump of the measurement (a
            localisation that corrects itself), from which progress counts anew.
        largest: size of a reward beyond which it is cut, > 0; None: judged by what has been usual
            (see `robot.reward_bounds`).
        knows_command: the reward says how well an operator's command is followed, so that learning
            goes on under one; False: it pauses while a command is other than its default.
    """

    progress: float = 0.0
    tilt: float = 0.0
    effort: float = 0.0
    fall: float = 0.0
    fall_threshold: float = -50.0
    speed_limit: float = 10.0
    largest: float | None = None
    knows_command: bool = False


@dataclass(frozen=True)
class Fall:
    """When the body counts as fallen: tilted beyond a limit, or odom height z below one.

    Attributes:
        tilt_limit: rad; infinite: not looked at.
        height_minimum: m; minus infinite: not looked at.
    """

    tilt_limit: float = math.inf
    height_minimum: float = -math.inf


@dataclass(frozen=True)
class Simulation:
    """Which simulated body belongs to a robot file; hardware needs none.

    Attributes:
        robot: as in `dynsyn train ROBOT`, but no robot file.
        options: of that body, in place of its defaults.
    """

    robot: str
    options: dict[str, Any] = field(default_factory=dict)
