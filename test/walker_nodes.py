"""The nodes of a walker, started and followed by tests of what goes wrong around them."""

from __future__ import annotations

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_srvs.srv import Trigger

EVENTS = QoSProfile(
    depth=50, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL
)
MODULE = "dynsyn_controller.node.controller_node"


def start(processes, **parameters):
    return processes.start_node(MODULE, robot_file="walker", **parameters)


def start_bridge(processes, **parameters):
    return processes.start_node("dynsyn_sim_bridge.bridge_node", robot="walker", **parameters)


def until(peer, heard, true, what):
    """Wait for a report from now on of which this is true; returns it."""
    del heard[:]
    peer.wait_for(lambda: heard and true(heard[-1]), what)
    return heard[-1]


def trigger(peer, name):
    return peer.call(Trigger, f"dynsyn/{name}", Trigger.Request())
