"""dynsyn_msgs/Bundle: the serialised messages of several topics in one message.

The layout of a sender's bundles stays what it was; only the data change. So all before the data is
made, and looked at, once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

from rclpy.serialization import deserialize_message, serialize_message

from dynsyn_controller.messages.base import MessageError
from dynsyn_msgs.msg import Bundle


class BundleWriter:
    """Puts messages together.

    Args:
        sizes: name of each message -> its bytes, in the order in which they will come.

    Raises:
        RuntimeError: the middleware in use serialises in a way that this does not know.
    """

    def __init__(self, sizes: Mapping[str, int]) -> None:
        data = bytes(sum(sizes.values()))
        whole = serialize_message(Bundle(names=list(sizes), sizes=list(sizes.values()), data=data))
        self._before = _without(data, whole)

    def pack(self, messages: Sequence[bytes]) -> bytes:
        """The serialised bundle of these messages, each of the size that was said."""
        return self._before + b"".join(messages)


class BundleReader:
    """Takes bundles apart."""

    def __init__(self) -> None:
        self._before = b""
        self._end = 0
        self._parts: list[tuple[str, slice]] = []

    def split(self, buffer: bytes) -> list[tuple[str, bytes]]:
        """Names and serialised messages of a bundle, in its order.

        Args:
            buffer: the bundle, serialised.

        Raises:
            MessageError: the bytes are no bundle, or it contradicts itself.
        """
        if not self._parts or len(buffer) < self._end or not buffer.startswith(self._before):
            self._learn(buffer)
        return [(name, buffer[where]) for name, where in self._parts]

    def _learn(self, buffer: bytes) -> None:
        self._parts = []
        try:
            bundle: Bundle = deserialize_message(buffer, Bundle)
        except Exception as error:  # of rclpy or the middleware; which kinds, nobody promises
            raise MessageError(f"found {len(buffer)} bytes that are no Bundle") from error
        names, sizes, data = bundle.names, list(bundle.sizes), bytes(bundle.data)
        if not len(names) == len(set(names)) == len(sizes) or sum(sizes) != len(data) or not names:
            raise MessageError(
                f"bundle: {len(set(names))} different names, {len(sizes)} sizes of {sum(sizes)} "
                f"bytes in all, {len(data)} bytes of data: expected a name and a size for each "
                "message, and the data of all"
            )
        try:
            self._before = _without(data, buffer)
        except RuntimeError as error:
            raise MessageError(f"bundle: {error}") from None
        start = len(self._before)
        self._end = start + len(data)
        ends = [start + each for each in accumulate(sizes)]
        places = map(slice, [start, *ends], ends)
        self._parts = list(zip(names, places, strict=True))


def _without(data: bytes, whole: bytes) -> bytes:
    """What stands before the data in a serialised bundle, which may be padded at its end."""
    counted = len(data).to_bytes(4, "little") + data
    for padding in range(4):
        start = len(whole) - padding - len(counted)
        if whole.startswith(counted, max(start, 0)):
            return whole[: start + 4]
    raise RuntimeError("this middleware does not serialise to little-endian CDR 1")
