"""The controller of a real robot as a process, with a live dashboard."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from dynsyn_controller.core.statistics import AVERAGE_STEPS
from dynsyn_controller.launching import nodes
from dynsyn_controller.node.parameter_table import Value
from dynsyn_controller.node.settings import read_robot
from dynsyn_lab.interrupts import Interrupts
from dynsyn_lab.live.calls import DISARM
from dynsyn_lab.live.client import ControllerClient
from dynsyn_lab.live.runs import run_folder
from dynsyn_lab.live.session import CONTROLLERS, Run, live, refuse_company
from dynsyn_lab.live.simulation import claimed, lived_before, refuse_shared
from dynsyn_lab.live.summary import Summary, SummaryCollector
from dynsyn_lab.live.user_files import own_file


def run_robot(
    given: dict[str, Value],
    dotted: dict[str, dict[str, Any]],
    duration: float,
    headless: bool,
    interrupts: Interrupts,
) -> Summary | None:
    """Run the controller until it is ended.

    Args:
        given: values of CONTROLLER's arguments. Without a checkpoint, and without a parameter file
            that may name one, the lifetime is kept in this user's folder.
        dotted: settings of the learner and options of the network: section -> key -> value.
        duration: s, from the first control step on; may be infinite.
        headless: plain lines, even on a terminal.
        interrupts: what ends it from outside.

    Returns:
        What it came to; None where it was ended before the controller reported anything.

    Raises:
        ParameterError, RobotFileError: arguments or a robot file that cannot be.
        CommandError: the node ended by itself or badly, another controller is on these topics, or
            the lifetime is being lived elsewhere.
        CheckpointError: the file is no lifetime.
        OSError: a file cannot be written.
    """
    name = Path(str(given.get("robot_file", "robot"))).stem
    if "robot_file" in given:
        read_robot(str(given["robot_file"]), 0)  # before anything is started
    if "checkpoint" not in given and not given.get("params_file"):
        kept = own_file(f"robot-{name}", str(given.get("namespace", "")))
        kept.parent.mkdir(parents=True, exist_ok=True)
        given = {**given, "checkpoint": str(kept)}
    node = nodes.controller(given, dotted)
    checkpoint = Path(str(given["checkpoint"])).absolute() if given.get("checkpoint") else None
    with ControllerClient(node.namespace) as client, claimed(client.domain, node.namespace):
        since = time.monotonic()
        refuse_shared(checkpoint)
        # a parameter file may name a checkpoint of its own
        known = checkpoint is not None or not given.get("params_file")
        summary = SummaryCollector(AVERAGE_STEPS, *lived_before(checkpoint), known=known)
        refuse_company(client, since, CONTROLLERS)
        if not interrupts.requested:
            run = Run(
                nodes=(node,),
                checkpoint=checkpoint,
                duration=duration,
                headless=headless,
                halt=DISARM,
            )
            live(run, run_folder(name), client, summary, interrupts)
    return None if summary.empty else summary.finish(name, "realtime", str(checkpoint or ""))
