"""Files of recordings, read by the package mcap's own readers."""

from __future__ import annotations

from io import BytesIO

import lz4.frame
import numpy as np
import pytest
from mcap.exceptions import EndOfFile
from mcap.reader import make_reader
from mcap.records import McapRecord, Message
from mcap.stream_reader import StreamReader

from dynsyn_controller.node.mcap_file import McapFile
from dynsyn_controller.node.tape import BEFORE_CONTENT, FRAME, MESSAGE, end_of_frame

TOPICS = {1: "/imu", 2: "/reward", 3: "/dynsyn/steps"}
COUNT = 2500


def frames() -> tuple[bytes, list[tuple[str, int, bytes]]]:
    """Messages of three topics, 1.3 MB of them, as frames and as topic, time and content."""
    random = np.random.default_rng(1)
    content, messages = b"", []
    for number in range(COUNT):
        channel = int(random.integers(1, 4))
        data = random.bytes(int(random.integers(0, 1000)))
        at = 1000 + number
        length = FRAME.size - BEFORE_CONTENT + len(data)
        content += FRAME.pack(MESSAGE, length, channel, number, at, at) + data
        messages.append((TOPICS[channel], at, data))
    return content, messages


def written(content: bytes, portion: int) -> tuple[McapFile, BytesIO]:
    """A file of these frames, which come in portions that end anywhere."""
    stream = BytesIO()
    file = McapFile(stream)
    file.add_metadata("dynsyn", {"robot": '"walker"'})
    for channel, topic in TOPICS.items():
        file.add_channel(channel, topic, f"a/msg/{topic[1:3]}", "float64 x")
    buffer = bytearray()
    for start in range(0, len(content), portion):
        buffer += content[start : start + portion]
        del buffer[: file.take_messages(buffer, 0)]
    assert end_of_frame(buffer, 0) is None
    return file, stream


@pytest.mark.parametrize("portion", [7001, 1 << 18])
def test_what_is_written_is_read(portion: int):
    content, messages = frames()
    file, stream = written(content, portion)
    file.finish()
    stream.seek(0)
    reader = make_reader(stream, validate_crcs=True)
    found = [(c.topic, m.log_time, m.data) for _, c, m in reader.iter_messages()]
    assert found == messages
    summary = reader.get_summary()
    assert summary is not None
    assert summary.statistics is not None
    assert len(summary.chunk_indexes) >= 2
    assert summary.statistics.message_count == COUNT
    assert (summary.statistics.message_start_time, summary.statistics.message_end_time) == (
        1000,
        999 + COUNT,
    )
    assert [each.metadata for each in reader.iter_metadata()] == [{"robot": '"walker"'}]
    few = reader.iter_messages(topics=["/imu"], start_time=1500, end_time=1600)
    assert [m.data for _, _, m in few] == [
        data for topic, at, data in messages if topic == "/imu" and 1500 <= at < 1600
    ]


def test_each_index_says_where_its_messages_are():
    file, stream = written(frames()[0], 1 << 18)
    file.finish()
    stream.seek(0)
    chunk, indexed = b"", 0
    for record in StreamReader(stream, emit_chunks=True).records:
        if type(record).__name__ == "Chunk":
            chunk = lz4.frame.decompress(record.data)
        elif type(record).__name__ == "MessageIndex":
            for time, place in record.records:
                opcode, _, channel, _, logged, _ = FRAME.unpack_from(chunk, place)
                assert (opcode, channel, logged) == (MESSAGE, record.channel_id, time)
                indexed += 1
    assert indexed == COUNT


def test_what_was_flushed_is_read_though_the_file_ends_there():
    content, messages = frames()
    file, stream = written(content + content[:20], 1 << 18)  # and half a frame
    file.flush()
    stream.seek(0)
    records: list[McapRecord] = []
    with pytest.raises(EndOfFile):
        records.extend(StreamReader(stream, validate_crcs=True).records)
    found = [
        (TOPICS[record.channel_id], record.log_time, record.data)
        for record in records
        if isinstance(record, Message)
    ]
    assert found == messages
