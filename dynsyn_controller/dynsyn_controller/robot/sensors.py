"""What a robot senses, as one flat vector in SI units with a name for every element.

The vector is the meeting point of hardware and simulation: the node fills it from messages, a
simulated robot fills it from its physics, and `Observer` turns it into the network's observation.
Whatever is bit-identical here stays bit-identical in the controller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from math import asin, atan2, hypot

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.numba_support import njit, typeof

FloatArray = NDArray[np.float64]

JOINT_FIELDS = ("position", "velocity", "effort")
_AXES = ("x", "y", "z")
_ANGLES = ("roll", "pitch", "yaw", "rotation_x", "rotation_y", "rotation_z")

# Fixed blocks that every layout has, in order: name and width.
BODY_BLOCKS = (
    ("imu.orientation", 4),
    ("imu.angular_velocity", 3),
    ("imu.linear_acceleration", 3),
    ("odom.position", 3),
    ("odom.orientation", 4),
    ("odom.linear", 3),
    ("odom.angular", 3),
    ("command.linear", 3),
    ("command.angular", 3),
)

# Field of a robot file -> block and element; orientation fields are angles of one quaternion.
_VECTOR_FIELDS = {
    ("imu", "angular_velocity"): "imu.angular_velocity",
    ("imu", "linear_acceleration"): "imu.linear_acceleration",
    ("odom", "pose.position"): "odom.position",
    ("odom", "twist.linear"): "odom.linear",
    ("odom", "twist.angular"): "odom.angular",
    ("command", "linear"): "command.linear",
    ("command", "angular"): "command.angular",
}
_QUATERNION_FIELDS = {
    ("imu", "orientation"): "imu.orientation",
    ("odom", "pose.orientation"): "odom.orientation",
}
BODY_FIELDS = {
    (source, f"{field}.{axis}"): (block, element, 0)
    for (source, field), block in _VECTOR_FIELDS.items()
    for element, axis in enumerate(_AXES)
} | {
    (source, f"{field}.{angle}"): (block, 0, operation)
    for (source, field), block in _QUATERNION_FIELDS.items()
    for operation, angle in enumerate(_ANGLES, start=1)
}
"""(source, field) -> (block, element within it, operation: 0 copy, else see
`orientation_angle`)."""


@dataclass(frozen=True)
class SensorLayout:
    """Where each reading lies in the sensor vector.

    Attributes:
        joints: joint names; the blocks joint.position (rad or m), joint.velocity (rad/s or m/s) and
            joint.effort (N m or N) follow this order.
        rays: number of lidar rays; block scan (m).
        contacts: names of the contact sensors; block contacts (0 or 1).
    """

    joints: tuple[str, ...]
    rays: int = 0
    contacts: tuple[str, ...] = ()

    @cached_property
    def blocks(self) -> dict[str, slice]:
        """Name of each block -> its slice of the sensor vector."""
        widths = [(f"joint.{field}", len(self.joints)) for field in JOINT_FIELDS]
        widths += [*BODY_BLOCKS, ("scan", self.rays), ("contacts", len(self.contacts))]
        blocks, start = {}, 0
        for name, width in widths:
            blocks[name] = slice(start, start + width)
            start += width
        return blocks

    @cached_property
    def size(self) -> int:
        """Length of the sensor vector."""
        return self.blocks["contacts"].stop

    def zeros(self) -> FloatArray:
        """A sensor vector of a body at rest: all zero, orientations the identity quaternion."""
        vector = np.zeros(self.size)
        for block in _QUATERNION_FIELDS.values():
            vector[self.blocks[block].stop - 1] = 1.0
        return vector

    def view(self, vector: FloatArray, block: str) -> FloatArray:
        """The part of `vector` that belongs to `block`, not copied."""
        return vector[..., self.blocks[block]]

    def locate(self, channel) -> tuple[int, int]:
        """Index into the sensor vector and operation of a `robot.Channel`.

        Raises:
            ValueError: this layout has no such joint, ray or contact.
        """
        if channel.source == "joint_states":
            index = self._index(self.joints, channel.joint, "joint", channel.name)
            return self.blocks[f"joint.{channel.field}"].start + index, 0
        if channel.source == "contacts":
            index = self._index(self.contacts, channel.contact, "contact", channel.name)
            return self.blocks["contacts"].start + index, 0
        if channel.source == "scan":
            if not 0 <= channel.ray < self.rays:
                raise ValueError(
                    f"channel {channel.name}: ray {channel.ray} of a scan with {self.rays} rays"
                )
            return self.blocks["scan"].start + channel.ray, 0
        block, element, operation = BODY_FIELDS[(channel.source, channel.field)]
        return self.blocks[block].start + element, operation

    @staticmethod
    def _index(names: tuple[str, ...], name: str, what: str, channel: str) -> int:
        try:
            return names.index(name)
        except ValueError:
            raise ValueError(
                f"channel {channel}: no {what} named {name!r}; "
                f"there are {', '.join(names) or 'none'}"
            ) from None


class Observer:
    """Turns sensor vectors into observations, by channel: scale * (reading + offset).

    Args:
        channels: the observation of a robot file, in order.
        layout: of the sensor vectors to come; may list joints in another order than the robot file.

    Raises:
        ValueError: a channel reads something that the layout does not have.
    """

    def __init__(self, channels, layout: SensorLayout) -> None:
        located = [layout.locate(channel) for channel in channels]
        self.index = np.array([index for index, _ in located], dtype=np.int64)
        self.operation = np.array([operation for _, operation in located], dtype=np.int64)
        self.offset = np.array([channel.offset for channel in channels])
        self.scale = np.array([channel.scale for channel in channels])

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


@njit(cache=True)
def _observe(sensors, index, operation, offset, scale, observation):
    for row in range(sensors.shape[0]):
        for channel in range(index.size):
            at = index[channel]
            if operation[channel] == 0:
                reading = sensors[row, at]
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
