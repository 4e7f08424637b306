"""Reading recordings: their messages in the order in which the node took and sent them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcap.exceptions import McapError
from mcap.records import Channel, Message, Metadata, Schema
from mcap.stream_reader import StreamReader

from dynsyn_controller.node.recording import VERSION
from dynsyn_lab.errors import CommandError

VERSIONS = range(1, VERSION + 1)
"""Of recordings that can be read: all up to what the node makes."""


@dataclass(frozen=True)
class Recorded:
    """One message.

    Attributes:
        topic: full name.
        kind: its type, such as sensor_msgs/msg/Imu.
        time: ns since 1970.
        data: it, serialised.
    """

    topic: str
    kind: str
    time: int
    data: bytes


class Reader:
    """Reads a recording from its beginning; one that was cut off by a kill will do.

    Attributes:
        about: what the node said of it all, by name.
        cut_off: the file ends in the middle; known once all has been read.

    Args:
        path: of the file.

    Raises:
        CommandError: it cannot be read, or is no recording of a controller.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.cut_off = False
        self._channels: dict[int, Channel] = {}
        self._schemas: dict[int, Schema] = {}
        self._records = self._read()
        self.about: dict[str, Any] = {}
        for record in self._records:
            if isinstance(record, Metadata) and record.name == "dynsyn":
                self.about = {name: json.loads(text) for name, text in record.metadata.items()}
                break
        if self.about.get("version") not in VERSIONS:
            raise CommandError(
                f"{path}: no recording of a controller (dynsyn record, record:=FILE)"
            )

    def messages(self) -> Iterator[Recorded]:
        """All that follows.

        Raises:
            CommandError: the file is damaged.
        """
        for record in self._records:
            if isinstance(record, Message):
                channel = self._channels[record.channel_id]
                kind = self._schemas[channel.schema_id].name
                yield Recorded(channel.topic, kind, record.log_time, record.data)

    def _read(self) -> Iterator[Any]:
        try:
            with self._path.open("rb") as file:
                for record in StreamReader(file, validate_crcs=True).records:
                    if isinstance(record, Channel):
                        self._channels[record.id] = record
                    elif isinstance(record, Schema):
                        self._schemas[record.id] = record
                    yield record
        except OSError as error:
            raise CommandError(f"{self._path}: cannot be read: {error.strerror}") from None
        except McapError as error:
            if type(error).__name__ in ("EndOfFile", "RecordLengthLimitExceeded"):
                self.cut_off = True
                return
            raise CommandError(f"{self._path}: damaged, or no MCAP: {error}") from None
