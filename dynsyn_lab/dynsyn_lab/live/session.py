"""One run of a stack: starts its processes, follows them and the controller until the end."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from ament_index_python.packages import PackageNotFoundError, get_package_prefix

from dynsyn_lab.cli.errors import CommandError
from dynsyn_lab.cli.interrupts import Interrupts
from dynsyn_lab.live.display import Display
from dynsyn_lab.live.processes import Group, Process
from dynsyn_lab.live.runs import write_parameters
from dynsyn_lab.live.stack import NodeSpec, Stack
from dynsyn_lab.live.summary import Record
from dynsyn_lab.live.telemetry import duration, state
from dynsyn_lab.live.watcher import Watcher

POLL = 0.1
"""s between looks at processes and keyboard."""
START_LIMIT = 120.0
"""s within which the first control step must have been lived."""
TAIL = 12
LONGEST = 300
"""Lines, and characters of each, that are shown of the output of a process that failed."""


class Session:
    """Processes, watcher and record of one run.

    Args:
        stack: what runs.
        group: its processes, started.
        watcher: of its controller.
        record: for the summary.
        interrupts: what ends it from outside.
        duration: s to run from the first control step on; may be infinite.
    """

    def __init__(
        self,
        stack: Stack,
        group: Group,
        watcher: Watcher,
        record: Record,
        interrupts: Interrupts,
        duration: float,
    ) -> None:
        self.stack = stack
        self.group = group
        self.watcher = watcher
        self.record = record
        self.interrupts = interrupts
        self.duration = duration
        self._continued = stack.checkpoint is not None and stack.checkpoint.exists()
        self._announced = False

    def live(self, display: Display) -> str:
        """Follow the run until its end, which may be asked for by a signal, a key or its duration.

        Returns:
            What went wrong; empty where nothing did.
        """
        started = time.monotonic()
        while not self.interrupts.requested:
            self.watcher.poll(POLL)
            for process in self.group.processes:
                for warning in process.warnings():
                    display.note(warning)
            ended = self.group.ended()
            if ended is not None:
                return complaint(ended)
            self._announce(display)
            keys = display.update(self.watcher.telemetry)
            if "q" in keys:
                break
            self.watcher.obey(keys)
            if self.watcher.answer:
                display.note(self.watcher.answer)
                self.watcher.answer = ""
            now = time.monotonic()
            if self.record.started is None:
                if now - started > START_LIMIT:
                    return self._never_started()
            elif now - self.record.started >= self.duration:
                break
        return ""

    def failure(self) -> str:
        """What went wrong while the processes were ended; empty where nothing did."""
        failed = self.group.failed()
        return complaint(failed) if failed else ""

    def _announce(self, display: Display) -> None:
        """Say once whose life this is."""
        status = self.watcher.telemetry.status
        if self._announced or status is None:
            return
        self._announced = True
        place = str(self.stack.checkpoint) if self.stack.checkpoint else "kept in memory only"
        if self._continued:
            lived = f"{duration(status.hours_lived)}, {status.steps:,} steps"
            display.note(f"continues a lifetime of {lived} ({place})")
        else:
            display.note(f"a new-born lifetime ({place})")

    def _never_started(self) -> str:
        status = self.watcher.telemetry.status
        doing = "it reported nothing" if status is None else f"it is {state(status)}"
        logs = self.group.processes[0].log.parent
        return f"no control step within {START_LIMIT:.0f} s: {doing}; logs are in {logs}"


def complaint(process: Process) -> str:
    """How a process ended, with the last lines of its output."""
    lines = "".join(f"\n    {line[:LONGEST]}" for line in process.tail(TAIL))
    return f"{process.name} {process.ending()}; its output, from {process.log}:{lines}"


def commands(stack: Stack, folder: Path, composed: bool) -> list[tuple[str, list[str]]]:
    """Name and command line of every process; the nodes' parameter files are written to `folder`.

    Raises:
        CommandError: a node's package or executable is not installed.
    """
    files = [write_parameters(node, stack.namespace, folder) for node in stack.nodes]
    if composed:
        # The nodes' own names tell the two apart in the parameter files.
        program = [sys.executable, "-m", "dynsyn_lab.live.composed"]
        return [("composed", [*program, *ros_arguments(stack.namespace, *files)])]
    return [
        (node.name, [executable(node), *ros_arguments(stack.namespace, file, node=node.name)])
        for node, file in zip(stack.nodes, files, strict=True)
    ]


def ros_arguments(namespace: str, *files: Path, node: str = "") -> list[str]:
    """The ROS part of a command line: namespace, parameter files, name of the node if it is one."""
    arguments = ["--ros-args", "-r", f"__ns:={namespace}"]
    if node:
        arguments += ["-r", f"__node:={node}"]
    for file in files:
        arguments += ["--params-file", str(file)]
    return arguments


def executable(node: NodeSpec) -> str:
    """Path of a node's program, found as `ros2 run` finds it.

    Raises:
        CommandError: its package or the program is not installed.
    """
    try:
        path = Path(get_package_prefix(node.package), "lib", node.package, node.executable)
    except PackageNotFoundError:
        raise CommandError(f"package {node.package} is not installed: run make setup") from None
    if not path.is_file():
        raise CommandError(f"{path} is missing: run make setup")
    return str(path)
