"""Many bodies at once on envpool: gymnasium's environments again, in C++ on all cores.

envpool cannot save a body, and a Box2D world that has been used goes another way than a fresh one.
So all bodies are put onto fresh courses at every `begin`, that is whenever the run's state is
saved, with seeds that follow from the lifetime's seed and its steps: a run resumed from there and
one that was never interrupted live the same. The controllers notice no more than after a fall,
without the punishment; the episode that was cut is not counted.

A lifetime's life depends on its own seed alone, not on how many live beside it, nor on threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.core.step import step_batch
from dynsyn_controller.robot.observation import Observer
from dynsyn_lab.training.population import Note, Population, Sample
from dynsyn_sim_bridge.robots.entry import EnvpoolBody
from dynsyn_sim_bridge.robots.spec import RobotSpec

LIVING, REBORN, RESTING = 0, 1, 2
"""What a body does: live, be put back in this tick after an end, wait for the others."""

_CLOCK_TICKS = 16
"""Ticks between looks at the clock."""


class EnvpoolBackend:
    """See `population.Backend` and the module.

    Args:
        population: the lifetimes, of a robot that is on envpool; changed in place.
        note, sample: called at ends of episodes and when a row of the trace is due.
        pools: makes the pool for these seeds, as `make_pool` does.

    Raises:
        ValueError: the robot's observation needs what envpool does not tell.
    """

    restarts = True

    def __init__(
        self,
        population: Population,
        note: Note,
        sample: Sample,
        pools: Callable[[str, list[int]], Any] | None = None,
    ) -> None:
        self._body = _body_of(population.spec)
        self._pools = pools or make_pool
        self._population, self._note, self._sample = population, note, sample
        self._observer = Observer(population.spec.robot.observation, self._body.layout)
        count = len(population)
        # What each body's last effort brought, told to its controller with the next observation.
        self._reward = np.zeros(count)
        self._terminal = np.zeros(count, dtype=bool)
        self._pool: Any = None

    def begin(self, until: NDArray[np.int64]) -> None:
        """Put the bodies of all lifetimes that have yet to reach `until` onto fresh courses."""
        population = self._population
        self._close_pool()
        self._ids = np.flatnonzero(population.states["steps"] < until)
        self._until = until[self._ids]
        if not self._ids.size:
            return
        for index in self._ids:
            if not self._terminal[index]:
                population.journals[index].restart_episode(
                    population.states[index], self._reward[index]
                )
        self._states = population.states[self._ids]
        seeds = [
            _course_seed(population.course_seeds[i], int(population.states["steps"][i]))
            for i in self._ids
        ]
        self._pool = self._pools(self._body.environment, seeds)
        self._make_buffers(self._ids.size)
        observation, _ = self._pool.reset()
        self._body.decode(observation, self._states["effort"], self._sensors)
        self._observer.observe(self._sensors, self._observation)
        self._fed_reward[:] = self._reward[self._ids]
        self._fed_terminal[:] = self._terminal[self._ids]
        self._step_controllers(0)

    def _make_buffers(self, count: int) -> None:
        self._phase = np.zeros(count, dtype=np.int8)
        self._sensors = np.zeros((count, self._body.layout.size))
        self._observation = np.zeros((count, len(self._population.spec.robot.observation)))
        self._held_reward, self._fed_reward = np.zeros(count), np.zeros(count)
        self._held_terminal, self._fed_terminal = np.zeros((2, count), dtype=bool)
        self._action = np.zeros((count, len(self._body.layout.joints)), dtype=np.float32)

    def live(self, seconds: float) -> bool:
        """Live for about `seconds`. Returns whether all rest now."""
        if self._pool is None:
            return True
        deadline = time.monotonic() + seconds
        while True:
            for _ in range(_CLOCK_TICKS):
                if self.tick():
                    self._come_to_rest()
                    return True
            if time.monotonic() >= deadline:
                self._population.states[self._ids] = self._states
                return False

    def tick(self) -> bool:
        """One step of every environment. Returns whether all rest now."""
        observation, reward, fallen, over, _ = self._pool.step(self._action)
        silent, resting = receive(
            reward,
            fallen,
            over,
            self._states["steps"],
            self._until,
            self._phase,
            self._held_reward,
            self._held_terminal,
            self._fed_reward,
            self._fed_terminal,
        )
        if resting == self._phase.size:
            return True
        self._body.decode(observation, self._states["effort"], self._sensors)
        self._observer.observe(self._sensors, self._observation)
        self._step_controllers(silent)
        return False

    def _step_controllers(self, silent: int) -> None:
        refused = step_batch(
            self._states,
            self._population.blueprint.parameters,
            self._observation,
            self._fed_reward,
            self._fed_terminal,
            True,
        )
        if refused != silent:
            raise FloatingPointError(
                f"{self._body.environment}: an observation or a reward is not finite"
            )
        due = act(
            self._states["effort"], self._body.effort_limit, self._states["steps"],
            self._fed_reward, self._action, self._population.trace_every,
        )  # fmt: skip
        if self._fed_terminal.any():
            self._close_episodes()
        if due:
            self._sample_due()

    def _close_episodes(self) -> None:
        for at in np.flatnonzero(self._fed_terminal):
            journal = self._population.journals[self._ids[at]]
            self._note(journal.close_episode(self._states[at]))
            if journal.done(self._states[at]):
                self._until[at] = 0

    def _sample_due(self) -> None:
        population = self._population
        lived = np.isfinite(self._fed_reward)
        for at in np.flatnonzero(lived & (self._states["steps"] % population.trace_every == 0)):
            self._sample(int(self._ids[at]), population.trace.row(self._states[at]))

    def _come_to_rest(self) -> None:
        self._population.states[self._ids] = self._states
        self._reward[self._ids] = self._held_reward
        self._terminal[self._ids] = self._held_terminal
        self._close_pool()

    def halt(self) -> None:
        """Stop at once; the lifetimes stand after their last whole control step."""
        if self._pool is not None:
            self._population.states[self._ids] = self._states
            self._close_pool()

    def save(self) -> dict[str, NDArray]:
        """What the last efforts brought."""
        return {"reward": self._reward.copy(), "terminal": self._terminal.copy()}

    def restore(self, parts: dict[str, NDArray]) -> None:
        """See `population.Backend.restore`."""
        self._reward[:] = parts["reward"]
        self._terminal[:] = parts["terminal"]

    def close(self) -> None:
        """End envpool's threads."""
        self._close_pool()

    def _close_pool(self) -> None:
        if self._pool is not None:
            self._pool.close()
            self._pool = None


def make_pool(environment: str, seeds: list[int], threads: int = 0) -> Any:
    """An envpool of one environment for each seed.

    Args:
        environment: envpool's name of it.
        seeds: of their courses.
        threads: to step them on; 0: as many as cores.

    Raises:
        ImportError: envpool is not installed.
    """
    import envpool

    return envpool.make_gymnasium(
        environment, num_envs=len(seeds), env_seed=seeds, num_threads=threads
    )


def _course_seed(seed: int, steps: int) -> int:
    """Seed of the courses that a lifetime of this seed walks from this many steps on."""
    return int(np.random.SeedSequence([seed, steps]).generate_state(1)[0] >> 1)


def _body_of(spec: RobotSpec) -> EnvpoolBody:
    body = spec.envpool
    if body is None:
        raise ValueError(f"backend: envpool has no {spec.reference}")
    for channel in spec.robot.observation:
        index, _ = body.layout.locate(channel)
        for name in body.unknown:
            block = body.layout.blocks[name]
            if block.start <= index < block.stop:
                raise ValueError(f"envpool does not tell {channel.name}; use --backend processes")
    return body


@njit(cache=True)
def receive(
    reward,
    fallen,
    over,
    steps,
    until,
    phase,
    held_reward,
    held_terminal,
    fed_reward,
    fed_terminal,
):
    """Sort what the environments gave, in place: feed it to the controllers now, or hold it.

    envpool puts a body back in the step after its end and ignores that step's action. The reward of
    the end is held until then, so that the controller is given it with the observation of the body
    put back. A controller that is not to step is fed a reward that is not a number, which it
    refuses, and nothing changes.

    Returns:
        Number of controllers that are not to step, number of lifetimes that rest.
    """
    silent = resting = 0
    for i in range(phase.size):
        fed_reward[i], fed_terminal[i] = np.nan, False
        if phase[i] == REBORN:
            phase[i] = LIVING
            fed_reward[i], fed_terminal[i] = held_reward[i], True
            continue
        if phase[i] == LIVING:
            ended = fallen[i] or over[i]
            if steps[i] >= until[i]:
                phase[i] = RESTING
            elif ended:
                phase[i] = REBORN
            else:
                fed_reward[i] = reward[i]
                continue
            held_reward[i], held_terminal[i] = reward[i], ended
        silent += 1
        resting += phase[i] == RESTING
    return silent, resting


@njit(cache=True)
def act(effort, effort_limit, steps, fed_reward, action, trace_every):
    """Efforts in N m to the environments' actions, in place; the number of due trace rows."""
    due = 0
    for row in range(action.shape[0]):
        for joint in range(action.shape[1]):
            action[row, joint] = min(1.0, max(-1.0, effort[row, joint] / effort_limit))
        due += np.isfinite(fed_reward[row]) and steps[row] % trace_every == 0
    return due
