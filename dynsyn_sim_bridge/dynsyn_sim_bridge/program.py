"""Entry point of the executable `bridge_node`: it can be stopped before the node is imported."""

from __future__ import annotations

import sys

from dynsyn_controller.node.program import run


def bridge_node() -> None:
    """Run the bridge until it is asked to stop."""
    package = "dynsyn_sim_bridge"
    sys.exit(run("bridge_node", f"{package}.bridge_node", f"{package}.parameters:TABLE"))
