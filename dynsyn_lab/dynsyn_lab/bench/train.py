"""`dynsyn bench train`: how much of the environment's own speed is left while lifetimes learn.

The environments are stepped again with the efforts that the lifetimes gave, so that they go the
same way, falls and all, with no controller. Both are timed in turns, round after round, and the
medians over the rounds are reported: a busy machine slows both alike.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from dynsyn_lab.errors import UsageError

if TYPE_CHECKING:
    import numpy as np

    from dynsyn_lab.bench.replays import Way
    from dynsyn_lab.training.population import Population
    from dynsyn_sim_bridge.robots.spec import RobotSpec

SEED = 2
PRESET = "dynsyn"
ENDLESS = 2**62
"""Control steps; more than are ever lived."""
SINGLE_STEPS, BATCH_TICKS = 200, 30
"""Control steps, or ticks of the batch, in one round: short, so that most are undisturbed."""
PLAIN_NETWORK = "walker"
"""Network that has a plain NumPy transcription here."""
KEYS = (
    "env_steps_per_s",
    "single_steps_per_s",
    "single_fraction",
    "batch_lifetimes",
    "batch_env_steps_per_s",
    "batch_steps_per_s",
    "batch_fraction",
    "memory_per_lifetime",
    "numpy_loop_steps_per_s",
    "single_to_numpy_loop",
)
"""Of the result, beside the robot."""


def measure(robot: str = "walker", lifetimes: int = 64, rounds: int = 100) -> dict[str, Any]:
    """The figures of KEYS, as in `dynsyn bench train --json`; rates are control steps a second.

    Those that there cannot be for a robot are None.

    Args:
        robot: as in `dynsyn train ROBOT`. Of one that is not on envpool there are only the figures
            of one lifetime.
        lifetimes: in the batch, whose figures are None where envpool is not installed.
        rounds: of each timing.

    Raises:
        UsageError: no such robot.
    """
    from dynsyn_sim_bridge.robots.spec import describe

    try:
        spec = describe(robot)
    except ValueError as error:
        raise UsageError(f"--robot: {error}") from None
    figures = measure_single(spec, rounds)
    if spec.entry.envpool is not None:
        figures |= {"batch_lifetimes": lifetimes, **measure_batch(spec, lifetimes, rounds)}
    return {"robot": spec.reference, **{key: figures.get(key) for key in KEYS}}


def measure_single(spec: RobotSpec, rounds: int) -> dict[str, Any]:
    """One lifetime on its body, the body's simulator alone, and with plain NumPy."""
    from dynsyn_lab.bench.replays import make_replay
    from dynsyn_lab.training.backends.in_process import LifetimeRunner

    recorder: Any = _Recorder(spec.create())
    recorded = LifetimeRunner(_population(spec, 1), 0, recorder, _ignore, _ignore)
    recorded.until = ENDLESS
    recorded.live((rounds + 1) * SINGLE_STEPS)

    runner = LifetimeRunner(_population(spec, 1), 0, spec.create(), _ignore, _ignore)
    runner.until = ENDLESS
    replay = make_replay(spec.create(), recorder.way(), SEED)
    calls = [lambda: replay.go(SINGLE_STEPS), lambda: runner.live(SINGLE_STEPS)]
    if spec.robot.network["type"] == PLAIN_NETWORK:
        calls.append(partial(_plain_loop(spec), SINGLE_STEPS))
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


class _Recorder:
    """A body that notes what it was asked to do and what came of it."""

    def __init__(self, body: Any) -> None:
        self._body = body
        self.layout, self.sense, self.reset = body.layout, body.sense, body.reset
        self._efforts: list[np.ndarray] = []
        self._rewards: list[float] = []
        self._ends: list[bool] = []

    @property
    def generator(self) -> np.random.Generator:
        return self._body.generator

    def step(self, effort: np.ndarray) -> Any:
        outcome = self._body.step(effort)
        self._efforts.append(effort.copy())
        self._rewards.append(outcome.reward)
        self._ends.append(outcome.terminal)
        return outcome

    def way(self) -> Way:
        """The way that the body went."""
        import numpy as np

        from dynsyn_lab.bench.replays import Way

        return Way(np.array(self._efforts), self._rewards, self._ends)


def measure_batch(spec: RobotSpec, lifetimes: int, rounds: int) -> dict[str, float | None]:
    """Many lifetimes on envpool, and envpool alone, both on all cores."""
    import numpy as np

    from dynsyn_lab.training.backends.registry import has_envpool

    names = ("batch_env_steps_per_s", "batch_steps_per_s", "batch_fraction", "memory_per_lifetime")
    if not has_envpool():
        return dict.fromkeys(names)
    from dynsyn_lab.training.backends.envpool import EnvpoolBackend, make_pool

    recorders: list[_PoolRecorder] = []

    def record(environment: str, seeds: list[int]) -> _PoolRecorder:
        recorders.append(_PoolRecorder(make_pool(environment, seeds), seeds))
        return recorders[-1]

    population = _population(spec, lifetimes)
    recorded = EnvpoolBackend(population, _ignore, _ignore, record)
    recorded.begin(np.full(lifetimes, ENDLESS))
    for _ in range((rounds + 1) * BATCH_TICKS):
        recorded.tick()
    recorded.halt()
    share = int(population.states["steps"].sum()) / ((rounds + 1) * BATCH_TICKS * lifetimes)

    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    population = _population(spec, lifetimes)
    backend = EnvpoolBackend(population, _ignore, _ignore)
    backend.begin(np.full(lifetimes, ENDLESS))
    memory = (tracemalloc.get_traced_memory()[0] - before) / lifetimes
    tracemalloc.stop()

    assert spec.entry.envpool is not None
    pool = make_pool(spec.entry.envpool.environment, recorders[0].seeds)
    pool.reset()
    actions = iter(recorders[0].actions)

    def alone() -> None:
        for _ in range(BATCH_TICKS):
            pool.step(next(actions))

    def learning() -> None:
        for _ in range(BATCH_TICKS):
            backend.tick()

    bare, whole = _alternate(rounds, alone, learning)
    backend.close()
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


def _plain_loop(spec: RobotSpec) -> Callable[[int], None]:
    """A lifetime on the same robot whose controller is the plain NumPy transcription."""
    from dynsyn_lab.bench.reference import WalkerReference
    from dynsyn_lab.rollouts.loop import StepLoop

    population, body = _population(spec, 1), spec.create()
    reference = WalkerReference(population.blueprint, SEED)
    body.reset(SEED)
    loop = StepLoop(spec.robot, body, lambda seen, reward, *_: reference.step(seen, reward))

    def go(steps: int) -> None:
        while steps > 0:
            steps -= loop.run(steps)
            if loop.terminal:
                loop.put_back()

    return go


def _population(spec: RobotSpec, lifetimes: int) -> Population:
    from dynsyn_lab.training.journal import Goal
    from dynsyn_lab.training.population import Population

    robot = spec.robot.choose(preset=PRESET)
    return Population(replace(spec, robot=robot), range(SEED, SEED + lifetimes), Goal(), ENDLESS)


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
