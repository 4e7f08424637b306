"""The robot file of a gymnasium environment, as `dynsyn robot new` writes it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from dynsyn_controller.robot.new_file import LEARNING, RULE_STEP, time_scale

LARGEST_BOUND = 100.0
"""A reading that may be larger is left as it is; others are scaled to -1..1."""

_TEXT = """\
# {identifier} of gymnasium as a robot. The reward is the environment's own.
# Joints are the elements of its action, channels those of its observation. A channel that has
# bounds is scaled to -1..1; for the others a scale that brings them there helps learning.
version: 2
name: {name}
description: {identifier} of gymnasium
control_rate: {rate!r}   # Hz
time_scale: {time_scale!r}   # the rule's {rule_step:g} ms for each control step
simulation: {simulation}

joints:
{joints}

sensors:
  - name: array
    type: readings
    elements: [{elements}]

observation:
{channels}

{learning}"""


def robot_text(
    name: str,
    identifier: str,
    rate: float,
    joints: Sequence[str],
    limits: Sequence[float],
    elements: Sequence[str],
    low: Sequence[float],
    high: Sequence[float],
    options: dict[str, Any],
) -> str:
    """Text of the robot file.

    Args:
        name: reference of the robot, such as gymnasium:Hopper-v5.
        identifier: gymnasium's name of the environment.
        rate: control steps a second, Hz.
        joints, limits: names, and largest |effort| of each.
        elements, low, high: names and bounds of the observation's elements.
        options: of the robot, those that are not at their defaults.
    """
    channels = [
        f"  - {{name: {element}, source: array, element: {element}{_scale(*bounds)}}}"
        for element, *bounds in zip(elements, low, high, strict=True)
    ]
    return _TEXT.format(
        identifier=identifier,
        name=file_name(identifier),
        simulation=json.dumps({"robot": name, **({"options": options} if options else {})}),
        rate=rate,
        time_scale=time_scale(rate),
        rule_step=RULE_STEP,
        learning=LEARNING,
        joints="\n".join(
            f"  - {{name: {joint}, effort_limit: {limit!r}}}"
            for joint, limit in zip(joints, limits, strict=True)
        ),
        elements=", ".join(elements),
        channels="\n".join(channels),
    )


def file_name(identifier: str) -> str:
    """A name of letters, digits and underscores: Hopper-v5 is hopper_v5."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", identifier).strip("_").lower()
    return name if name[:1].isalpha() else f"environment_{name}"


def _scale(low: float, high: float) -> str:
    """Scale of a channel, where it has bounds that are worth one; it keeps its zero."""
    bound = max(abs(low), abs(high))
    if not math.isfinite(bound) or not 0.0 < bound <= LARGEST_BOUND or bound == 1.0:
        return ""
    return f", scale: {1.0 / bound!r}"
