"""The stand-in and its controller unattended, with faults at random; the curve and the events.

    python examples/hardware_stand_in/hour.py OUT --minutes 60

Writes OUT/curve.csv (every 10 s: unix time, s of the body, x in m, pitch in rad), OUT/events.csv
(faults that were made, and what the controller told) and OUT/stand_in.ckpt (the lifetime).
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import rclpy
from rclpy.qos import DurabilityPolicy, QoSProfile
from stand_in import COMMANDS
from std_msgs.msg import String

from dynsyn_msgs.msg import Event

HERE = Path(__file__).resolve().parent
QUIET = 120.0  # s without faults, at the beginning and at the end
MEAN_PAUSE = 60.0  # s between two faults
FAULTS = ("silence 1.5", "nan 1.5", "lost 10 0.2", "delay 5 0.04", "robot", "controller", "kill")
"""As `stand_in/fault` takes them; a restart of the robot; of the controller; and killing that."""


class Hour:
    """Both sides as processes, and what happens to them."""

    def __init__(self, out: Path, seed: int, life_seed: int) -> None:
        self._out, self._random, self._life_seed = out, random.Random(seed), life_seed
        self._node = rclpy.create_node("hour")
        self._fault = self._node.create_publisher(String, "stand_in/fault", 5)
        latched = QoSProfile(depth=50, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._node.create_subscription(Event, "dynsyn/events", self._hear, latched)
        self._events = (out / "events.csv").open("a", newline="")
        self._csv = csv.writer(self._events)
        self._told: set[tuple[int, int, str]] = set()
        self.robot = self._start_robot()
        self.controller = self._start_controller()

    def _start_robot(self) -> subprocess.Popen:
        command = [sys.executable, str(HERE / "stand_in.py"), "--curve", self._out / "curve.csv"]
        return self._start(command, "robot.log")

    def _start_controller(self) -> subprocess.Popen:
        dynsyn = Path(sys.executable).with_name("dynsyn")
        command = [dynsyn, "run", HERE / "stand_in.yaml", "--headless", "--armed-at-start"]
        command += ["--checkpoint", self._out / "stand_in.ckpt", "--seed", self._life_seed]
        command += ["--reward-source", "computed"]
        return self._start([*command, "--effort-topic", COMMANDS], "controller.log")

    def _start(self, command: list, log: str) -> subprocess.Popen:
        with (self._out / log).open("a") as output:
            return subprocess.Popen(
                list(map(str, command)), stdout=output, stderr=output, start_new_session=True
            )

    def run(self, seconds: float) -> None:
        """Let them live, and make faults."""
        start = time.monotonic()
        end = start + seconds
        following = start + QUIET
        while (now := time.monotonic()) < end:
            rclpy.spin_once(self._node, timeout_sec=0.2)
            if self.controller.poll() is not None:  # it must not end by itself
                self._note("controller ended by itself", f"code {self.controller.returncode}")
                self.controller = self._start_controller()
            if following <= now < end - QUIET:
                self._make(self._random.choice(FAULTS))
                following = now + self._random.expovariate(1.0 / MEAN_PAUSE)

    def close(self) -> None:
        """End both."""
        for process in (self.controller, self.robot):
            process.send_signal(signal.SIGINT)
            process.wait(60)
        self._events.close()

    def _make(self, fault: str) -> None:
        self._note("fault", fault)
        if fault == "robot":
            self.robot.kill()
            self.robot.wait()
            self.robot = self._start_robot()
        elif fault == "controller":
            self.controller.send_signal(signal.SIGINT)
            self.controller.wait(60)
            self.controller = self._start_controller()
        elif fault == "kill":
            os.killpg(self.controller.pid, signal.SIGKILL)
            self.controller.wait()
            self.controller = self._start_controller()
        else:
            self._fault.publish(String(data=fault))

    def _hear(self, event: Event) -> None:
        key = event.header.stamp.sec, event.header.stamp.nanosec, event.name
        if key not in self._told:  # a latched topic tells who reconnects again
            self._told.add(key)
            self._note(event.name, event.text if event.active else f"ended: {event.text}")

    def _note(self, what: str, text: str) -> None:
        self._csv.writerow([f"{time.time():.1f}", what, text])
        self._events.flush()


def main() -> int:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the files")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1, help="of the faults")
    parser.add_argument("--life-seed", type=int, default=0, help="of the new-born lifetime")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    rclpy.init()
    hour = Hour(args.out, args.seed, args.life_seed)
    try:
        hour.run(60.0 * args.minutes)
    finally:
        hour.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
