"""`dynsyn view` with a real robot and its controller over DDS."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request

import numpy as np
import pytest
from forked import DYNSYN
from ros_environment import TIMEOUT
from std_msgs.msg import String
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from dynsyn_controller.node.qos import LATCHED
from dynsyn_lab.view.link_tree import LinkTree

BRIDGE = "dynsyn_sim_bridge.bridge_node"
CONTROLLER = "dynsyn_controller.node.controller_node"


@pytest.fixture
def address(processes, peer) -> str:
    """Of the page of a view that runs, such as 127.0.0.1:40123."""
    started = processes.start([*DYNSYN, "view", "--port", "0"])
    found: list[str] = []

    def there() -> bool:
        found[:] = re.findall(r"http://(\S+)/ shows", started.output)
        return bool(found)

    peer.wait_for(there, "the page's address")
    return found[0]


def moves(bodies: list[dict]) -> bool:
    """Whether the last picture of the body is of a later time than the first."""
    return len(bodies) > 5 and bodies[-1]["time"] > bodies[0]["time"]


def test_the_page_gets_body_status_activity_and_weights(processes, address):
    processes.start_node(BRIDGE, robot="walker")
    processes.start_node(CONTROLLER, robot_file="walker")
    page = urllib.request.urlopen(f"http://{address}/", timeout=TIMEOUT)
    text = page.read().decode()
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "/live" in text
    assert not re.search(r"(src|href)=\"http", text)  # it needs nothing from elsewhere

    weights, bodies, last = None, [], {}
    end = time.monotonic() + TIMEOUT
    with connect(f"ws://{address}/live", origin=f"http://{address}") as socket:
        while not (weights and {"robot", "activity"} <= set(last) and moves(bodies)):
            assert time.monotonic() < end, (weights, last, bodies)
            message = json.loads(socket.recv(timeout=TIMEOUT))
            if message["kind"] == "weights":
                weights = message
                continue
            last = message
            if "outlines" in last["body"]:
                bodies.append(last["body"])
    assert last["robot"] == "walker"
    assert [name for name, _ in last["effort"]] == ["hip_1", "knee_1", "hip_2", "knee_2"]
    assert sum(len(layer["weight"]) for layer in weights["layers"]) == 438
    assert bodies[-1]["view"] == "side"
    assert len(bodies[-1]["outlines"]) == 6  # two boxes of the hull, four of the legs


def test_another_sites_page_and_other_paths_are_refused(address):
    with pytest.raises(InvalidStatus), connect(f"ws://{address}/live", origin="http://elsewhere"):
        pass
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(f"http://{address}/other", timeout=TIMEOUT)
    assert error.value.code == 404


def test_the_bridge_latches_a_description_of_the_body(processes, peer):
    processes.start_node(BRIDGE, robot="swimmer", joints=3)
    heard = peer.listen(String, "robot_description", qos=LATCHED)
    peer.wait_for(lambda: heard, "a description")
    urdf = LinkTree.parse(heard[0].data)
    assert [joint.name for joint in urdf.joints] == ["joint_1", "joint_2", "joint_3"]
    assert len(urdf.outlines(urdf.place({}, np.eye(4)))) == 4


def test_frames_of_a_body_that_nobody_describes_are_an_error(processes):
    bridge = processes.start_node(BRIDGE, robot="gymnasium:Pendulum-v1", publish_tf=True)
    assert bridge.wait() == 2
    assert "publish_tf: nobody says which links gymnasium:Pendulum-v1 has" in bridge.output
