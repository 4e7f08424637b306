"""Writes an MCAP file (https://mcap.dev) of messages that are records of such a file already.

The `Writer` of the package mcap takes messages one by one, at 10 us each: a tenth of a processor
in lockstep. Here a message costs the look at its head. All other records are the package's.
"""

from __future__ import annotations

import struct
import zlib
from typing import IO

import lz4.frame
from mcap.data_stream import RecordBuilder
from mcap.opcode import Opcode
from mcap.records import (
    Channel,
    Chunk,
    ChunkIndex,
    DataEnd,
    Footer,
    Header,
    McapRecord,
    Metadata,
    MetadataIndex,
    Schema,
    Statistics,
    SummaryOffset,
)
from mcap.writer import MCAP0_MAGIC

from dynsyn_controller.node.tape import BEFORE_CONTENT, FRAME, MESSAGE

_INDEX = struct.Struct("<BQHI")
_FOOTER = struct.Struct("<BQQQ")
_LOOK = struct.Struct("<BQH4xQ")  # at what is needed of a frame
_CHUNK = 1 << 20  # bytes that are compressed together


class McapFile:
    """A file that is being written, with an index at its end and after each chunk.

    Args:
        file: to write to.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._at = 0
        self._chunk = bytearray()
        self._places: dict[int, list[int]] = {}  # channel: time, place, time, place, ... in chunk
        self._counts: dict[int, int] = {}
        self._span: tuple[int, int] | None = None
        self._schemas: dict[str, Schema] = {}
        self._channels: list[Channel] = []
        self._chunks: list[ChunkIndex] = []
        self._metadata: list[MetadataIndex] = []
        self._write(MCAP0_MAGIC)
        self._write(_bytes_of(Header("ros2", "dynsyn")))

    def add_metadata(self, name: str, values: dict[str, str]) -> None:
        """Write texts with names, beside all messages."""
        content = _bytes_of(Metadata(name=name, metadata=values))
        self._metadata.append(MetadataIndex(offset=self._at, length=len(content), name=name))
        self._write(content)

    def add_channel(self, number: int, topic: str, kind: str, definition: str) -> None:
        """Say what the messages of a channel are, before the first of them.

        Args:
            number: of the channel, as its messages have it.
            topic: full name.
            kind: type, such as sensor_msgs/msg/Imu.
            definition: of the type, as `ros2msg` has it.
        """
        schema = self._schemas.get(kind)
        if schema is None:
            schema = Schema(
                id=len(self._schemas) + 1, data=definition.encode(), encoding="ros2msg", name=kind
            )
            self._schemas[kind] = schema
            self._chunk += _bytes_of(schema)
        channel = Channel(
            id=number, topic=topic, message_encoding="cdr", metadata={}, schema_id=schema.id
        )
        self._channels.append(channel)
        self._chunk += _bytes_of(channel)

    def take_messages(self, buffer: bytearray, at: int) -> int:
        """Write the messages in `buffer` from place `at` on.

        Returns:
            Place of the first frame that is not whole yet, or holds no message.
        """
        begun, last, places = at, len(buffer) - FRAME.size, self._places
        shift = len(self._chunk) - at
        while at <= last:
            opcode, length, channel, time = _LOOK.unpack_from(buffer, at)
            end = at + BEFORE_CONTENT + length
            if end > len(buffer) or opcode != MESSAGE:
                break
            found = places.get(channel)
            if found is None:
                found = places[channel] = []
            found += (time, shift + at)
            at = end
        with memoryview(buffer) as view:
            self._chunk += view[begun:at]
        if len(self._chunk) > _CHUNK:
            self._end_chunk()
        return at

    def flush(self) -> None:
        """Let all that came be in the file."""
        self._end_chunk()
        self._file.flush()

    def finish(self) -> None:
        """Write the rest and the summary; nothing may follow."""
        self._end_chunk()
        self._write(_bytes_of(DataEnd(0)))
        groups: list[tuple[Opcode, list[McapRecord]]] = [
            (Opcode.SCHEMA, [*self._schemas.values()]),
            (Opcode.CHANNEL, [*self._channels]),
            (Opcode.STATISTICS, [self._statistics()]),
            (Opcode.CHUNK_INDEX, [*self._chunks]),
            (Opcode.METADATA_INDEX, [*self._metadata]),
        ]
        start, summary, offsets = self._at, b"", b""
        for opcode, records in groups:
            content = b"".join(map(_bytes_of, records))
            offsets += _bytes_of(SummaryOffset(opcode, start + len(summary), len(content)))
            summary += content
        after = start + len(summary)
        summary += offsets
        head = _FOOTER.pack(Opcode.FOOTER, 20, start, after)
        self._write(summary)
        self._write(_bytes_of(Footer(start, after, zlib.crc32(head, zlib.crc32(summary)))))
        self._write(MCAP0_MAGIC)
        self._file.flush()

    def _end_chunk(self) -> None:
        if not self._places:
            return
        data = bytes(self._chunk)
        packed = lz4.frame.compress(data)
        first = min(min(found[::2]) for found in self._places.values())
        last = max(max(found[::2]) for found in self._places.values())
        content = _bytes_of(
            Chunk(
                compression="lz4",
                data=packed,
                message_start_time=first,
                message_end_time=last,
                uncompressed_crc=zlib.crc32(data),
                uncompressed_size=len(data),
            )
        )
        begun, offsets, index = self._at, {}, b""
        for channel, found in self._places.items():
            offsets[channel] = begun + len(content) + len(index)
            head = _INDEX.pack(Opcode.MESSAGE_INDEX, 6 + 8 * len(found), channel, 8 * len(found))
            index += head + struct.pack(f"<{len(found)}Q", *found)
            self._counts[channel] = self._counts.get(channel, 0) + len(found) // 2
        self._chunks.append(
            ChunkIndex(
                chunk_length=len(content),
                chunk_start_offset=begun,
                compression="lz4",
                compressed_size=len(packed),
                message_end_time=last,
                message_index_length=len(index),
                message_index_offsets=offsets,
                message_start_time=first,
                uncompressed_size=len(data),
            )
        )
        self._write(content)
        self._write(index)
        if self._span is not None:
            first, last = min(first, self._span[0]), max(last, self._span[1])
        self._span = first, last
        self._chunk.clear()
        self._places.clear()

    def _statistics(self) -> Statistics:
        first, last = self._span or (0, 0)
        return Statistics(
            attachment_count=0,
            channel_count=len(self._channels),
            channel_message_counts=self._counts,
            chunk_count=len(self._chunks),
            message_count=sum(self._counts.values()),
            message_end_time=last,
            message_start_time=first,
            metadata_count=len(self._metadata),
            schema_count=len(self._schemas),
        )

    def _write(self, content: bytes) -> None:
        self._file.write(content)
        self._at += len(content)


def _bytes_of(record: McapRecord) -> bytes:
    builder = RecordBuilder()
    record.write(builder)
    return builder.end()
