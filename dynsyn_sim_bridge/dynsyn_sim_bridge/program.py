"""Entry point of the executable `bridge_node`: it can be stopped before the node is imported."""

from __future__ import annotations

import sys

from dynsyn_controller.node.program import run


def bridge_node() -> None:
    """Run the bridge until it is asked to stop."""
    sys.exit(run("bridge_node", "dynsyn_sim_bridge.bridge_node"))
