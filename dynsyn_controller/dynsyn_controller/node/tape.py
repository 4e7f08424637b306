"""The node's end of a recording: what goes onto it is handed to a process that writes the file.

Python runs one thread at a time: a thread of the node's that writes would hold up its ticks.
The node only appends to a buffer, and a pipe takes that now and then without waiting. The writer
ends when the pipe does, also where the node was killed: what was handed over gets into the file.
"""

from __future__ import annotations

import fcntl
import json
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

FRAME = struct.Struct("<BQHIQQ")
"""Head of a frame: kind, bytes that follow these two, channel, number, time of log and of sending
(ns since 1970). With a message it is a record of an MCAP file, which the writer need only copy."""
MESSAGE = 0x05
TOLD = 0x80
"""Kind of a frame that says something about the file, as JSON; such kinds MCAP leaves to others."""
BEFORE_CONTENT = struct.calcsize("<BQ")
_IN_HEAD = FRAME.size - BEFORE_CONTENT
_NUMBERS = 1 << 32
_PIPE = 1 << 20  # bytes
_PORTION = 1 << 16  # bytes that are worth a call
_MOST = 1 << 28  # bytes; a disk that is so far behind does not catch up


class TapeError(RuntimeError):
    """A recording that cannot be begun or go on."""


class Tape:
    """A recording that is being made.

    Attributes:
        path: of the file.

    Args:
        path: that is asked for; with a number where there is such a file.
        about: what is to be known of it all, plain values.

    Raises:
        TapeError: the file cannot be made.
    """

    def __init__(self, path: Path, about: dict[str, Any]) -> None:
        self.path = _free(path)
        try:
            self.path.touch(exist_ok=False)
        except OSError as error:
            raise TapeError(f"recording {path}: cannot be written: {error.strerror}") from None
        command = [sys.executable, "-m", "dynsyn_controller.node.tape_writer", str(self.path)]
        self._writer = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C is the node's, which ends the recording
        )
        assert self._writer.stdin is not None
        self._pipe = self._writer.stdin.fileno()
        os.set_blocking(self._pipe, False)
        fcntl.fcntl(self._pipe, fcntl.F_SETPIPE_SZ, _PIPE)
        self._buffer = bytearray()
        self._channels: dict[str, int] = {}
        self._number = 0
        self._tell({"about": about})

    def write(self, topic: str, kind: type, time: int, data: bytes) -> None:
        """Put a message on the tape.

        Args:
            topic: full name.
            kind: its type.
            time: ns since 1970.
            data: it, serialised.

        Raises:
            TapeError: the writer has ended, or is too far behind.
        """
        channel = self._channels.get(topic)
        if channel is None:
            channel = self._channels[topic] = len(self._channels) + 1
            package = kind.__module__.partition(".")[0]
            self._tell({"channel": channel, "topic": topic, "type": f"{package}/{kind.__name__}"})
        self._number = (self._number + 1) % _NUMBERS
        length = _IN_HEAD + len(data)
        self._buffer += FRAME.pack(MESSAGE, length, channel, self._number, time, time)
        self._buffer += data
        if len(self._buffer) > _PORTION:
            self.flush()

    def flush(self) -> None:
        """Hand over what the pipe takes now.

        Raises:
            TapeError: see `write`.
        """
        try:
            while self._buffer:
                taken = os.write(self._pipe, memoryview(self._buffer)[:_PORTION])
                del self._buffer[:taken]
        except BlockingIOError:
            if len(self._buffer) > _MOST:
                raise TapeError(f"recording {self.path}: the disk is too slow") from None
        except OSError:
            raise TapeError(f"recording {self.path}: {self._complaint()}") from None

    def close(self, seconds: float = 10.0) -> None:
        """Hand over the rest, and wait for the file to be whole.

        Raises:
            TapeError: it is not.
        """
        assert self._writer.stdin is not None
        os.set_blocking(self._pipe, True)
        try:
            self.flush()
            self._writer.stdin.close()
            code = self._writer.wait(seconds)
        except subprocess.TimeoutExpired:
            raise TapeError(f"recording {self.path}: not written within {seconds:g} s") from None
        if code != 0:
            raise TapeError(f"recording {self.path}: {self._complaint()}")

    def _tell(self, said: dict[str, Any]) -> None:
        content = json.dumps(said).encode()
        self._buffer += FRAME.pack(TOLD, _IN_HEAD + len(content), 0, 0, 0, 0) + content

    def _complaint(self) -> str:
        assert self._writer.stderr is not None
        try:
            self._writer.wait(1.0)
        except subprocess.TimeoutExpired:
            return "its writer does not listen"
        lines = self._writer.stderr.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"its writer ended with code {self._writer.returncode}"


def _free(path: Path) -> Path:
    """The path, or with a number where there is a file: a recording is never written over."""
    found, number = path, 1
    while found.exists():
        number += 1
        found = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return found


def end_of_frame(buffer: bytearray, at: int) -> int | None:
    """Place after the frame at `at`; None: it is not whole yet."""
    if len(buffer) - at < FRAME.size:
        return None
    _, length, *_ = FRAME.unpack_from(buffer, at)
    end = at + BEFORE_CONTENT + int(length)
    return end if end <= len(buffer) else None
