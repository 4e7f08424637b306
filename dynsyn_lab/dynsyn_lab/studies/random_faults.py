"""Random faults on a running robot: python -m dynsyn_lab.studies.random_faults walker --minutes 60

Two real processes, the simulated robot and the controller node, run in real time in a ROS domain of
their own while faults come at random times: either side is killed or stands still, numbers that are
NaN or far too large, stamps an hour off, second senders, a full disk. Watched are all commands.
Afterwards the lifetime is evaluated beside what it was.

Writes OUT/ROBOT-events.csv (second, fault, detail, s until the controller acted again) and
OUT/ROBOT-summary.json. "Full disk" fills the file system of --checkpoints, and is left out where
that is larger than 64 MB: give a small one of its own (mount -t tmpfs -o size=8m tmpfs DIR).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dynsyn_controller.robot.config_files import config_path, shipped_checkpoint
from dynsyn_controller.robot.robot_file import load_robot
from dynsyn_lab.live.processes import Process
from dynsyn_lab.live.runs import write_parameters
from dynsyn_lab.live.session import executable
from dynsyn_lab.live.stack import NodeSpec, describe
from dynsyn_lab.studies.injector import Injector
from dynsyn_sim_bridge.robots.registry import entry

SMALL_DISK = 64 * 2**20
LONGEST_WAIT = 60.0
"""s within which the controller must act again after a fault."""
DOMAIN = 77


@dataclass
class Trial:
    """One robot, its controller and what is done to them.

    Args:
        robot: registered name.
        folder: of logs and parameter files.
        checkpoint: the lifetime's file.
        seed: of the faults and of the robot.
    """

    robot: str
    folder: Path
    checkpoint: Path
    seed: int
    random: random.Random = field(init=False)
    nodes: dict[str, NodeSpec] = field(init=False)
    running: dict[str, Process] = field(default_factory=dict)
    starts: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        stack = describe(robot=self.robot, checkpoint=str(self.checkpoint), seed=self.seed)
        self.nodes = {node.name: node for node in stack.nodes}
        robot = load_robot(config_path(entry(self.robot).robot_file))
        limits = {joint.name: joint.effort_limit for joint in robot.joints}
        self.injector = Injector(DOMAIN, limits, self.random)

    def start(self, name: str) -> None:
        """Start the node `name`, after its end."""
        node = self.nodes[name]
        parameters = write_parameters(node, "/", self.folder)
        self.starts += 1
        command = [executable(node), "--ros-args", "-r", f"__node:={node.name}"]
        command += ["--params-file", str(parameters)]
        log = self.folder / f"{name}-{self.starts}.log"
        self.running[name] = Process(name, command, log)

    def kill(self, name: str) -> str:
        """kill -9, and a new start at once."""
        self.running[name].send(signal.SIGKILL)
        self.running[name].wait(10.0)
        self.start(name)
        return f"kill -9 {name}"

    def hold(self, name: str) -> str:
        """The process stands still for up to 5 s: silence."""
        seconds = self.random.uniform(0.5, 5.0)
        self.running[name].send(signal.SIGSTOP)
        self.injector.spin(seconds)
        self.running[name].send(signal.SIGCONT)
        return f"{name} stood still for {seconds:.1f} s"

    def not_a_number(self) -> str:
        """NaN or an infinity in place of a number of any input."""
        value = self.random.choice((float("nan"), float("inf"), float("-inf")))
        topic = self.injector.any_topic()
        return f"{value}: " + self.injector.send(topic, 20, self.injector.spoil_number(value))

    def outlier(self) -> str:
        """A number of 1e2 to 1e300 in place of one of any input."""
        value = self.random.choice((-1, 1)) * 10.0 ** self.random.uniform(2, 300)
        topic = self.injector.any_topic()
        return f"{value:.1e}: " + self.injector.send(topic, 5, self.injector.spoil_number(value))

    def odd_stamps(self) -> str:
        """Stamps an hour off."""
        return self.injector.send(self.injector.any_topic(), 20, self.injector.shift_stamp)

    def second_sender(self) -> str:
        """Old readings, or a reward, of a second sender for a second."""
        return self.injector.send(self.injector.any_topic(), 50, lambda message: None)

    def second_controller(self) -> str:
        """Another controller wants the same lifetime: it must be refused."""
        node = self.nodes["controller"]
        parameters = write_parameters(node, "/", self.folder)
        command = [executable(node), "--ros-args", "-r", f"__node:={node.name}"]
        second = Process(
            "second",
            [*command, "--params-file", str(parameters)],
            self.folder / f"second-{self.starts}.log",
        )
        end = time.monotonic() + 60.0
        while second.code is None and time.monotonic() < end:
            self.injector.spin(0.1)
        if second.code is None:
            second.send(signal.SIGKILL)
            return "a second controller with the same lifetime was NOT refused"
        return f"a second controller ended with {second.code}: {second.tail(1)}"

    def full_disk(self) -> str:
        """No room for a checkpoint for 10 s."""
        filler = self.checkpoint.parent / "filler"
        with open(filler, "wb") as file:
            try:
                while True:
                    file.write(b"\0" * 65536)
                    file.flush()
            except OSError:
                pass
        self.injector.spin(10.0)
        filler.unlink()
        return "the disk was full for 10 s"

    def kinds(self) -> list[tuple[str, Callable[[], str]]]:
        """The faults, by name."""
        kinds: list[tuple[str, Callable[[], str]]] = [
            ("controller killed", lambda: self.kill("controller")),
            ("robot killed", lambda: self.kill("sim")),
            ("controller held", lambda: self.hold("controller")),
            ("robot held", lambda: self.hold("sim")),
            ("not a number", self.not_a_number),
            ("outlier", self.outlier),
            ("odd stamps", self.odd_stamps),
            ("second sender", self.second_sender),
            ("second controller", self.second_controller),
        ]
        if shutil.disk_usage(self.checkpoint.parent).total <= SMALL_DISK:
            kinds.append(("full disk", self.full_disk))
        return kinds

    def acts_again(self) -> float:
        """s until a command that is not neutral comes; infinite where none does."""
        began = time.monotonic()
        while self.injector.last_acting <= began:
            if time.monotonic() - began > LONGEST_WAIT:
                return float("inf")
            self.injector.spin(0.05)
            self.injector.listen()
        return time.monotonic() - began

    def stop(self) -> int:
        """End both in an orderly way; returns the controller's exit code."""
        for name in ("controller", "sim"):
            self.running[name].send(signal.SIGINT)
            self.running[name].wait(30.0)
        self.injector.close()
        return self.running["controller"].code or 0


def frozen_return(checkpoint: Path, episodes: int, seed: int) -> float:
    """Mean return of a lifetime with learning off.

    Raises:
        CalledProcessError: the evaluation failed.
    """
    result = checkpoint.with_suffix(".json")
    program = "import sys; from dynsyn_lab.cli.main import main; sys.exit(main())"
    words = ["eval", str(checkpoint), "--frozen", "--episodes", str(episodes), "--seed", str(seed)]
    command = [sys.executable, "-c", program, *words, "--json", str(result)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return float(json.loads(result.read_text())["mean"])


def run(args: argparse.Namespace) -> int:
    """Do it; exit code 0 where nothing crashed and no effort was out of its limits."""
    args.out.mkdir(parents=True, exist_ok=True)
    args.checkpoints.mkdir(parents=True, exist_ok=True)
    folder = args.checkpoints.parent / f"{args.robot}-logs"
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.update(ROS_DOMAIN_ID=str(DOMAIN), ROS_AUTOMATIC_DISCOVERY_RANGE="LOCALHOST")
    checkpoint = args.checkpoints / f"{args.robot}.ckpt"
    origin = args.lifetime or shipped_checkpoint(args.robot)
    if origin is None:
        print(f"random_faults: error: no lifetime of {args.robot} is shipped; give --lifetime")
        return 2
    before = folder / "before.ckpt"
    shutil.copyfile(origin, before)
    shutil.copyfile(origin, checkpoint)
    trial = Trial(args.robot, folder, checkpoint, args.seed)
    for name in ("sim", "controller"):
        trial.start(name)
    first = trial.acts_again()
    rows = [[0.0, "start", "", round(first, 2)]]
    began = time.monotonic()
    with open(args.out / f"{args.robot}-events.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["second", "fault", "detail", "acts_again_after_s"])
        writer.writerows(rows)
        while time.monotonic() - began < 60.0 * args.minutes:
            trial.injector.spin(trial.random.expovariate(1.0 / args.pause))
            name, inject = trial.random.choice(trial.kinds())
            second = round(time.monotonic() - began, 1)
            rows.append([second, name, inject(), round(trial.acts_again(), 2)])
            writer.writerow(rows[-1])
            file.flush()
            for node, process in trial.running.items():
                if process.code is not None:
                    rows.append([second, "CRASH", f"{node} {process.ending()}", 0.0])
                    writer.writerow(rows[-1])
                    trial.start(node)
    injector = trial.injector
    code = trial.stop()
    after = folder / "after.ckpt"
    shutil.copyfile(checkpoint, after)
    summary = {
        "robot": args.robot,
        "minutes": args.minutes,
        "seed": args.seed,
        "faults": len(rows) - 1,
        "crashes": sum(row[1] == "CRASH" for row in rows),
        "never_acted_again": sum(row[3] == float("inf") for row in rows),
        "commands": injector.commands,
        "efforts_not_finite": injector.not_finite,
        "largest_effort_over_limit": injector.largest,
        "exit_code": code,
        "frozen_before": frozen_return(before, args.episodes, args.seed + 1),
        "frozen_after": frozen_return(after, args.episodes, args.seed + 1),
    }
    (args.out / f"{args.robot}-summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    print(json.dumps(summary, indent=2))
    good = not (summary["crashes"] or summary["never_acted_again"] or injector.not_finite)
    return 0 if good and injector.largest <= 1.0 and code == 0 else 1


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("robot", choices=("walker", "swimmer"))
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--pause", type=float, default=10.0, help="mean s between faults (10)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--episodes", type=int, default=100, help="of each evaluation (100)")
    parser.add_argument("--lifetime", type=Path, help="begin with a copy of it, not the shipped")
    parser.add_argument("--checkpoints", type=Path, default=Path("runs/faults/checkpoints"))
    parser.add_argument("--out", type=Path, default=Path("results/faults"))
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
