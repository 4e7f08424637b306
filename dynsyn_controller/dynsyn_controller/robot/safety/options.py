"""What a robot file says about the safety of its joints and its body."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dynsyn_controller.core.schema import SchemaError


@dataclass(frozen=True, kw_only=True)
class JointLimits:
    """Limits of one joint beside its effort limit; None: not limited.

    Attributes:
        position_minimum, position_maximum: soft stops, rad or m: effort towards one fades out
            before it, effort away from it passes.
        stop_zone: how far before a stop the effort begins to fade, rad or m, > 0.
        velocity_limit: rad/s or m/s, > 0; effort in the direction of motion fades out over the last
            tenth below it.
        continuous_effort: the root mean square of the effort (N m or N, > 0) that the motor bears
            for ever; what is beyond it is paid for by less before or after.
        thermal_time: s, > 0; time constant of that mean.
        effort_rate: N m/s or N/s, > 0; largest change of the effort.
        standby_position: rad or m; where the joint is held while the controller does not act.
        stiffness: N m/rad or N/m, >= 0, of holding it; 0: the neutral effort instead.
        damping: N m s/rad or N s/m, >= 0, of holding it.
        acceleration_limit: rad/s^2 or m/s^2, > 0; largest change of a velocity target.
        kp: N m/rad or N/m, > 0; of a position target that is followed with it.
        kd: N m s/rad or N s/m, >= 0; of the same.
    """

    position_minimum: float | None = None
    position_maximum: float | None = None
    stop_zone: float = 0.1
    velocity_limit: float | None = None
    continuous_effort: float | None = None
    thermal_time: float = 30.0
    effort_rate: float | None = None
    standby_position: float = 0.0
    stiffness: float = 0.0
    damping: float = 0.0
    acceleration_limit: float | None = None
    kp: float | None = None
    kd: float = 0.0


@dataclass(frozen=True)
class Safety:
    """Section `safety` of a robot file.

    Attributes:
        tilt_limit: rad; tilted further, the robot is disarmed; infinite: not looked at.
        height_minimum: m; lower (odom z), it is disarmed; minus infinite: not looked at.
        stale_after: source (joint_states, imu, ..., reward) -> s without a message after which it
            is stale; a source that is not named is judged by its own rate.
    """

    tilt_limit: float = math.inf
    height_minimum: float = -math.inf
    stale_after: dict[str, Any] = field(default_factory=dict)


def check_joint(joint: Any) -> None:
    """Check what the types of a joint's limits leave open.

    Raises:
        SchemaError: the first thing that cannot be, with its key and what was expected.
    """
    where = f"joints: {joint.name}"
    for key in (
        "effort_limit",
        "stop_zone",
        "velocity_limit",
        "continuous_effort",
        "thermal_time",
        "effort_rate",
        "acceleration_limit",
        "kp",
    ):
        value = getattr(joint, key)
        if value is not None and value <= 0:
            raise SchemaError(where, f"{key}: found {value}, expected a number above 0")
    for key in ("stiffness", "damping", "kd"):
        if getattr(joint, key) < 0:
            raise SchemaError(where, f"{key}: found {getattr(joint, key)}, expected 0 or more")
    if joint.effort_limit is not None and abs(joint.neutral_effort) > joint.effort_limit:
        raise SchemaError(
            where, f"neutral_effort: found {joint.neutral_effort}, beyond the effort_limit"
        )
    low, high = joint.position_minimum, joint.position_maximum
    if low is not None and high is not None and low >= high:
        raise SchemaError(
            where, f"position_minimum: found {low}, expected less than position_maximum ({high})"
        )


def check_safety(safety: Safety, sources: Mapping[str, Any] | tuple[str, ...]) -> None:
    """Check the section `safety`.

    Args:
        safety: it.
        sources: that `stale_after` may name.

    Raises:
        SchemaError: the first thing that cannot be.
    """
    if safety.tilt_limit <= 0:
        raise SchemaError(
            "safety.tilt_limit", f"found {safety.tilt_limit}, expected a number above 0"
        )
    for source, seconds in safety.stale_after.items():
        where = f"safety.stale_after.{source}"
        if source not in sources:
            raise SchemaError(where, f"unknown source, expected one of {', '.join(sources)}")
        number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
        if not number or not 0.0 < seconds < math.inf:
            raise SchemaError(where, f"found {seconds!r}, expected a number of seconds above 0")
