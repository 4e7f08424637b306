"""What a sensor message is to this package. To be derived from, one file a message type.

A sensor is a topic, the type of the messages on it, and the readings that they bring. The readings
lie in blocks of the sensor vector; a channel of a robot file reads one of them.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from dynsyn_controller.core.schema import SchemaError

Part = dict[str, slice]
"""Name of each block that is wanted of a sensor -> its place in the sensor vector."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_TOPIC = re.compile(r"/?[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*\Z")

COPY = 0
"""Operation of a channel that is the reading itself."""


class MessageError(ValueError):
    """A message that cannot be used; nothing of it has been taken."""


@dataclass(frozen=True)
class Block:
    """Readings of a sensor that lie together in the sensor vector.

    Attributes:
        name: in its sensor; the sensor vector calls it SENSOR.NAME, or SENSOR where it is empty.
        elements: what its elements are called, in order; one of an empty name: a single reading.
        unit: SI unit of the readings.
        default: reading of every element before a message came.
        field: what the channels of a robot file call it; empty: as `name`.
    """

    name: str = ""
    elements: tuple[str, ...] = ("",)
    unit: str = ""
    default: float = 0.0
    field: str = ""

    @property
    def defaults(self) -> tuple[float, ...]:
        """Readings before a message came, one for each element."""
        return (self.default,) * len(self.elements)

    @property
    def title(self) -> str:
        """What a robot file calls the block."""
        return self.field or self.name

    def fields(self) -> dict[str, tuple[int, int]]:
        """What a channel may name here -> index in the block, and operation of `Observer`."""
        return {_join(self.title, name): (i, COPY) for i, name in enumerate(self.elements)}


class Extractor(Protocol):
    """Picks the wanted readings out of the messages of one sensor.

    Attributes:
        places: elements of the sensor vector that it may bring.
        orders: where readings come with names: each order of names seen so far; otherwise empty.
    """

    places: list[int]
    orders: dict[tuple[str, ...], Any]

    def extract(self, message: Any) -> tuple[list[float], list[int]]:
        """Readings that the message brings, and their places.

        Raises:
            MessageError: the message contradicts itself or the robot file.
        """


@dataclass(frozen=True)
class Sensor:
    """One sensor of a robot. A derived class says what is special to its message type.

    The fields of the (frozen) dataclass are the keys of its entry in a robot file's section
    `sensors`. `read` and `write` are all that a simple message needs; a message of many readings
    brings its own `extractor` and `writer`, which need not make all of them anew.

    Attributes:
        name: that channels give as their `source`. A derived class sets it to the name of its type.
        topic: relative to the node's namespace; empty: the name.
        message: ROS message type, such as "sensor_msgs/Imu".
        key: key of a channel that says which element of a block it reads, such as `joint`; empty:
            the channel's `field` says it.
        key_type: of that key's values.
        stamped: the messages have a header, by whose stamp lockstep matches them.
        frame: frame id of the messages that a simulated robot sends.
    """

    name: str = ""
    topic: str = ""

    message: ClassVar[str] = ""
    key: ClassVar[str] = ""
    key_type: ClassVar[type] = str
    stamped: ClassVar[bool] = True
    frame: ClassVar[str] = ""

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", type(self).name)
        if not self.topic:
            object.__setattr__(self, "topic", self.name)

    def check(self) -> None:
        """Check name, topic and options.

        Raises:
            SchemaError: the first that cannot be, with its key.
        """
        if not _NAME.match(self.name):
            expected = "expected letters, digits and underscores"
            raise SchemaError("name", f"found {self.name!r}, {expected}")
        if not _TOPIC.match(self.topic):
            raise SchemaError("topic", f"found {self.topic!r}, expected a ROS topic name")

    def bind(self, joints: tuple[str, ...], elements: tuple[str, ...]) -> Sensor:
        """This sensor, told what the rest of a robot file says about it.

        Args:
            joints: the robot's joints.
            elements: those that channels read, by the sensor's `key`.
        """
        return self

    def message_type(self) -> type:
        """The ROS message class; imported when it is asked for, because robot files need no ROS.

        Raises:
            ImportError: its package is not there.
        """
        package, _, name = self.message.partition("/")
        return getattr(importlib.import_module(f"{package}.msg"), name)

    def blocks(self) -> tuple[Block, ...]:
        """The readings that a message may bring."""
        raise NotImplementedError

    def read(self, message: Any) -> Sequence[float | None]:
        """All readings of a message in the order of `blocks`; None: not measured this time.

        Raises:
            MessageError: see `Extractor.extract`.
        """
        raise NotImplementedError

    def write(self, message: Any, readings: list[float]) -> None:
        """Fill a message from all readings in the order of `blocks`."""
        raise NotImplementedError

    def new_message(self) -> Any:
        """An empty message with its frame id."""
        message = self.message_type()()
        if self.stamped:
            message.header.frame_id = self.frame
        return message

    def extractor(self, part: Part, wanted: set[int]) -> Extractor:
        """What reads the messages of this sensor.

        Args:
            part: the sensor's blocks in the sensor vector.
            wanted: elements of the sensor vector that are of use; others may be left out.
        """
        return _PlainExtractor(self, part, wanted)

    def writer(self, part: Part, message: Any) -> Callable[[list[float]], None]:
        """What fills `message` from all readings of a sensor vector, over and over.

        Fields that never change are set here.

        Args:
            part: the sensor's blocks in the sensor vector.
            message: of this sensor's type, or with the same fields.
        """
        places = [place for block in self.blocks() for place in _places(block, part)]
        defaults = [value for block in self.blocks() for value in block.defaults]
        pairs = list(zip(places, defaults, strict=True))

        def fill(readings: list[float]) -> None:
            own = [value if place is None else readings[place] for place, value in pairs]
            self.write(message, own)

        return fill

    def block_name(self, block: Block) -> str:
        """What the sensor vector calls a block."""
        return _join(self.name, block.name)

    def locate(self, channel: Any) -> tuple[Block, int, int]:
        """Block, index in it and operation of a channel (`robot.observation.Channel`).

        Raises:
            SchemaError: this sensor has no such reading; with the channel's key.
        """
        blocks = self.blocks()
        if not self.key:
            fields = {f: (b, *place) for b in blocks for f, place in b.fields().items()}
            return fields[_one_of("field", channel.field, fields)]
        titles = {block.title: block for block in blocks}
        block = titles[_one_of("field", channel.field, titles)]
        if channel.element == "":
            raise SchemaError(self.key, f"missing for source {self.name}")
        _one_of(self.key, channel.element, block.elements)
        return block, block.elements.index(channel.element), COPY

    def element_name(self, block: Block, index: int) -> str:
        """What an element is called in an error."""
        element = block.elements[index]
        if self.key:
            return f"{block.title} of {element}" if block.title else f"{self.key} {element}"
        return _join(block.title, element) or "reading"


class _PlainExtractor:
    """By means of `Sensor.read`."""

    def __init__(self, sensor: Sensor, part: Part, wanted: set[int]) -> None:
        self._read = sensor.read
        self._places = [place for block in sensor.blocks() for place in _places(block, part)]
        self._wanted = [place is not None and place in wanted for place in self._places]
        self.places = [place for place in self._places if place is not None and place in wanted]
        self.orders: dict[tuple[str, ...], Any] = {}

    def extract(self, message: Any) -> tuple[list[float], list[int]]:
        values: list[float] = []
        places: list[int] = []
        readings = self._read(message)
        if len(readings) != len(self._places):
            raise MessageError(f"{len(readings)} readings, expected {len(self._places)}")
        for value, place, wanted in zip(readings, self._places, self._wanted, strict=True):
            if wanted and value is not None:
                values.append(value)
                places.append(place)
        return values, places


def check_names(key: str, names: Sequence[str]) -> None:
    """Check names that a robot file gives under `key`.

    Raises:
        SchemaError: one is empty, or appears twice.
    """
    for name in names:
        if not name or names.count(name) > 1:
            raise SchemaError(key, f"found {name!r} {names.count(name)} times, expected names once")


def _places(block: Block, part: Part) -> Iterable[int | None]:
    """Place of each element of a block in the sensor vector; None where it is not there."""
    where = part.get(block.name)
    if where is None:
        return [None] * len(block.elements)
    return range(where.start, where.stop)


def _join(first: str, second: str) -> str:
    return f"{first}.{second}" if first and second else first or second


def _one_of(key: str, found: str, allowed: Iterable[str]) -> str:
    names = list(allowed)
    if found in names:
        return found
    if names in ([""], []):
        raise SchemaError(key, "not used for this source" if names else "this source has none")
    if names == [str(number) for number in range(len(names))]:
        raise SchemaError(key, f"found {found}, expected 0 to {len(names) - 1}")
    raise SchemaError(key, f"found {found!r}, expected one of {', '.join(names)}")
