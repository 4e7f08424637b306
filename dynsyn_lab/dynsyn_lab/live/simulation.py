"""A simulated robot and its controller as processes, with a live dashboard."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dynsyn_controller.core.statistics import AVERAGE_STEPS
from dynsyn_controller.lifetime.checkpoint import CheckpointError, load
from dynsyn_controller.lifetime.lock import lived_by
from dynsyn_controller.node.evaluations import Evaluations
from dynsyn_controller.node.presence import Presence, Taken
from dynsyn_lab.errors import CommandError
from dynsyn_lab.interrupts import Interrupts
from dynsyn_lab.live.calls import GO_ON_SIMULATION, PAUSE_SIMULATION
from dynsyn_lab.live.client import ControllerClient
from dynsyn_lab.live.preparing import prepare
from dynsyn_lab.live.runs import run_folder
from dynsyn_lab.live.session import CONTROLLERS, ROBOTS, Run, live, refuse_company
from dynsyn_lab.live.stack import Stack
from dynsyn_lab.live.summary import Summary, SummaryCollector

START_LIMIT = 120.0
"""s within which the first control step of a simulated robot must have been lived."""


def simulate(
    stack: Stack, duration: float, headless: bool, composed: bool, interrupts: Interrupts
) -> Summary | None:
    """Run the stack until its end.

    Args:
        stack: what runs.
        duration: s, from the first control step on; may be infinite.
        headless: plain lines, even on a terminal.
        composed: both nodes in one process.
        interrupts: what ends it from outside.

    Returns:
        What it came to; None where it was ended before the controller reported anything.

    Raises:
        CommandError: a node ended by itself or badly, somebody else is on these topics, or the
            lifetime is being lived elsewhere.
        CheckpointError: a lifetime cannot be moved into this body, or the file is no lifetime.
        OSError: a file cannot be written.
    """
    with ControllerClient(stack.namespace) as client, claimed(client.domain, stack.namespace):
        since = time.monotonic()
        refuse_shared(stack.checkpoint)
        copied = prepare(stack)
        summary = SummaryCollector(AVERAGE_STEPS, *lived_before(stack.checkpoint))
        refuse_company(client, since, CONTROLLERS + ROBOTS)
        run = Run(
            nodes=stack.nodes,
            checkpoint=stack.checkpoint,
            duration=duration,
            headless=headless,
            halt=PAUSE_SIMULATION,
            go_on=GO_ON_SIMULATION,
            composed=composed,
            start_limit=START_LIMIT,
            copied=copied,
        )
        if not interrupts.requested:
            live(run, run_folder(stack.robot), client, summary, interrupts)
    if summary.empty:
        return None
    mode = "lockstep" if stack.lockstep else "realtime"
    return summary.finish(stack.spec.reference, mode, str(stack.checkpoint or ""))


@contextmanager
def claimed(domain: int, namespace: str) -> Iterator[None]:
    """Be the one on this machine who starts a controller on a domain and namespace.

    Raises:
        CommandError: one is there; it is named.
    """
    try:
        presence = Presence(domain, namespace, alone=True)
    except Taken as error:
        raise CommandError(
            f"{error}: end it, or choose another namespace or another ROS_DOMAIN_ID"
        ) from None
    try:
        yield
    finally:
        presence.leave()


def refuse_shared(checkpoint: Path | None) -> None:
    """Make sure that no other process lives a lifetime; later the node itself holds the lock.

    Raises:
        CommandError: one does, and is named.
    """
    holder = lived_by(checkpoint) if checkpoint is not None else ""
    if holder:
        raise CommandError(
            f"checkpoint {checkpoint} is being lived by process {holder}: end that, or name "
            "another file"
        )


def lived_before(checkpoint: Path | None) -> tuple[int, int, int]:
    """Steps, falls and evaluations of the lifetime in a file; none where there is no file yet.

    Raises:
        CheckpointError: the file is no lifetime.
    """
    if checkpoint is None or not checkpoint.exists():
        return 0, 0, 0
    try:
        saved = load(checkpoint)
    except CheckpointError as error:
        raise CheckpointError(f"{error}; --from-scratch lives a new life without it") from None
    evaluations = Evaluations(0)  # reads what is noted as the node will
    evaluations.begin(saved.notes.get("evaluations"))
    return int(saved.state["steps"][0]), int(saved.state["falls"][0]), evaluations.count
