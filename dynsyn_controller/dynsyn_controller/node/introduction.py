"""What the controller node says of itself once, in its log, when it has been configured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.node.parameter_table import plain
from dynsyn_controller.node.parameters import TABLE
from dynsyn_controller.node.settings import Settings
from dynsyn_controller.robot.robot import Robot

_SAID = {"robot_file", "learner", "preset", "network", "seed", "checkpoint_path", "record"}
"""Parameters that other lines tell of."""


def introduction(
    robot: Robot,
    controller: Controller,
    topics: Iterable[str],
    path: Path | None,
    continued: bool,
    settings: Settings,
    sim_time: bool,
) -> Iterator[str]:
    """Lines on the robot, its joints in their order, the topics, the learner and the lifetime, and
    on what is not as by default.

    Args:
        robot: the robot file.
        controller: made for it.
        topics: that are subscribed to.
        path: of the checkpoint; None: none is kept.
        continued: the lifetime was read from the checkpoint; False: it is new-born.
        settings: of the node.
        sim_time: the node's clock is the topic /clock.
    """
    span = robot.command_range
    joints = ", ".join(
        f"{index} {name} ({low:g} to {high:g})"
        for index, (name, low, high) in enumerate(
            zip(robot.joint_names, span.low, span.high, strict=True)
        )
    )
    what = f"command {robot.command.type}, in this order"
    yield f"robot {robot.name}, {robot.control_rate:g} Hz; {what}: {joints}"
    heard = ", ".join(dict.fromkeys(topics))
    yield f"observation of {len(robot.observation)} channels; topics {heard}"
    rule = (
        f"learner {controller.learner.name}, preset {controller.preset}, "
        f"{controller.weight.size} synapses"
    )
    if continued:
        hours = controller.steps / robot.control_rate / 3600.0
        yield f"continues the lifetime in {path}: {hours:.1f} h, {controller.steps:,} steps; {rule}"
    else:
        kept = f"kept in {path}" if path else "in memory only"
        yield f"a new-born lifetime, {kept}, seed {settings.seed}; {rule}"
    others = [
        f"{parameter.name} {plain(value) or 'empty'}"
        for parameter in TABLE
        if (value := getattr(settings, parameter.name)) != parameter.default
        and parameter.name not in _SAID
    ]
    if sim_time:
        others.append("use_sim_time true")
    if others:
        yield f"not as by default: {', '.join(others)}"
