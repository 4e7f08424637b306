"""`dynsyn bench controller`: the whole control step, beside the same equations in plain NumPy.

Timed is `Controller.step` as the node and the trainer call it: observation in, efforts out,
statistics kept and learning done. Kernel and reference take turns, round after round, so that a
machine that is busy for a while slows both; the clock's own time is taken off.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dynsyn_lab.cli.arguments import count
from dynsyn_lab.cli.errors import UsageError

SEED = 1
STEPS, REFERENCE_STEPS = 2000, 100
"""Steps in one round."""
REWARDS = 0.3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `dynsyn bench controller`."""
    parser.add_argument("--preset", default="dynsyn", help="of the learner (dynsyn)")
    parser.add_argument("--rounds", type=count, default=40, help="of each timing (40)")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the result there, too")


def run(args: argparse.Namespace) -> int:
    """Measure, print and write the result. Returns 0.

    Raises:
        UsageError: there is no such preset.
    """
    from dynsyn_controller.core.learners.dynamic_synapse.presets import PRESETS

    if args.preset not in PRESETS:
        raise UsageError(f"--preset: found {args.preset!r}, expected one of {', '.join(PRESETS)}")
    result = measure(args.preset, args.rounds)
    for name, value in result.items():
        print(f"{name:20} {value:,.2f}" if isinstance(value, float) else f"{name:20} {value}")
    if args.json is not None:
        args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 0


def measure(preset: str = "dynsyn", rounds: int = 40) -> dict[str, Any]:
    """The figures of `dynsyn bench controller --json`, for the walker; times in us.

    Args:
        preset: of the learner.
        rounds: of both timings, 1 or more.
    """
    from dynsyn_controller.lifetime.factory import new_controller
    from dynsyn_controller.robot.config_files import config_path
    from dynsyn_controller.robot.robot_file import load_robot
    from dynsyn_lab.bench.reference import WalkerReference

    robot = load_robot(config_path("robots/walker.yaml"))
    controller = new_controller(robot, preset, seed=SEED)
    controller.compile()
    reference = WalkerReference(controller.blueprint, SEED)
    random = np.random.default_rng(SEED)
    observations = list(random.normal(0.0, 0.5, (STEPS, len(robot.observation))))
    rewards = random.normal(0.0, REWARDS, STEPS).tolist()
    own, others = np.zeros((rounds, STEPS)), np.zeros((rounds, REFERENCE_STEPS))
    for number in range(rounds):
        _time(controller.step, observations, rewards, own[number])
        _time(reference.step, observations, rewards, others[number])
    clock = _clock()
    own, others = own - clock, others - clock
    median, other = float(np.median(own)), float(np.median(others))
    return {
        "robot": robot.name,
        "preset": preset,
        "synapses": controller.weight.size,
        "step_us_median": median,
        "step_us_p99": float(np.percentile(own, 99)),
        "oracle_us_median": other,
        "ratio": other / median,
    }


def _clock() -> float:
    """us that looking at the clock twice takes."""
    times = []
    for _ in range(STEPS):
        start = time.perf_counter_ns()
        times.append((time.perf_counter_ns() - start) / 1000.0)
    return float(np.median(times))


def _time(step: Callable, observations: list, rewards: list[float], times: np.ndarray) -> None:
    """Fill `times` with the us of as many steps, each from a buffer as the node's are."""
    observation = np.zeros_like(observations[0])
    for at in range(times.size):
        observation[:], reward = observations[at], rewards[at]
        start = time.perf_counter_ns()
        step(observation, reward)
        times[at] = (time.perf_counter_ns() - start) / 1000.0
