"""Distances in LaserScan and Range messages, as their definitions and REP-117 have them."""

from __future__ import annotations

import math
from array import array

import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import LaserScan, Range

from dynsyn_controller.messages.conversions import SensorReader, SensorWriter
from dynsyn_controller.messages.laser_scan import LaserScanSensor
from dynsyn_controller.messages.layout import SensorLayout
from dynsyn_controller.messages.range import RangeSensor
from dynsyn_controller.robot.observation import Channel

INF, NAN = math.inf, math.nan
NOTHING = None


def read_scan(distance: float, low: float, high: float) -> float | None:
    """What ray 1 of 3 reads as over the wire; None: nothing came of it, but the others did."""
    layout = SensorLayout((LaserScanSensor(rays=3, range_max=30.0),))
    channels = [Channel(f"ray_{ray}", "scan", element=str(ray)) for ray in range(3)]
    read = SensorReader(layout, channels)
    fine = 0.5 * (low + high) if 0.0 < high < INF else 1.0
    scan = LaserScan(ranges=array("f", [fine, distance, fine]), range_min=low, range_max=high)
    read.read("scan", deserialize_message(serialize_message(scan), LaserScan), 7)
    assert read.arrivals[[0, 2]].tolist() == [7, 7]
    assert read.missing() == (["ray_1"] if read.arrivals[1] != 7 else [])
    return float(read.sensors[1]) if read.arrivals[1] == 7 else None


def read_range(distance: float, low: float, high: float) -> float | None:
    """What a Range message reads as over the wire; None: nothing came of it."""
    read = SensorReader(
        SensorLayout((RangeSensor("sonar", range_max=30.0),)), [Channel("ahead", "sonar")]
    )
    message = Range(range=distance, min_range=low, max_range=high)
    read.read("sonar", deserialize_message(serialize_message(message), Range), 7)
    return float(read.sensors[0]) if read.arrivals[0] == 7 else None


@pytest.mark.parametrize("read", [read_scan, read_range])
@pytest.mark.parametrize(
    ("distance", "low", "high", "expected"),
    [
        (1.5, 0.25, 4.0, 1.5),
        (0.25, 0.25, 4.0, 0.25),
        (4.0, 0.25, 4.0, 4.0),
        (INF, 0.25, 4.0, 4.0),
        (-INF, 0.25, 4.0, 0.25),
        (0.125, 0.25, 4.0, NOTHING),
        (4.125, 0.25, 4.0, NOTHING),
        (0.0, 0.25, 4.0, NOTHING),
        (-1.0, 0.0, 4.0, NOTHING),
        (NAN, 0.25, 4.0, NOTHING),
        (INF, 0.25, INF, 30.0),
        (25.0, 0.25, INF, 25.0),
        (50.0, 0.25, INF, 30.0),
        (-INF, 0.25, INF, 0.25),
        # a driver that set no limits
        (1.5, 0.0, 0.0, 1.5),
        (INF, 0.0, 0.0, 30.0),
        (1.5, NAN, NAN, 1.5),
        # tells only whether something is nearer than that
        (INF, 0.5, 0.5, 0.5),
        (-INF, 0.5, 0.5, 0.0),
    ],
)
def test_a_distance_reads_as_its_message_defines(read, distance, low, high, expected):
    assert read(distance, low, high) == expected


def test_a_scan_holds_rays_that_met_nothing_and_rays_that_met_something_too_close():
    layout = SensorLayout((LaserScanSensor(rays=3),))
    read = SensorReader(layout, [Channel(f"r{i}", "scan", element=str(i)) for i in range(3)])
    read.read("scan", LaserScan(ranges=[INF, -INF, 1.0], range_min=0.25, range_max=4.0), 1)
    assert read.sensors.tolist() == [4.0, 0.25, 1.0]


def test_a_range_is_written_as_it_is_read():
    layout = SensorLayout((RangeSensor(range_max=2.5),))
    read = SensorReader(layout, [Channel("ahead", "range", unit="m")])
    writer = SensorWriter(layout, {"range": layout.sensors["range"].new_message()})
    assert writer.messages["range"].header.frame_id == "base_link"
    for step, distance in enumerate((0.0, 1.25, 2.5), start=1):
        writer.write(np.array([distance]), step)
        message = deserialize_message(serialize_message(writer.messages["range"]), Range)
        assert (message.range == math.inf) == (distance == 2.5)
        read.read("range", message, step)
        assert read.complete(step)
        assert read.sensors.tolist() == [distance]
