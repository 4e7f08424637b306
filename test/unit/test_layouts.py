"""The layouts for Foxglove, PlotJuggler and RViz name fields, topics and frames that there are."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import yaml

from dynsyn_msgs.msg import Event, JointCommand, Scalars
from dynsyn_sim_bridge.robots.body_model import BASE, ODOM
from dynsyn_sim_bridge.robots.registry import entry

LAYOUTS = Path(__file__).parents[2] / "config" / "layouts"
TOPICS = {"/dynsyn/scalars": Scalars, "/joint_command": JointCommand, "/dynsyn/events": Event}


def foxglove() -> list[str]:
    """Topic and field, as topic.field, of every panel."""
    layout = json.loads((LAYOUTS / "foxglove.json").read_text())
    placed = re.findall(r'"(?:first|second)": "([^"]+)"', json.dumps(layout["layout"]))
    assert sorted(placed) == sorted(layout["configById"])
    panels = layout["configById"].values()
    paths = [path["value"] for panel in panels for path in panel.get("paths", ())]
    assert all(panel["topicPath"] in TOPICS for panel in panels if "topicPath" in panel)
    return paths


def plotjuggler() -> list[str]:
    """The same of every curve."""
    root = ElementTree.parse(LAYOUTS / "plotjuggler.xml").getroot()
    splitter = root.find("tabbed_widget/Tab/Container/DockSplitter")
    assert splitter is not None
    count = int(splitter.get("count", ""))
    assert len(splitter) == count == len(splitter.get("sizes", "").split(";"))
    names = [curve.get("name", "") for curve in splitter.iterfind("DockArea/plot/curve")]
    return [".".join(name.rsplit("/", 1)) for name in names]


@pytest.mark.parametrize("curves", [foxglove, plotjuggler])
def test_every_curve_is_a_field(curves):
    found = curves()
    assert len(found) > 5
    for curve in found:
        topic, field = curve.split(".")
        assert field.split("[")[0] in TOPICS[topic].get_fields_and_field_types(), curve


def test_rviz_looks_at_what_the_bridge_sends():
    view = yaml.safe_load((LAYOUTS.parent / "rviz" / "robot.rviz").read_text())
    manager = view["Visualization Manager"]
    shown = [each[key] for each in manager["Displays"] for key in each if key.endswith("Topic")]
    topics = {topic["Value"] for topic in shown}
    sent = {sensor.topic for sensor in entry("walker").create().layout.sensors.values()}
    assert topics - sent == {"robot_description"}
    assert {"scan", "odom"} <= topics
    assert manager["Global Options"]["Fixed Frame"] == ODOM
    assert manager["Views"]["Current"]["Target Frame"] == BASE
