"""One run of nodes: starts their processes, follows them and the controller until the end."""

from __future__ import annotations

import math
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dynsyn_controller.launching import nodes as starting
from dynsyn_controller.launching.nodes import NodeSpec
from dynsyn_lab.errors import CommandError
from dynsyn_lab.interrupts import Interrupts
from dynsyn_lab.live.calls import Call
from dynsyn_lab.live.client import ControllerClient
from dynsyn_lab.live.display import Display, make_display
from dynsyn_lab.live.job_control import JobControl
from dynsyn_lab.live.processes import Group, Process
from dynsyn_lab.live.summary import SummaryCollector
from dynsyn_lab.live.telemetry import duration, state

POLL = 0.1
"""s between looks at processes and keyboard."""
DISCOVERY = 1.0
"""s within which others on the network are mostly seen; nodes themselves tell of later ones."""
TAIL = 12
LONGEST = 300
"""Lines, and characters of each, that are shown of the output of a process that failed."""


@dataclass(frozen=True)
class Run:
    """What is to be run, and how.

    Attributes:
        nodes: what to start, in this order; the controller is among them.
        checkpoint: the lifetime's file; None: it is lived in memory only.
        copied: the file is new, a copy of the shipped lifetime.
        duration: s to run from the first control step on; may be infinite.
        headless: plain lines, even on a terminal.
        halt: makes the robot stand still, while this process is stopped by a Ctrl-Z.
        go_on: lets it go on; None: that is left to the user.
        composed: all nodes in one process.
        start_limit: s within which the first control step must have been lived; may be infinite.
    """

    nodes: tuple[NodeSpec, ...]
    checkpoint: Path | None
    duration: float
    headless: bool
    halt: Call
    go_on: Call | None = None
    composed: bool = False
    start_limit: float = math.inf
    copied: bool = False


class Session:
    """Processes, client and summary of one run.

    Args:
        run: what runs.
        group: its processes, started.
        client: of its controller.
        summary: of it.
        interrupts: what ends it from outside.
    """

    def __init__(
        self,
        run: Run,
        group: Group,
        client: ControllerClient,
        summary: SummaryCollector,
        interrupts: Interrupts,
    ) -> None:
        self.run = run
        self.group = group
        self.client = client
        self.summary = summary
        self.interrupts = interrupts
        self._continued = run.checkpoint is not None and run.checkpoint.exists()
        self._announced = False

    def live(self, display: Display, jobs: JobControl) -> str:
        """Follow the run until its end, which may be asked for by a signal, a key or its duration.

        Returns:
            What went wrong; empty where nothing did.
        """
        started = time.monotonic()
        while not self.interrupts.requested:
            jobs.obey()
            self.client.poll(POLL)
            for process in self.group.processes:
                for warning in process.warnings():
                    display.note(warning)
            ended = self.group.ended()
            if ended is not None:
                return complaint(ended)
            self._announce(display)
            if "q" in attend(self.client, display):
                break
            now = time.monotonic()
            if self.summary.started is None:
                if now - started > self.run.start_limit:
                    return self._never_started()
            elif now - self.summary.started >= self.run.duration:
                break
        return ""

    def failure(self) -> str:
        """What went wrong while the processes were ended; empty where nothing did.

        One that had to be killed before it had lived a step had nothing to save.
        """
        failed = self.group.failed()
        if failed is None or (failed.code == -signal.SIGKILL and self.summary.started is None):
            return ""
        return complaint(failed)

    def _announce(self, display: Display) -> None:
        """Say once whose life this is."""
        status = self.client.telemetry.status
        if self._announced or status is None:
            return
        self._announced = True
        place = str(self.run.checkpoint) if self.run.checkpoint else "kept in memory only"
        if self._continued:
            lived = f"{duration(status.hours_lived)}, {status.steps:,} steps"
            begun = "begins as a copy of the shipped" if self.run.copied else "continues a"
            display.note(f"{begun} lifetime of {lived} ({place})")
        else:
            display.note(f"a new-born lifetime ({place})")

    def _never_started(self) -> str:
        status = self.client.telemetry.status
        doing = "it reported nothing" if status is None else f"it is {state(status)}"
        logs = self.group.processes[0].log.parent
        limit = self.run.start_limit
        return f"no control step within {limit:.0f} s: {doing}; logs are in {logs}"


def attend(client: ControllerClient, display: Display) -> str:
    """Show what is known, do what the keys pressed ask for, and show the answers; returns keys."""
    keys = display.update(client.telemetry)
    client.obey(keys)
    answer = client.take_answer()
    if answer:
        display.note(answer)
    return keys


def live(
    run: Run,
    folder: Path,
    client: ControllerClient,
    summary: SummaryCollector,
    interrupts: Interrupts,
) -> None:
    """Start the nodes, follow them until the end, and end them.

    Args:
        run: what runs.
        folder: for logs and parameter files.
        client: of its controller.
        summary: is filled.
        interrupts: what ends the run from outside.

    Raises:
        CommandError: a node ended by itself or badly.
        MissingProgram: a node's package is not installed.
        OSError: a file cannot be written.
    """
    client.follow(summary.add_status, summary.add_weights)
    if not run.headless:
        client.see_activity()
    display = make_display(run.headless)

    def halt() -> bool:
        return client.ask(run.halt) is not None and display.release()

    def go_on() -> None:
        if run.go_on is not None:
            client.ask(run.go_on)
        else:
            display.note("the robot was disarmed when this was stopped")

    with Group() as group:
        with display, JobControl(halt, go_on) as jobs:
            for name, command in commands(run, folder):
                group.start(name, command, folder / f"{name}.log", deferring=True)
            session = Session(run, group, client, summary, interrupts)
            failure = session.live(display, jobs)
            group.stop(meanwhile=lambda: client.poll(0.01))
        client.poll(0.2)  # the last reports
        failure = failure or session.failure()
    if failure:
        raise CommandError(failure)


CONTROLLERS = ("joint_command", "dynsyn/status")
"""Topics that a controller sends."""
ROBOTS = ("joint_states", "reward")
"""Topics that a robot sends."""


def refuse_company(client: ControllerClient, since: float, topics: Sequence[str]) -> None:
    """Make sure that nobody sends on topics of the client's namespace.

    Two controllers or robots would hear each other: falls, doubled rewards, two lives in one body.

    Args:
        client: on the graph since `since`, s of the steady clock; who is there is mostly seen
            within DISCOVERY seconds of it.
        since: see there.
        topics: names, relative to the namespace.

    Raises:
        CommandError: there is one; the message names its node.
    """
    while True:
        names, nameless = client.senders(*topics)
        left = since + DISCOVERY - time.monotonic()
        if names or (nameless and left <= 0):  # its name comes a little later than it does
            raise CommandError(
                f"{', '.join(names) or 'another node'} already is on these topics: end it, or "
                "choose another namespace or another ROS_DOMAIN_ID"
            )
        if left <= 0:
            return
        client.poll(min(left, POLL))


def complaint(process: Process) -> str:
    """How a process ended, with the last lines of its output."""
    lines = "".join(f"\n    {line[:LONGEST]}" for line in process.tail(TAIL))
    return f"{process.name} {process.ending()}; its output, from {process.log}:{lines}"


def commands(run: Run, folder: Path) -> Sequence[tuple[str, list[str]]]:
    """Name and command line of every process; the nodes' parameter files are written to `folder`.

    Raises:
        MissingProgram: a node's package or executable is not installed.
        OSError: a file cannot be written.
    """
    if not run.composed:
        return [(node.name, starting.command(node, folder)) for node in run.nodes]
    arguments = [sys.executable, "-m", "dynsyn_lab.live.composed"]
    for node in run.nodes:
        # The nodes' own names tell the two apart in the parameter files.
        arguments += starting.ros_arguments(node, folder, named=False)
    return [("composed", arguments)]
