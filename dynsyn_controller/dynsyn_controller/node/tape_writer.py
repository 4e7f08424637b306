"""Writes a recording: python -m dynsyn_controller.node.tape_writer FILE < frames

The file is MCAP (https://mcap.dev) as ROS 2 has it: messages in CDR, with their definitions.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from typing import IO, Any

from mcap.writer import CompressionType, Writer

from dynsyn_controller.messages.definitions import definition
from dynsyn_controller.node.tape import FRAME, TOLD

_PORTION = 1 << 20  # bytes
_CHUNK = 1 << 20  # bytes that are compressed together
_LONGEST = 1.0  # s until what came is on disk, if there is little of it
_NICE = 5  # behind the node and its robot


class TapeWriter:
    """Turns frames of `tape` into an MCAP file.

    Args:
        file: to write to.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._writer = Writer(file, chunk_size=_CHUNK, compression=CompressionType.LZ4)
        self._writer.start(profile="ros2", library="dynsyn")
        self._schemas: dict[str, int] = {}
        self._channels: dict[int, int] = {}
        self._sequence = 0

    def take(self, channel: int, at: int, content: bytes) -> None:
        """One frame."""
        if channel == TOLD:
            self._hear(json.loads(content))
            return
        self._sequence += 1
        self._writer.add_message(
            self._channels[channel], at, content, publish_time=at, sequence=self._sequence
        )

    def sync(self) -> None:
        """Let what came be in the file."""
        self._writer.flush()
        self._file.flush()

    def finish(self) -> None:
        """Write the index."""
        self._writer.finish()

    def _hear(self, said: dict[str, Any]) -> None:
        if "about" in said:
            about = {name: json.dumps(value) for name, value in said["about"].items()}
            self._writer.add_metadata("dynsyn", about)
            return
        kind = said["type"]
        if kind not in self._schemas:
            package, name = kind.split("/")
            text = definition(package, name).encode()
            self._schemas[kind] = self._writer.register_schema(
                f"{package}/msg/{name}", "ros2msg", text
            )
        self._channels[said["channel"]] = self._writer.register_channel(
            said["topic"], "cdr", self._schemas[kind]
        )


def _copy(pipe: int, writer: TapeWriter) -> None:
    """Take frames until the pipe ends; half a frame at its end is left out."""
    buffer = bytearray()
    synced = time.monotonic()
    while True:
        ready, _, _ = select.select([pipe], [], [], _LONGEST)
        if ready:
            portion = os.read(pipe, _PORTION)
            if not portion:
                return
            buffer += portion
            at = 0
            while len(buffer) - at >= FRAME.size:
                channel, stamp, length = FRAME.unpack_from(buffer, at)
                end = at + FRAME.size + length
                if end > len(buffer):
                    break
                writer.take(channel, stamp, bytes(buffer[at + FRAME.size : end]))
                at = end
            del buffer[:at]
        if time.monotonic() - synced > _LONGEST:
            writer.sync()
            synced = time.monotonic()


def main() -> int:
    """Write until the standard input ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends when the node does
    os.nice(_NICE)
    try:
        with open(sys.argv[1], "wb") as file:
            writer = TapeWriter(file)
            _copy(sys.stdin.fileno(), writer)
            writer.finish()
    except OSError as error:
        print(error.strerror or error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
