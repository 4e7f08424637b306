"""Many walkers at once on envpool: the gymnasium environments again, in C++ on all cores.

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
from dynsyn_controller.robot.robot_file import Robot
from dynsyn_controller.robot.sensors import Observer
from dynsyn_lab.training.population import Flock, Note, Sample
from dynsyn_sim_bridge.robots.bipedal_walker import EFFORT_LIMIT, LAYOUT, decode

ENVIRONMENTS = {
    "walker": "BipedalWalker-v3",
    "walker_hardcore": "BipedalWalkerHardcore-v3",
}
"""Registered robot -> envpool's name of it."""

LIVING, REBORN, RESTING = 0, 1, 2
"""What a body does: live, be put back in this tick after an end, wait for the others."""

_CLOCK_TICKS = 16
"""Ticks between looks at the clock."""


class EnvpoolWorld:
    """See `flock.World` and the module.

    Args:
        name: registered robot, a key of ENVIRONMENTS.
        flock: the lifetimes; changed in place.
        note, sample: called at ends of episodes and when a row of the trace is due.
        pools: makes the pool for these seeds, as `make_pool` does.

    Raises:
        ValueError: the robot's observation needs what envpool does not tell.
    """

    cuts = True

    def __init__(
        self,
        name: str,
        flock: Flock,
        note: Note,
        sample: Sample,
        pools: Callable[[str, list[int]], Any] | None = None,
    ) -> None:
        _check(flock.robot)
        self._name, self._pools = name, pools or make_pool
        self._flock, self._note, self._sample = flock, note, sample
        self._observer = Observer(flock.robot.observation, LAYOUT)
        count = len(flock)
        # What each body's last effort brought, told to its controller with the next observation.
        self._reward = np.zeros(count)
        self._terminal = np.zeros(count, dtype=bool)
        self._pool = None

    def begin(self, until: NDArray[np.int64]) -> None:
        """Put the bodies of all lifetimes that have yet to reach `until` onto fresh courses."""
        flock = self._flock
        self._close_pool()
        self._ids = np.flatnonzero(flock.states["steps"] < until)
        self._until = until[self._ids]
        if not self._ids.size:
            return
        for index in self._ids:
            if not self._terminal[index]:
                flock.journals[index].cut_episode(flock.states[index], self._reward[index])
        self._states = flock.states[self._ids]
        seeds = [_course_seed(flock.seeds[i], int(flock.states["steps"][i])) for i in self._ids]
        self._pool = self._pools(self._name, seeds)
        self._make_buffers(self._ids.size)
        observation, _ = self._pool.reset()
        decode_all(observation, self._states["effort"], self._sensors)
        self._observer.observe(self._sensors, self._observation)
        self._fed_reward[:] = self._reward[self._ids]
        self._fed_terminal[:] = self._terminal[self._ids]
        self._step_controllers(0)

    def _make_buffers(self, count: int) -> None:
        self._phase = np.zeros(count, dtype=np.int8)
        self._sensors = np.zeros((count, LAYOUT.size))
        self._observation = np.zeros((count, len(self._flock.robot.observation)))
        self._held_reward, self._fed_reward = np.zeros(count), np.zeros(count)
        self._held_terminal, self._fed_terminal = np.zeros((2, count), dtype=bool)
        self._action = np.zeros((count, len(LAYOUT.joints)), dtype=np.float32)

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
                self._flock.states[self._ids] = self._states
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
        decode_all(observation, self._states["effort"], self._sensors)
        self._observer.observe(self._sensors, self._observation)
        self._step_controllers(silent)
        return False

    def _step_controllers(self, silent: int) -> None:
        refused = step_batch(
            self._states,
            self._flock.blueprint.parameters,
            self._observation,
            self._fed_reward,
            self._fed_terminal,
            True,
        )
        if refused != silent:
            raise FloatingPointError(f"{self._name}: an observation or a reward is not finite")
        due = act(
            self._states["effort"], self._states["steps"], self._fed_reward, self._action,
            self._flock.trace_every,
        )  # fmt: skip
        if self._fed_terminal.any():
            self._close_episodes()
        if due:
            self._sample_due()

    def _close_episodes(self) -> None:
        for at in np.flatnonzero(self._fed_terminal):
            journal = self._flock.journals[self._ids[at]]
            self._note(journal.close_episode(self._states[at]))
            if journal.done(self._states[at]):
                self._until[at] = 0

    def _sample_due(self) -> None:
        flock = self._flock
        lived = np.isfinite(self._fed_reward)
        for at in np.flatnonzero(lived & (self._states["steps"] % flock.trace_every == 0)):
            self._sample(int(self._ids[at]), flock.trace.row(self._states[at]))

    def _come_to_rest(self) -> None:
        self._flock.states[self._ids] = self._states
        self._reward[self._ids] = self._held_reward
        self._terminal[self._ids] = self._held_terminal
        self._close_pool()

    def halt(self) -> None:
        """Stop at once; the lifetimes stand after their last whole control step."""
        if self._pool is not None:
            self._flock.states[self._ids] = self._states
            self._close_pool()

    def save(self) -> dict[str, NDArray]:
        """What the last efforts brought."""
        return {"reward": self._reward.copy(), "terminal": self._terminal.copy()}

    def restore(self, parts: dict[str, NDArray]) -> None:
        """See `flock.World.restore`."""
        self._reward[:] = parts["reward"]
        self._terminal[:] = parts["terminal"]

    def close(self) -> None:
        """End envpool's threads."""
        self._close_pool()

    def _close_pool(self) -> None:
        if self._pool is not None:
            self._pool.close()
            self._pool = None


def make_pool(name: str, seeds: list[int], threads: int = 0):
    """An envpool of one environment for each seed, on `threads` threads (0: as many as cores).

    Raises:
        ImportError: envpool is not installed.
    """
    import envpool

    return envpool.make_gymnasium(
        ENVIRONMENTS[name], num_envs=len(seeds), env_seed=seeds, num_threads=threads
    )


def _course_seed(seed: int, steps: int) -> int:
    """Seed of the courses that a lifetime of this seed walks from this many steps on."""
    return int(np.random.SeedSequence([seed, steps]).generate_state(1)[0] >> 1)


def _check(robot: Robot) -> None:
    for channel in robot.observation:
        if channel.source == "odom" and channel.field.startswith("pose.position"):
            raise ValueError(f"envpool does not tell {channel.name}; use --backend processes")


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
def decode_all(state, effort, sensors):
    """`bipedal_walker.decode` for every row; the place of the body is not known and becomes 0.

    Args:
        state: (lifetimes, STATES) float32.
        effort: (lifetimes, 4) N m.
        sensors: (lifetimes, LAYOUT.size), in place.
    """
    place = np.zeros(2)
    for row in range(state.shape[0]):
        decode(state[row], place, effort[row], sensors[row])


@njit(cache=True)
def act(effort, steps, fed_reward, action, trace_every):
    """Efforts in N m to the environments' actions, in place; the number of due trace rows."""
    due = 0
    for row in range(action.shape[0]):
        for joint in range(action.shape[1]):
            action[row, joint] = min(1.0, max(-1.0, effort[row, joint] / EFFORT_LIMIT))
        due += np.isfinite(fed_reward[row]) and steps[row] % trace_every == 0
    return due
