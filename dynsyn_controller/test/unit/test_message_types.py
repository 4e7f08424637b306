"""Every type of sensor: what it writes it reads, through real messages, bit for bit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message

from dynsyn_controller.core.schema import SchemaError
from dynsyn_controller.messages.base import MessageError, Sensor
from dynsyn_controller.messages.body import BodySensor, Orientation
from dynsyn_controller.messages.contacts import ContactSensor
from dynsyn_controller.messages.conversions import SensorReader, SensorWriter
from dynsyn_controller.messages.float64_multi_array import Float64MultiArraySensor
from dynsyn_controller.messages.joint_state import JointStateSensor
from dynsyn_controller.messages.laser_scan import LaserScanSensor
from dynsyn_controller.messages.layout import SensorLayout
from dynsyn_controller.messages.registry import SENSORS
from dynsyn_controller.messages.wire import Decoder, sending_form

OPTIONS = {
    "joint_states": {"joints": ("hip", "knee"), "passive": ("toe",)},
    "scan": {"rays": 5},
    "contacts": {"contacts": ("left", "right")},
    "readings": {"elements": ("a", "b", "c")},
    "float64_multi_array": {"elements": ("a", "b", "c")},
}


@pytest.fixture(params=SENSORS.names)
def sensor(request: pytest.FixtureRequest) -> Sensor:
    """One of every type, with a name of its own."""
    return SENSORS.find(request.param)(name="one", **OPTIONS.get(request.param, {}))


def readings_of(sensor: Sensor, layout: SensorLayout, seed: int) -> np.ndarray:
    """Readings that its message can carry."""
    values = np.random.default_rng(seed).uniform(0.1, 0.9, layout.size).astype(np.float32)
    vector = values.astype(np.float64)
    for block in sensor.blocks():
        part = vector[layout.blocks[sensor.block_name(block)]]
        if isinstance(block, Orientation):
            part /= np.linalg.norm(part)
        if isinstance(sensor, ContactSensor):
            part[:] = part > 0.5
    return vector


def test_what_it_writes_it_reads(sensor: Sensor):
    layout = SensorLayout((sensor,))
    writer = SensorWriter(layout, {"one": sensor.new_message()})
    reader = SensorReader(layout, (), layout.blocks)
    for step in range(1, 6):
        vector = readings_of(sensor, layout, step)
        writer.write(vector, step)
        message = writer.messages["one"]
        reader.read("one", deserialize_message(serialize_message(message), type(message)), step)
        assert reader.sensors.tobytes() == vector.tobytes()
        assert (reader.arrivals == step).all()
        assert reader.stamps == ({"one": step} if sensor.stamped else {})


def test_its_serialised_form_says_the_same(sensor: Sensor):
    layout = SensorLayout((sensor,))
    message = sensor.new_message()
    SensorWriter(layout, {"one": message}).write(readings_of(sensor, layout, 1), 1)
    form = sending_form(message)
    writer, reader = (
        SensorWriter(layout, {"one": form.record}),
        SensorReader(layout, (), layout.blocks),
    )
    decoder = Decoder(sensor.message_type())
    for step in range(2, 6):
        vector = readings_of(sensor, layout, step)
        writer.write(vector, step)
        reader.read("one", decoder.decode(form.pack()), step)
        assert reader.sensors.tobytes() == vector.tobytes()


def test_blocks_that_are_left_out_are_neither_written_nor_read(sensor: Sensor):
    names = [sensor.block_name(block) for block in sensor.blocks()]
    layout = SensorLayout((sensor,), without=names[1:])
    message = sensor.new_message()
    SensorWriter(layout, {"one": message}).write(layout.zeros() + 0.5, 1)
    reader = SensorReader(layout, (), ())
    reader.read("one", message, 1)  # nothing of it is wanted
    assert (reader.arrivals == -1).all()
    if isinstance(sensor, BodySensor):
        for block in sensor.parts[1:]:
            if block.covariance:
                assert getattr(message, block.covariance)[0] == -1.0


@pytest.mark.parametrize(
    ("sensor", "error"),
    [
        (Float64MultiArraySensor(), "elements: missing, expected the names of the numbers"),
        (Float64MultiArraySensor(elements=("a", "a")), "elements: found 'a' 2 times"),
        (ContactSensor(contacts=("a", "")), "contacts: found '' 1 times"),
        (JointStateSensor(joints=("a",), passive=("a",)), "passive: found 'a' 2 times"),
        (LaserScanSensor(rays=-1), "rays: found -1, expected the number of rays, 1 or more"),
        (LaserScanSensor(rays=1, range_max=-1.0), r"range_max: found -1\.0, expected"),
        (LaserScanSensor("2d", rays=1), "name: found '2d', expected letters"),
        (LaserScanSensor("lidar", "front//scan", rays=1), "topic: found 'front//scan'"),
    ],
)
def test_options_that_cannot_be_are_refused(sensor: Sensor, error: str):
    with pytest.raises(SchemaError, match=error):
        sensor.check()


def test_an_array_of_another_length_is_refused():
    sensor = Float64MultiArraySensor("state", elements=("a", "b"))
    layout = SensorLayout((sensor,))
    message = sensor.message_type()(data=[1.0, math.nan])
    reader = SensorReader(layout, (), ["state"])
    with pytest.raises(MessageError, match="state: element b: found nan, expected a finite number"):
        reader.read("state", message, 1)
    message.data = [1.0]
    with pytest.raises(MessageError, match="state: 1 numbers, expected 2"):
        reader.read("state", message, 1)
