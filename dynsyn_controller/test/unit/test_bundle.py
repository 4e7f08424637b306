"""Bundles: the messages of several topics in one, against rclpy's own serialisation."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some
from rclpy.serialization import deserialize_message, serialize_message

from dynsyn_controller.messages.base import MessageError
from dynsyn_controller.messages.bundle import BundleReader, BundleWriter
from dynsyn_msgs.msg import Bundle

MESSAGES = some.dictionaries(some.text("abc_", min_size=1), some.binary(max_size=50), min_size=1)


def bundle(names: list[str], sizes: list[int], data: bytes) -> bytes:
    return serialize_message(Bundle(names=names, sizes=sizes, data=data))


@given(messages=MESSAGES)
def test_a_bundle_is_what_rclpy_makes_of_it(messages: dict[str, bytes]):
    sizes = {name: len(message) for name, message in messages.items()}
    packed = BundleWriter(sizes).pack(list(messages.values()))
    found = deserialize_message(packed, Bundle)
    assert found.names == list(messages)
    assert list(found.sizes) == list(sizes.values())
    assert bytes(found.data) == b"".join(messages.values())


@given(turns=some.lists(MESSAGES, min_size=1, max_size=3))
def test_messages_come_out_as_they_went_in_whatever_came_before(turns: list[dict[str, bytes]]):
    reader = BundleReader()
    for messages in turns:
        sizes = [len(message) for message in messages.values()]
        for content in (b"".join(messages.values()), bytes(sum(sizes))):
            parts = reader.split(bundle(list(messages), sizes, content))
            assert [name for name, _ in parts] == list(messages)
            assert [len(message) for _, message in parts] == sizes
            assert b"".join(message for _, message in parts) == content


@pytest.mark.parametrize(
    ("buffer", "what"),
    [
        (b"\0\1\0\0junk", "found 8 bytes that are no Bundle"),
        (
            bundle(["a", "a"], [1, 1], b"xy"),
            "1 different names, 2 sizes of 2 bytes in all, 2 bytes",
        ),
        (bundle(["a"], [1, 1], b"xy"), "1 different names, 2 sizes of 2 bytes in all, 2 bytes"),
        (bundle(["a"], [3], b"xy"), "1 different names, 1 sizes of 3 bytes in all, 2 bytes"),
        (bundle([], [], b""), "0 different names, 0 sizes of 0 bytes in all, 0 bytes"),
    ],
)
def test_what_contradicts_itself_is_refused_and_the_next_is_read(buffer: bytes, what: str):
    reader = BundleReader()
    good = bundle(["a", "b"], [1, 2], b"xyz")
    assert reader.split(good) == [("a", b"x"), ("b", b"yz")]
    with pytest.raises(MessageError, match=re.escape(what)):
        reader.split(buffer)
    assert reader.split(good) == [("a", b"x"), ("b", b"yz")]
    with pytest.raises(MessageError):
        reader.split(good[:-4])
