"""Serialised messages read and written in place, against rclpy's own serialisation."""

from __future__ import annotations

import importlib
import math
import struct
from array import array
from typing import Any

import numpy as np
import pytest
from geometry_msgs.msg import Twist
from hypothesis import given
from hypothesis import strategies as some
from nav_msgs.msg import Odometry
from rclpy.serialization import deserialize_message, serialize_message
from rosidl_parser.definition import AbstractNestedType, AbstractString, Array, BasicType
from sensor_msgs.msg import Imu, JointState, LaserScan
from std_msgs.msg import Float64MultiArray

from dynsyn_controller.messages.base import MessageError
from dynsyn_controller.messages.wire import Decoder, Record, sending_form
from dynsyn_msgs.msg import Contacts, JointCommand, Reward, Status

KINDS = (JointState, Imu, Odometry, LaserScan, Contacts, Twist, Reward, JointCommand)
OTHERS = (Status, Float64MultiArray)
TEXTS = some.text(some.characters(blacklist_characters="\0", blacklist_categories=["Cs"]))
INTEGERS = {"int32": (-(2**31), 2**31 - 1), "uint32": (0, 2**32 - 1), "uint64": (0, 2**64 - 1)}


def numbers(typename: str) -> some.SearchStrategy:
    if typename == "boolean":
        return some.booleans()
    if typename in ("float", "double"):
        return some.floats(width=32 if typename == "float" else 64)
    least, most = INTEGERS.get(typename, (0, 100))
    return some.integers(least, most)


def fill(message: Any, draw: Any) -> Any:
    """Any values, strings and lengths in all fields of a message."""
    fields = zip(message.get_fields_and_field_types(), message.SLOT_TYPES, strict=True)
    for name, kind in fields:
        if isinstance(kind, BasicType):
            setattr(message, name, draw(numbers(kind.typename)))
        elif isinstance(kind, AbstractString):
            setattr(message, name, draw(TEXTS))
        elif not isinstance(kind, AbstractNestedType):
            fill(getattr(message, name), draw)
        elif isinstance(kind.value_type, AbstractString):
            setattr(message, name, draw(some.lists(TEXTS, max_size=4)))
        elif isinstance(kind.value_type, BasicType):
            least, most = (kind.size, kind.size) if isinstance(kind, Array) else (0, 5)
            values = some.lists(numbers(kind.value_type.typename), min_size=least, max_size=most)
            setattr(message, name, draw(values))
        else:
            module = importlib.import_module(".".join(kind.value_type.namespaces))
            nested = getattr(module, kind.value_type.name)
            count = draw(some.integers(0, 2))
            setattr(message, name, [fill(nested(), draw) for _ in range(count)])
    return message


def numbers_anew(message: Any, draw: Any) -> Any:
    """The same strings and lengths with other numbers."""
    fields = zip(message.get_fields_and_field_types(), message.SLOT_TYPES, strict=True)
    for name, kind in fields:
        value = getattr(message, name)
        if isinstance(kind, BasicType):
            setattr(message, name, draw(numbers(kind.typename)))
        elif isinstance(kind, AbstractNestedType) and isinstance(kind.value_type, BasicType):
            setattr(message, name, [draw(numbers(kind.value_type.typename)) for _ in value])
        elif not isinstance(kind, (AbstractNestedType, AbstractString)):
            numbers_anew(value, draw)
    return message


def content(of: Any, like: Any) -> Any:
    """All that is in a message or record, comparable bit for bit."""
    if hasattr(like, "SLOT_TYPES"):
        names = like.get_fields_and_field_types()
        return [content(getattr(of, name), getattr(like, name)) for name in names]
    if isinstance(like, float):
        return struct.pack("<d", of)
    if isinstance(like, (list, tuple, array, np.ndarray)):
        assert len(of) == len(like)
        return [content(one, other) for one, other in zip(of, like, strict=True)]
    assert type(of) is type(like)
    return of


@pytest.mark.parametrize("kind", KINDS + OTHERS)
@given(data=some.data())
def test_messages_are_read_as_rclpy_reads_them(kind: type, data):
    message = fill(kind(), data.draw)
    decoder = Decoder(kind)
    for turn in range(3):
        buffer = serialize_message(message)
        expected = deserialize_message(buffer, kind)
        found = decoder.decode(buffer)
        assert isinstance(found, kind if turn == 0 else Record)
        assert content(found, expected) == content(expected, expected)
        numbers_anew(message, data.draw)


@pytest.mark.parametrize("kind", KINDS + OTHERS)
@given(data=some.data())
def test_messages_are_written_as_rclpy_writes_them(kind: type, data):
    form = sending_form(fill(kind(), data.draw))
    message = deserialize_message(form.pack(), kind)
    numbers_anew(message, data.draw)
    form.unpack(serialize_message(message))
    again = deserialize_message(form.pack(), kind)
    assert content(again, message) == content(message, message)


@given(length=some.integers(0, 20), other=some.integers(0, 20))
def test_a_sender_may_change_its_strings(length: int, other: int):
    decoder = Decoder(Imu)
    for size in (length, other, length):
        message = Imu()
        message.header.frame_id = "x" * size
        message.angular_velocity.y = float(size)
        found = decoder.decode(serialize_message(message))
        assert found.header.frame_id == "x" * size
        assert found.angular_velocity.y == size


def test_senders_beyond_counting_are_still_read():
    decoder = Decoder(JointState)
    for size in (*range(30), *range(30)):
        message = JointState(name=["joint"] * size, position=[float(size)] * size)
        assert list(decoder.decode(serialize_message(message)).position) == [size] * size


def big_endian(value: float, terminal: int) -> bytes:
    stamp_and_frame = struct.pack(">iIIcxxx", 1, 2, 1, b"\0")
    return b"\0\0\0\0" + stamp_and_frame + struct.pack(">dB", value, terminal)


def test_a_sender_of_the_other_byte_order_is_read():
    decoder = Decoder(Reward)
    for value in (1.5, -2.5):
        reward = decoder.decode(big_endian(value, 1))
        assert (reward.header.stamp.sec, reward.header.stamp.nanosec) == (1, 2)
        assert (reward.value, reward.terminal) == (value, True)
        reward = decoder.decode(serialize_message(Reward(value=value)))
        assert (reward.value, reward.terminal) == (value, False)


def test_options_of_the_encoding_are_no_matter():
    decoder, buffer = Decoder(Reward), bytearray(serialize_message(Reward(value=3.0)))
    decoder.decode(bytes(buffer))
    buffer[3] = 3  # padding bytes at the end, in later versions of the standard
    assert isinstance(decoder.decode(bytes(buffer) + bytes(3)), Record)


@pytest.mark.parametrize("seen", [False, True])
@pytest.mark.parametrize("kind", [JointState, Odometry, Contacts, Reward])
def test_bytes_that_are_no_message_are_refused(kind: type, seen: bool):
    good = serialize_message(kind())
    for bad in (b"", b"\0", good[:4], good[:13], good[: len(good) // 2], b"\xff" * len(good)):
        decoder = Decoder(kind)
        if seen:
            decoder.decode(good)
        with pytest.raises(
            MessageError, match=f"found {len(bad)} bytes that are no {kind.__name__}"
        ):
            decoder.decode(bad)


@pytest.mark.parametrize("kind", KINDS)
@given(data=some.data())
def test_damaged_messages_are_what_rclpy_makes_of_them(kind: type, data):
    message = fill(kind(), data.draw)
    buffer = bytearray(serialize_message(message))
    decoder = Decoder(kind)
    decoder.decode(bytes(buffer))
    for place in data.draw(some.lists(some.integers(4, len(buffer) - 1), min_size=1, max_size=3)):
        buffer[place] = data.draw(some.integers(0, 255))
    try:
        expected = deserialize_message(bytes(buffer), kind)
    except Exception:
        with pytest.raises(MessageError):
            decoder.decode(bytes(buffer))
    else:
        found = decoder.decode(bytes(buffer))
        assert content(found, expected) == content(expected, expected)


def test_values_that_are_not_finite_come_through():
    decoder, message = Decoder(Odometry), Odometry()
    for value in (0.0, math.nan, math.inf, -math.inf, 5e-324):
        message.twist.twist.linear.z = value
        found = decoder.decode(serialize_message(message)).twist.twist.linear.z
        assert struct.pack("<d", found) == struct.pack("<d", value)


def test_an_array_of_another_length_is_not_packed():
    form = sending_form(JointCommand(name=["hip"], effort=[1.0]))
    form.record.effort = [1.0, 2.0]
    with pytest.raises(ValueError, match="effort: 2 values, expected 1"):
        form.pack()
