"""What a robot's optional channels say when nobody is there, as in offline training."""

from __future__ import annotations

import dataclasses

from dynsyn_controller.robot import Channel, Robot


def unattended_channels(robot: Robot) -> tuple[Channel, ...]:
    """The observation of `robot` for a body in simulation, without an operator.

    A channel with a default (an operator's command) reads that default as long as no message comes.
    A simulated body does not sense it and leaves 0 in its place, so its default becomes part of the
    offset: the same number, bit for bit, as scale * (default + offset).
    """
    return tuple(
        channel
        if channel.default is None
        else dataclasses.replace(channel, offset=channel.offset + channel.default)
        for channel in robot.observation
    )
