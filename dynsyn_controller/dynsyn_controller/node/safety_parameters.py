"""Parameters of the controller node that say when it acts and what it warns of."""

from __future__ import annotations

from dynsyn_controller.node.parameter_table import Parameter

SAFETY: tuple[Parameter, ...] = (
    Parameter(
        "armed_at_start",
        True,
        "Act as soon as everything has come; false: neutral effort until dynsyn/arm is called.",
    ),
    Parameter(
        "ramp_time",
        0.0,
        "s over which efforts grow from neutral to what is wanted whenever the robot begins to "
        "act; learning pauses meanwhile.",
        minimum=0.0,
        maximum=60.0,
    ),
    Parameter(
        "settle_time",
        3.0,
        "s for which nothing is learnt after the robot did not act or a reward was cut, or until "
        "the episode ends: a body that was disturbed stumbles. Not used in lockstep.",
        minimum=0.0,
        maximum=60.0,
    ),
    Parameter(
        "dry_run",
        False,
        "Compute and report efforts, but publish none; nothing is learnt.",
    ),
    Parameter(
        "deadman_topic",
        "",
        "Topic (std_msgs/Bool) of a deadman switch: neutral effort while it is not heard to be "
        "true; empty: none.",
    ),
    Parameter(
        "deadman_timeout",
        0.25,
        "s without a message after which the deadman switch counts as let go.",
        minimum=0.01,
        maximum=10.0,
    ),
    Parameter(
        "override_topic",
        "",
        "Topic (dynsyn_msgs/JointCommand) of an operator's own efforts, sent in place of the "
        "controller's, within all limits, until operator_timeout after the last; empty: none.",
    ),
    Parameter(
        "stamp_tolerance",
        1.0,
        "s that a message's stamp may be off the node's clock before it is told; 0: never. Not "
        "used in lockstep and where realtime_factor is not 1.",
        minimum=0.0,
        maximum=1e6,
        read_only=False,
    ),
    Parameter(
        "wrong_stamps",
        "warn",
        "What is done about stamps off by more than stamp_tolerance: warn, or refuse the message, "
        "so that its source goes stale.",
        choices=("warn", "refuse"),
    ),
    Parameter(
        "frozen_after",
        5.0,
        "s after which a source that says exactly the same while efforts change is told; 0: never.",
        minimum=0.0,
        maximum=1e6,
    ),
    Parameter(
        "frozen_readings",
        "warn",
        "What is done about a source that says the same for longer than frozen_after: warn, or "
        "disarm the robot.",
        choices=("warn", "disarm"),
    ),
)
