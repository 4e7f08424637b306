"""Definitions of message types as recordings carry them."""

from __future__ import annotations

import pytest

from dynsyn_controller.messages.definitions import definition


def test_a_definition_brings_all_that_it_is_made_of():
    text = definition("sensor_msgs", "Imu")
    others = [line for line in text.splitlines() if line.startswith("MSG: ")]
    assert others == [
        "MSG: std_msgs/Header",
        "MSG: geometry_msgs/Quaternion",
        "MSG: geometry_msgs/Vector3",
        "MSG: builtin_interfaces/Time",
    ]


def test_a_type_of_its_own_package_and_constants():
    text = definition("dynsyn_msgs", "Status")
    assert "MSG: dynsyn_msgs/Quantity" in text
    assert "MSG: std_msgs/Header" in definition("dynsyn_msgs", "Event")


def test_a_package_that_is_not_there_is_named():
    with pytest.raises(FileNotFoundError, match="package nowhere is not installed"):
        definition("nowhere", "X")
