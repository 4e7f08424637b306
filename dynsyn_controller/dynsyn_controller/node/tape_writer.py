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
from typing import Any

from dynsyn_controller.messages.definitions import definition
from dynsyn_controller.node.mcap_file import McapFile
from dynsyn_controller.node.tape import FRAME, TOLD, end_of_frame

_REST = 100  # ms between two looks at the pipe: to be woken by each portion costs the loop more
_PORTION = 1 << 19  # bytes
_LONGEST = 1.0  # s until what came is on disk, if there is little of it
_NICE = 5  # behind the node and its robot


def _copy(pipe: int, file: McapFile) -> None:
    """Take frames until the pipe ends; half a frame at its end is left out."""
    buffer = bytearray()
    synced = time.monotonic()
    ended = select.poll()
    ended.register(pipe, 0)
    while True:
        ready, _, _ = select.select([pipe], [], [], _LONGEST)
        if ready:
            portion = os.read(pipe, _PORTION)
            if not portion:
                return
            buffer += portion
            del buffer[: _take(buffer, file)]
            if len(portion) < _PORTION:
                ended.poll(_REST)
        if time.monotonic() - synced > _LONGEST:
            file.flush()
            synced = time.monotonic()


def _take(buffer: bytearray, file: McapFile) -> int:
    """Take what is whole; returns its end."""
    at = 0
    while True:
        at = file.take_messages(buffer, at)
        end = end_of_frame(buffer, at)
        if end is None:
            return at
        opcode, *_ = FRAME.unpack_from(buffer, at)
        assert opcode == TOLD
        _hear(json.loads(buffer[at + FRAME.size : end]), file)
        at = end


def _hear(said: dict[str, Any], file: McapFile) -> None:
    if "about" in said:
        about = {name: json.dumps(value) for name, value in said["about"].items()}
        file.add_metadata("dynsyn", about)
        return
    package, name = said["type"].split("/")
    text = definition(package, name)
    file.add_channel(said["channel"], said["topic"], f"{package}/msg/{name}", text)


def main() -> int:
    """Write until the standard input ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends when the node does
    os.nice(_NICE)
    try:
        with open(sys.argv[1], "wb") as opened:
            file = McapFile(opened)
            _copy(sys.stdin.fileno(), file)
            file.finish()
    except OSError as error:
        print(error.strerror or error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
