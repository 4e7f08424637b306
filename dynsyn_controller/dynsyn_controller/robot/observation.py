"""Channels of a robot file, and what they make of a sensor vector: the observation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from math import asin, atan2, hypot

import numpy as np

from dynsyn_controller.core.numba_support import njit, typeof
from dynsyn_controller.core.schema import SchemaError
from dynsyn_controller.messages.base import COPY, Sensor
from dynsyn_controller.messages.layout import FloatArray, SensorLayout

_ABSENT = -1
"""Operation of a channel that a body does not sense: its default."""


@dataclass(frozen=True)
class Channel:
    """One element of the observation: value = scale * (reading + offset).

    Attributes:
        name: unique.
        source: name of the sensor that the reading comes from, such as joint_states or imu.
        field: which of its readings, e.g. "position" (joint_states), "orientation.pitch" (imu),
            "twist.linear.x" (odom); empty where there is but one kind.
        element: which joint, contact, ray or the like; a robot file says it under the key that the
            sensor's type has for it.
        unit: SI unit of the reading; decides what is plausible where `plausible` does not.
        offset: added to the reading, in its unit.
        scale: observation per unit of the reading, not 0.
        sensitivity: factor on the observation before the first layer of neurons, not 0.
        kind: "state" (signed) or "range" (a distance); states come first.
        default: reading until the first message and when it goes stale, for channels that may be
            absent (an operator's command); None: the channel is required.
        plausible: least and greatest reading, in its unit; a message with one beyond is refused.
            Empty: as wide as `messages.plausible` has it for the unit.
    """

    name: str
    source: str
    field: str = ""
    element: str = ""
    unit: str = ""
    offset: float = 0.0
    scale: float = 1.0
    sensitivity: float = 1.0
    kind: str = "state"
    default: float | None = None
    plausible: tuple[float, ...] = ()


def check_channels(channels: Iterable[Channel], sensors: Mapping[str, Sensor]) -> None:
    """Check that each reads something that there is, and the ranges of its numbers.

    Args:
        channels: in the order of the observation.
        sensors: by name; all that the channels read.

    Raises:
        SchemaError: the first thing that cannot be, with its key and what was expected.
    """
    seen_range = False
    for channel in channels:
        where = f"observation: {channel.name}"
        if channel.kind not in ("state", "range"):
            raise SchemaError(where, f"kind: found {channel.kind!r}, expected one of state, range")
        for key in ("scale", "sensitivity"):
            if getattr(channel, key) == 0:
                raise SchemaError(where, f"{key}: found 0, expected another number")
        try:
            _, _, operation = sensors[channel.source].locate(channel)
        except SchemaError as error:
            raise SchemaError(where, str(error)) from None
        if channel.plausible:
            _check_plausible(where, channel, operation)
        if channel.default is not None and operation != COPY:
            raise SchemaError(where, "default: an angle of an orientation has none")
        if seen_range and channel.kind == "state":
            raise SchemaError(where, "kind: a state after a range; states come first")
        seen_range = channel.kind == "range"


def _check_plausible(where: str, channel: Channel, operation: int) -> None:
    if operation != COPY:
        raise SchemaError(where, "plausible: an angle of an orientation is within +-pi anyway")
    if len(channel.plausible) != 2 or not channel.plausible[0] < channel.plausible[1]:
        raise SchemaError(
            where,
            f"plausible: found {list(channel.plausible)}, expected [least, greatest] reading",
        )
    if channel.default is not None:
        least, greatest = channel.plausible
        if not least <= channel.default <= greatest:
            raise SchemaError(where, f"default: found {channel.default}, which is not plausible")


class Observer:
    """Turns sensor vectors into observations, by channel: scale * (reading + offset).

    Args:
        channels: the observation of a robot file, in order.
        layout: of the sensor vectors to come; may list joints in another order than the robot file,
            and lack what channels with a default read.

    Raises:
        ValueError: a channel without a default reads something that the layout does not have.
    """

    def __init__(self, channels: Iterable[Channel], layout: SensorLayout) -> None:
        channels = tuple(channels)
        located = [_locate(channel, layout) for channel in channels]
        self.index = np.array([index for index, _ in located], dtype=np.int64)
        self.operation = np.array([operation for _, operation in located], dtype=np.int64)
        self.offset = np.array([channel.offset for channel in channels])
        self.scale = np.array([channel.scale for channel in channels])
        for at in np.flatnonzero(self.operation == _ABSENT):
            self.offset[at] += channels[at].default

    def observe(self, sensors: FloatArray, observation: FloatArray) -> None:
        """Fill `observation` (..., channels) from `sensors` (..., layout.size), in place."""
        if sensors.ndim == 1:  # several times quicker than np.atleast_2d
            sensors, observation = sensors[None], observation[None]
        _observe(*self._arguments(sensors, observation))

    def bound(self, sensors: FloatArray, observation: FloatArray) -> Callable[[], None]:
        """`observe` for these two arrays, (layout.size,) and (channels,), at a third of the time.

        Compiled for them and called as it is, it has neither arguments nor types to look up.
        """
        arguments = self._arguments(sensors[None], observation[None])
        return partial(_observe.compile(tuple(map(typeof, arguments))), *arguments)

    def _arguments(self, sensors: FloatArray, observation: FloatArray) -> tuple[FloatArray, ...]:
        return sensors, self.index, self.operation, self.offset, self.scale, observation


def _locate(channel: Channel, layout: SensorLayout) -> tuple[int, int]:
    try:
        return layout.locate(channel)
    except ValueError:
        if channel.default is None:
            raise
        return 0, _ABSENT


@njit(cache=True)
def _observe(sensors, index, operation, offset, scale, observation):
    for row in range(sensors.shape[0]):
        for channel in range(index.size):
            at = index[channel]
            if operation[channel] == 0:
                reading = sensors[row, at]
            elif operation[channel] < 0:
                reading = 0.0
            else:
                reading = orientation_angle(
                    operation[channel],
                    sensors[row, at],
                    sensors[row, at + 1],
                    sensors[row, at + 2],
                    sensors[row, at + 3],
                )
            observation[row, channel] = scale[channel] * (reading + offset[channel])


@njit(cache=True)
def orientation_angle(which, x, y, z, w):
    """An angle in rad of the unit quaternion x, y, z, w.

    1 roll, 2 pitch, 3 yaw (REP-103, z-y-x; pitch only within +-pi/2); 4, 5, 6 rotation about x, y
    or z of a body that turns about that axis alone, within +-pi.
    """
    if which == 1:
        return atan2(2.0 * (w * x + y * z), 1.0 - 2.0 * (x * x + y * y))
    if which == 2:
        return asin(min(1.0, max(-1.0, 2.0 * (w * y - z * x))))
    if which == 3:
        return atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
    sine = x if which == 4 else y if which == 5 else z
    return 2.0 * atan2(sine if w >= 0.0 else -sine, abs(w))


def tilt_angle(x: float, y: float, z: float, w: float) -> float:
    """Angle in rad, 0 to pi, from the vertical to the body's z axis, of quaternion x, y, z, w."""
    return 2.0 * atan2(hypot(x, y), hypot(z, w))
