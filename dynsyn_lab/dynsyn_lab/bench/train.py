"""`dynsyn bench train`: how much of the environment's own speed is left while lifetimes learn.

The environments are stepped again with the efforts that the lifetimes gave, so that they go the
same way, falls and all, with no controller. Both are timed in turns, round after round, and the
medians over the rounds are reported: a busy machine slows both alike.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynsyn_lab.cli.arguments import count

if TYPE_CHECKING:
    import numpy as np

    from dynsyn_lab.training.population import Flock

SEED = 2
PRESET = "dynsyn"
NEVER = 2**62
SINGLE_STEPS, BATCH_TICKS = 200, 30
"""Control steps, or ticks of the batch, in one round: short, so that most are undisturbed."""
SWIMMER = "swimmer"
GYMNASIUM = {"walker": "BipedalWalker-v3", "walker_hardcore": "BipedalWalkerHardcore-v3"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `dynsyn bench train`."""
    parser.add_argument("--robot", default="walker", choices=(*GYMNASIUM, SWIMMER))
    parser.add_argument("--lifetimes", type=count, default=64, help="in the batch (64)")
    parser.add_argument("--rounds", type=count, default=100, help="of each timing (100)")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the result there, too")


def run(args: argparse.Namespace) -> int:
    """Measure, print and write the result. Returns 0."""
    result = measure(args.robot, args.lifetimes, args.rounds)
    for name, value in result.items():
        print(f"{name:32} {value:,.3f}" if isinstance(value, float) else f"{name:32} {value}")
    if args.json is not None:
        args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 0


def measure(robot: str = "walker", lifetimes: int = 64, rounds: int = 100) -> dict[str, Any]:
    """All figures, by the keys of `dynsyn bench train --json`; rates are control steps a second.

    Args:
        robot: a walker, or the swimmer, of which there are only the figures of one lifetime.
        lifetimes: in the batch, whose figures are None where envpool is not installed.
        rounds: of each timing.
    """
    single = {"robot": robot, **measure_single(robot, rounds)}
    if robot == SWIMMER:
        return single
    return single | {
        "batch_lifetimes": lifetimes,
        **measure_batch(robot, lifetimes, rounds),
    }


def measure_single(name: str, rounds: int) -> dict[str, float]:
    """One lifetime on gymnasium, gymnasium's environment alone, and with plain NumPy."""
    from dynsyn_lab.training.backends.in_process import Life
    from dynsyn_sim_bridge.robots.registry import entry

    create = entry(name).create
    recorder = _Recorder(create())
    recorded = Life(_flock(name, 1), 0, recorder, _ignore, _ignore)
    recorded.until = NEVER
    recorded.live((rounds + 1) * SINGLE_STEPS)

    life = Life(_flock(name, 1), 0, create(), _ignore, _ignore)
    life.until = NEVER
    replay = _replay(name, recorder.steps)
    calls = [lambda: replay.go(SINGLE_STEPS), lambda: life.live(SINGLE_STEPS)]
    if name != SWIMMER:  # whose network has no plain transcription here
        plain = _NumpyLoop(name)
        calls.append(lambda: plain.go(SINGLE_STEPS))
    alone, learning, *others = _alternate(rounds, *calls)
    figures = {
        "env_steps_per_s": SINGLE_STEPS / statistics.median(alone),
        "single_steps_per_s": SINGLE_STEPS / statistics.median(learning),
        "single_fraction": _fraction(alone, learning),
    }
    if not others:
        return figures
    plainly = others[0]
    return figures | {
        "numpy_loop_steps_per_s": SINGLE_STEPS / statistics.median(plainly),
        "single_to_numpy_loop": _fraction(plainly, learning),
    }


def _replay(name: str, steps: list[tuple[list[float], float, bool]]) -> Any:
    if name != SWIMMER:
        return Replay(name, SEED, steps)
    from dynsyn_lab.bench import swimmer as bench_swimmer

    return bench_swimmer.Replay(SEED, steps)


class _Recorder:
    """A body that notes what it was asked to do and what came of it."""

    def __init__(self, body: Any) -> None:
        self._body = body
        self.layout, self.sense, self.reset = body.layout, body.sense, body.reset
        self.steps: list[tuple[list[float], float, bool]] = []

    @property
    def generator(self) -> np.random.Generator:
        return self._body.generator

    def step(self, effort: np.ndarray) -> Any:
        outcome = self._body.step(effort)
        self.steps.append((effort.tolist(), outcome.reward, outcome.terminal))
        return outcome


class Replay:
    """gymnasium's environment itself, stepped with efforts that are known beforehand.

    Args:
        name: a walker.
        seed: of the courses.
        steps: effort (N m), reward and terminal of each control step.
    """

    def __init__(self, name: str, seed: int, steps: list[tuple[list[float], float, bool]]) -> None:
        import gymnasium

        from dynsyn_sim_bridge.robots.bipedal_walker import EFFORT_LIMIT

        self._environment = gymnasium.make(GYMNASIUM[name], disable_env_checker=True).unwrapped
        self._actions = [[value / EFFORT_LIMIT for value in effort] for effort, _, _ in steps]
        self._rewards = [reward for _, reward, _ in steps]
        self._ends = [terminal for _, _, terminal in steps]
        self._at = 0
        self._reset(seed)

    def _reset(self, seed: int | None = None) -> None:
        import Box2D

        # A fresh world each time, as the robot has it: a used one goes another way.
        self._environment.world, self._environment.terrain = Box2D.b2World(), []
        self._environment.reset(seed=seed)

    def go(self, steps: int) -> None:
        """The next `steps` control steps.

        Raises:
            RuntimeError: the environment went another way than it did when it was recorded.
        """
        step, actions, ends, at = self._environment.step, self._actions, self._ends, self._at
        total = 0.0
        for i in range(at, at + steps):
            _, reward, _, _, _ = step(actions[i])
            total += reward
            if ends[i]:
                self._reset()
        self._at += steps
        if total != sum(self._rewards[at : at + steps]):
            raise RuntimeError("the environment went another way without its controller")


def measure_batch(name: str, lifetimes: int, rounds: int) -> dict[str, float | None]:
    """Many lifetimes on envpool, and envpool alone, both on all cores."""
    import numpy as np

    from dynsyn_lab.training.backends.registry import has_envpool

    names = ("batch_env_steps_per_s", "batch_steps_per_s", "batch_fraction", "memory_per_lifetime")
    if not has_envpool():
        return dict.fromkeys(names)
    from dynsyn_lab.training.backends.envpool import EnvpoolWorld, make_pool

    recorders: list[_PoolRecorder] = []

    def record(robot: str, seeds: list[int]) -> _PoolRecorder:
        recorders.append(_PoolRecorder(make_pool(robot, seeds), seeds))
        return recorders[-1]

    flock = _flock(name, lifetimes)
    recorded = EnvpoolWorld(name, flock, _ignore, _ignore, record)
    recorded.begin(np.full(lifetimes, NEVER))
    for _ in range((rounds + 1) * BATCH_TICKS):
        recorded.tick()
    recorded.halt()
    share = int(flock.states["steps"].sum()) / ((rounds + 1) * BATCH_TICKS * lifetimes)

    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    flock = _flock(name, lifetimes)
    world = EnvpoolWorld(name, flock, _ignore, _ignore)
    world.begin(np.full(lifetimes, NEVER))
    memory = (tracemalloc.get_traced_memory()[0] - before) / lifetimes
    tracemalloc.stop()

    pool = make_pool(name, recorders[0].seeds)
    pool.reset()
    actions = iter(recorders[0].actions)

    def alone() -> None:
        for _ in range(BATCH_TICKS):
            pool.step(next(actions))

    def learning() -> None:
        for _ in range(BATCH_TICKS):
            world.tick()

    bare, whole = _alternate(rounds, alone, learning)
    world.close()
    pool.close()
    # In the tick after an end envpool puts the body back and nobody steps.
    steps = BATCH_TICKS * lifetimes * share
    figures = steps / statistics.median(bare), steps / statistics.median(whole)
    return dict(zip(names, (*figures, _fraction(bare, whole), memory), strict=True))


class _PoolRecorder:
    """A pool that notes the actions it was given."""

    def __init__(self, pool: Any, seeds: list[int]) -> None:
        self._pool, self.seeds = pool, seeds
        self.reset, self.close = pool.reset, pool.close
        self.actions: list[np.ndarray] = []

    def step(self, action: np.ndarray) -> Any:
        self.actions.append(action.copy())
        return self._pool.step(action)


class _NumpyLoop:
    """A lifetime on the same robot whose controller is the plain NumPy transcription."""

    def __init__(self, name: str) -> None:
        from dynsyn_lab.bench.reference import WalkerReference
        from dynsyn_lab.rollouts.senses import Senses
        from dynsyn_sim_bridge.robots.registry import entry

        flock, self._body = _flock(name, 1), entry(name).create()
        self._reference = WalkerReference(flock.blueprint, SEED)
        self._senses, self._reward = Senses(flock.robot, self._body), 0.0
        self._body.reset(SEED)

    def go(self, steps: int) -> None:
        for _ in range(steps):
            effort = self._reference.step(self._senses.look(), self._reward)
            outcome = self._body.step(effort)
            self._reward = outcome.reward
            if outcome.terminal:
                self._body.reset()


def _flock(name: str, lifetimes: int) -> Flock:
    from dynsyn_lab.training.journal import Goal
    from dynsyn_lab.training.population import Flock
    from dynsyn_sim_bridge.robots.registry import entry

    return Flock(entry(name).robot(), PRESET, {}, SEED, lifetimes, Goal(), NEVER)


def _ignore(*_: object) -> None:
    """Nothing to do at ends of episodes: what is timed is the loop."""


def _alternate(rounds: int, *calls: Callable[[], None]) -> list[list[float]]:
    """Seconds of every call of each, in turns; a first one of each is not counted."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds + 1):
        for call, seconds in zip(calls, times, strict=True):
            start = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - start)
    return [seconds[1:] for seconds in times]


def _fraction(alone: list[float], learning: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(alone, learning, strict=True))
