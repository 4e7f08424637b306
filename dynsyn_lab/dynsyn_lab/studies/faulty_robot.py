"""A simulated robot and its controller, as processes to which things are done.

For `random_faults`: kills and standstills, broken messages, second senders, a full disk, and a
system clock that steps.
"""

from __future__ import annotations

import math
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

from dynsyn_controller.launching.nodes import NodeSpec, command
from dynsyn_lab.live.processes import Process
from dynsyn_lab.live.stack import describe
from dynsyn_lab.studies.injector import Injector

SMALL_DISK = 64 * 2**20
"""Bytes; a file system that is larger is not filled."""
LONGEST_WAIT = 120.0
"""s within which the controller must act again after a fault."""
_CLOCK_STEPS = (-3600.0, -5.0, 0.5, 5.0, 3600.0)  # s
_CLOCK_LIBRARY = "faketime/libfaketimeMT.so.1"
_LEFTOVERS = 0.5  # s in which commands from before a kill may still come
_SIM, _CONTROLLER = "sim", "controller"


class Clock:
    """The system clock that a process sees; libfaketime gives each process one of its own.

    Args:
        library: libfaketime.
        file: says how far it is off, s.
    """

    def __init__(self, library: Path, file: Path) -> None:
        self._library, self._file = library, file
        self.set(0.0)

    def set(self, seconds: float) -> None:
        """Have it off by so much from now on (it is read once a second)."""
        self._file.write_text(f"{seconds:+g}\n")

    def prefix(self) -> list[str]:
        """Beginning of the command line of a process that sees it."""
        return [
            "/usr/bin/env",
            f"LD_PRELOAD={self._library}",
            f"FAKETIME_TIMESTAMP_FILE={self._file}",
            "FAKETIME_CACHE_DURATION=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
            "FAKETIME_DISABLE_SHM=1",
        ]


def clock_library() -> Path | None:
    """libfaketime, where it is installed (Debian and Ubuntu: libfaketime)."""
    return next(Path("/usr/lib").glob(f"*/{_CLOCK_LIBRARY}"), None)


class FaultyRobot:
    """A robot, its controller and what is done to them.

    Attributes:
        injector: hears and disturbs their topics.
        checkpoint: the lifetime's file.
        random: decides.

    Args:
        name: registered one.
        checkpoint: the lifetime's file. Its file system is filled up now and then where it is
            smaller than SMALL_DISK.
        logs: folder of logs and parameter files.
        seed: of the faults and of the robot.
        domain: ROS domain.

    Raises:
        ParameterError: no such robot.
    """

    def __init__(self, name: str, checkpoint: Path, logs: Path, seed: int, domain: int) -> None:
        self.checkpoint = checkpoint
        self.random = random.Random(seed)
        stack = describe(robot=name, checkpoint=str(checkpoint), seed=seed)
        self._nodes = {node.name: node for node in stack.nodes}
        robot = stack.spec.robot
        limits = dict(zip(robot.joint_names, robot.command_range.half.tolist(), strict=True))
        self.injector = Injector(domain, limits, self.random)
        self._logs = logs
        library = clock_library()
        self._clocks = {
            name: Clock(library, self._logs / f"clock-{name}") for name in self._nodes if library
        }
        self._running: dict[str, Process] = {}
        self._starts = 0

    def faults(self) -> dict[str, Callable[[], str]]:
        """Every kind of fault: a function that injects it and returns details."""
        kinds: dict[str, Callable[[], str]] = {
            "controller killed": lambda: self._kill(_CONTROLLER),
            "robot killed": lambda: self._kill(_SIM),
            "controller held": lambda: self._hold(_CONTROLLER),
            "robot held": lambda: self._hold(_SIM),
            "not a number": self._not_a_number,
            "outlier": self._outlier,
            "odd stamps": self._odd_stamps,
            "second sender": self._second_sender,
            "second controller": self._second_controller,
        }
        if self._clocks:
            kinds["clock step"] = self._step_clock
        if shutil.disk_usage(self.checkpoint.parent).total <= SMALL_DISK:
            kinds["full disk"] = self._fill_disk
        return kinds

    def start(self) -> None:
        """Start both, and hear what the robot sends.

        Raises:
            TimeoutError: it does not.
        """
        for name in self._nodes:
            self._start(name)
        self.injector.learn_inputs(LONGEST_WAIT)

    def acts_again(self) -> float:
        """s until a command comes that is not neutral; infinite where none does."""
        began = time.monotonic()
        while self.injector.last_acting <= began:
            if time.monotonic() - began > LONGEST_WAIT:
                return math.inf
            self.injector.spin(0.05)
        return time.monotonic() - began

    def crashed(self) -> list[str]:
        """Those that have ended by themselves, and how; they are started again."""
        found = []
        for name, process in list(self._running.items()):
            if process.code is not None:
                found.append(f"{name} {process.ending()}: {' '.join(process.tail(1))}")
                self._start(name)
        return found

    def stop(self) -> int:
        """End both in order; returns the controller's exit code."""
        for name in (_CONTROLLER, _SIM):
            self._running[name].send(signal.SIGINT)
            self._running[name].wait(30.0)
        self.close()
        code = self._running[_CONTROLLER].code
        return 1 if code is None else code

    def close(self) -> None:
        """End what still runs."""
        for process in self._running.values():
            process.send(signal.SIGKILL)
        self.injector.close()

    def _start(self, name: str) -> None:
        self._running[name] = self._process(self._nodes[name], name)

    def _process(self, node: NodeSpec, what: str) -> Process:
        self._starts += 1
        prefix = self._clocks[node.name].prefix() if self._clocks else []
        log = self._logs / f"{self._starts:04d}-{what.replace(' ', '-')}.log"
        return Process(what, [*prefix, *command(node, self._logs)], log)

    def _kill(self, name: str) -> str:
        self._running[name].send(signal.SIGKILL)
        self._running[name].wait(10.0)
        self._start(name)
        self.injector.spin(_LEFTOVERS)
        return "kill -9, and a new start at once"

    def _hold(self, name: str) -> str:
        seconds = self.random.uniform(0.5, 5.0)
        self._running[name].send(signal.SIGSTOP)
        self.injector.spin(seconds)
        self._running[name].send(signal.SIGCONT)
        return f"SIGSTOP for {seconds:.1f} s"

    def _not_a_number(self) -> str:
        value = self.random.choice((math.nan, math.inf, -math.inf))
        return f"{value}, {self._send_number(value, 20)}"

    def _outlier(self) -> str:
        value = self.random.choice((-1, 1)) * 10.0 ** self.random.uniform(2, 300)
        return f"{value:.1e}, {self._send_number(value, 5)}"

    def _send_number(self, value: float, count: int) -> str:
        topic = self.injector.any_input(numeric=True)
        return self.injector.send(topic, count, self.injector.put(value))

    def _odd_stamps(self) -> str:
        return self.injector.send(self.injector.any_input(), 20, self.injector.shift_stamp)

    def _second_sender(self) -> str:
        kinds = (self.injector.stamp_now, lambda message: "old stamp")
        kind = self.random.choice(kinds)
        return f"{self.injector.send(self.injector.any_input(), 50, kind)}, old readings"

    def _second_controller(self) -> str:
        second = self._process(self._nodes[_CONTROLLER], "second controller")
        end = time.monotonic() + LONGEST_WAIT
        while second.code is None and time.monotonic() < end:
            self.injector.spin(0.1)
        if second.code is None:
            second.send(signal.SIGKILL)
            return "NOT refused"
        return f"refused, exit code {second.code}"

    def _step_clock(self) -> str:
        seconds, name = self.random.choice(_CLOCK_STEPS), self.random.choice(sorted(self._clocks))
        self._clocks[name].set(seconds)
        self.injector.spin(5.0)
        self._clocks[name].set(0.0)
        self.injector.spin(2.0)
        return f"that of the {name} by {seconds:+g} s, and back"

    def _fill_disk(self) -> str:
        filler = self.checkpoint.parent / "filler"
        with open(filler, "wb", buffering=0) as file:
            try:
                while file.write(b"\0" * 4096):
                    pass
            except OSError:
                pass
        self.injector.spin(75.0)  # longer than the time between two saves
        filler.unlink()
        return "for 75 s"
