"""What a robot senses, as one flat vector in SI units with a name for every element.

The vector is the meeting point of hardware and simulation: the node fills it from messages, a
simulated robot fills it from its physics, and `robot.observation.Observer` turns it into the
network's observation. Whatever is bit-identical here stays bit-identical in the controller.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.schema import SchemaError
from dynsyn_controller.messages.base import Block, Part, Sensor
from dynsyn_controller.messages.joint_state import JointStateSensor

FloatArray = NDArray[np.float64]


class SensorLayout:
    """Where each reading lies in the sensor vector.

    Attributes:
        sensors: name -> sensor, of those that have a block here.
        blocks: name of each block -> its slice of the sensor vector. A sensor's blocks lie one
            after the other, in its own order.
        size: length of the sensor vector.
        joints: with an actuator, in the order of the effort vector.

    Args:
        sensors: in the order of the vector.
        without: names of blocks that they could bring and that are left out.
    """

    def __init__(self, sensors: Iterable[Sensor], without: Collection[str] = ()) -> None:
        self.sensors: dict[str, Sensor] = {}
        self.blocks: dict[str, slice] = {}
        self.joints: tuple[str, ...] = ()
        self._blocks: dict[str, tuple[Sensor, Block]] = {}
        start = 0
        for sensor in sensors:
            if isinstance(sensor, JointStateSensor):
                self.joints += sensor.joints
            for block in sensor.blocks():
                name = sensor.block_name(block)
                if name in without:
                    continue
                self.sensors[sensor.name] = sensor
                self._blocks[name] = sensor, block
                self.blocks[name] = slice(start, start + len(block.elements))
                start += len(block.elements)
        self.size = start

    def zeros(self) -> FloatArray:
        """A sensor vector of a body at rest: all zero, orientations the identity quaternion."""
        vector = np.zeros(self.size)
        for name, (_, block) in self._blocks.items():
            vector[self.blocks[name]] = block.defaults
        return vector

    def view(self, vector: FloatArray, block: str) -> FloatArray:
        """The part of `vector` that belongs to `block`, not copied."""
        return vector[..., self.blocks[block]]

    def part(self, sensor: str) -> Part:
        """Blocks of a sensor, by their own names -> their slices of the sensor vector."""
        return {
            block.name: self.blocks[name]
            for name, (owner, block) in self._blocks.items()
            if owner.name == sensor
        }

    def locate(self, channel: Any) -> tuple[int, int]:
        """Index into the sensor vector and operation of a `robot.observation.Channel`.

        Raises:
            ValueError: this layout has no such reading.
        """
        where = f"channel {channel.name}"
        sensor = self.sensors.get(channel.source)
        if sensor is None:
            raise ValueError(
                f"{where}: no sensor named {channel.source!r}; "
                f"there are {', '.join(self.sensors) or 'none'}"
            )
        try:
            block, index, operation = sensor.locate(channel)
        except SchemaError as error:
            raise ValueError(f"{where}: {error}") from None
        name = sensor.block_name(block)
        if name not in self.blocks:
            raise ValueError(f"{where}: {name} is not sensed")
        return self.blocks[name].start + index, operation

    def element(self, place: int) -> tuple[str, str]:
        """What an element of the sensor vector is called in an error, and its unit."""
        for name, (sensor, block) in self._blocks.items():
            where = self.blocks[name]
            if where.start <= place < where.stop:
                return sensor.element_name(block, place - where.start), block.unit
        raise IndexError(place)
