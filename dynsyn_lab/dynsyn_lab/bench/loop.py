"""`dynsyn bench loop`: the controller node over DDS, beside a node that only relays.

Two processes: this one publishes all that the walker senses at the control rate and times the
commands that come back; the other is the real controller node in real time, learning, and after it
a bare relay. The latency is from the first message of an observation being published to the command
for it being received here. The controller acts at its own deadlines, so that its latency holds the
wait for them; the relay answers at once.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
import yaml
from rclpy.signals import SignalHandlerOptions

from dynsyn_controller.launching.nodes import program
from dynsyn_controller.node.middleware import keep_to_this_machine
from dynsyn_controller.node.ros_process import create_executor
from dynsyn_controller.robot.config_files import config_path
from dynsyn_controller.robot.robot import Robot
from dynsyn_controller.robot.robot_file import load_robot
from dynsyn_lab.bench.peer import Peer
from dynsyn_lab.errors import CommandError
from dynsyn_lab.live.processes import Group
from dynsyn_lab.live.session import complaint

WARM_UP = 2.0
"""s before figures are taken: the controller finds the phase of its robot."""


def measure_rates(rates: Sequence[float], seconds: float) -> Iterator[dict[str, Any]]:
    """The figures of `dynsyn bench loop --json`, one rate (Hz) after the other; see `measure`."""
    keep_to_this_machine()
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    try:
        for rate in rates:
            yield measure(rate, seconds)
    finally:
        rclpy.try_shutdown()


def measure(rate: float, seconds: float) -> dict[str, Any]:
    """The figures of `dynsyn bench loop --json` for one rate.

    Args:
        rate: control rate, Hz.
        seconds: of each of the two timings.

    Raises:
        CommandError: a process ended, or does not answer.
    """
    with tempfile.TemporaryDirectory(prefix="dynsyn-bench-") as folder:
        file = Path(folder, "robot.yaml")
        walker = load_robot(config_path("robots/walker.yaml"))
        described = yaml.safe_load(walker.source)
        # the rule's own time step stays what it is at 50 Hz
        described |= {"control_rate": rate, "time_scale": walker.dt * rate / 1000.0}
        file.write_text(yaml.safe_dump(described), encoding="utf-8")
        robot = load_robot(file)
        namespace = f"/bench_{os.getpid()}"
        controller = [
            *(_program("controller_node"), "--ros-args", "-r", f"__ns:={namespace}"),
            *("-p", f"robot_file:={file}"),
        ]
        relay = [sys.executable, "-m", "dynsyn_lab.bench.relay", str(file)]
        relay += ["--ros-args", "-r", f"__ns:={namespace}"]
        figures = _time("controller", controller, robot, namespace, seconds, Path(folder))
        limit = _time("relay", relay, robot, namespace, seconds, Path(folder))
    executor = create_executor()
    name = type(executor).__name__
    executor.shutdown()
    return {
        "rate_hz": rate,
        "executor": name,
        **figures,
        "relay_us_median": limit["latency_us_median"],
        "relay_us_p99": limit["latency_us_p99"],
    }


def _program(name: str) -> str:
    return program("dynsyn_controller", name)


def _time(
    name: str, command: list[str], robot: Robot, namespace: str, seconds: float, folder: Path
) -> dict[str, Any]:
    """Start the other process, live with it, and end it; returns its figures."""
    peer = Peer(robot, namespace)
    try:
        with Group() as group:
            group.start(name, command, folder / f"{name}.log")

            def alive() -> None:
                ended = group.ended()
                if ended is not None:
                    raise CommandError(complaint(ended))

            peer.wait_for_answer(alive)
            peer.live(WARM_UP)
            overruns = peer.overruns
            peer.live(seconds)
            alive()
            result = figures(peer.sent, peer.heard, robot.control_rate, seconds)
            return {**result, "overruns": peer.overruns - overruns}
    finally:
        peer.close()


def figures(
    sent: dict[int, int], heard: list[tuple[int, int]], rate: float, seconds: float
) -> dict[str, float]:
    """What the times say.

    Args:
        sent: stamp of each observation -> when it was published, ns.
        heard: stamp of the observation answered and time of arrival, ns, of each command.
        rate: Hz.
        seconds: lived.

    Returns:
        achieved_hz: commands a second.
        latency_us_median, latency_us_p99: from an observation to the first command for it.
        missed_fraction: of the control periods, without a command.
        unanswered_fraction: of the observations, overtaken by the next before a tick.
        jitter_us_median, jitter_us_p99: |time between two commands - period|.

    Raises:
        CommandError: no command was for any of the observations.
    """
    first: dict[int, int] = {}
    for stamp, arrival in heard:
        if stamp in sent:
            first.setdefault(stamp, arrival - sent[stamp])
    if len(first) < 2:
        raise CommandError("no command answered any observation")
    arrivals = np.array([arrival for _, arrival in heard]) / 1000.0
    between = np.diff(arrivals)
    jitter = np.abs(between - 1e6 / rate)
    latency = np.array(list(first.values())) / 1000.0
    return {
        "achieved_hz": 1e6 / float(np.mean(between)),
        **_spread("latency_us", latency),
        "missed_fraction": max(0.0, 1.0 - len(heard) / (rate * seconds)),
        "unanswered_fraction": max(0.0, 1.0 - len(first) / len(sent)),
        **_spread("jitter_us", jitter),
    }


def _spread(name: str, values: np.ndarray) -> dict[str, float]:
    median, high = np.percentile(values, (50.0, 99.0))
    return {f"{name}_median": float(median), f"{name}_p99": float(high)}
