"""The study of bodies: one learner with one set of values on many bodies, never reset.

Every body, arm and seed is lived in a process of its own; see `trial_processes`. Beside them stands
what uniformly random efforts earn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dynsyn_lab.rollouts.loop import StepLoop
from dynsyn_lab.studies.bodies_arms import BODIES, can_live, words
from dynsyn_lab.studies.bodies_report import report, table
from dynsyn_lab.studies.trial_processes import Budget, Trial, known, live_all, recalled
from dynsyn_sim_bridge.robots.spec import describe

TESTS = 20
"""Courses of an evaluation without learning, and of random efforts."""


def run_study(
    bodies: Sequence[str],
    arms: Sequence[str],
    seeds: Sequence[int],
    budget: Budget,
    work: Path,
    out: Path,
    only_report: bool,
) -> None:
    """Live what is missing, seed by seed and body by body, then write tables and a figure.

    Args:
        bodies: names of `bodies_arms.BODIES`.
        arms: of `bodies_arms.ARMS`.
        seeds: of the births.
        budget: of each trial.
        work: folder of the run folders.
        out: folder of the results.
        only_report: live nothing.

    Raises:
        CommandError: a process failed; its log is named.
    """

    def of_these(trials: Iterable[Trial]) -> list[Trial]:
        return [trial for trial in trials if trial.body in bodies]

    chance = {body: random_returns(BODIES[body].robot, TESTS) for body in bodies}
    if not only_report:
        live_all(
            trials(bodies, arms, seeds, work),
            lambda trial: words(trial.body, trial.arm),
            budget,
            TESTS,
            work,
            lambda lived: report(of_these(lived), chance, work, out),
        )
    lived = of_these(known(work))
    report(lived, chance, work, out)
    print("\n".join(table(lived, chance, work)))


def trials(
    bodies: Sequence[str], arms: Sequence[str], seeds: Sequence[int], work: Path
) -> Iterator[Trial]:
    """All trials, with what they have used so far."""
    for seed in seeds:
        for body in bodies:
            for arm in arms:
                if can_live(body, arm):
                    yield recalled(Trial(arm, seed, body), work)


def random_returns(robot: str, courses: int, seed: int = 0) -> NDArray[np.float64]:
    """Returns of courses in which every effort is uniformly random within its limits.

    Args:
        robot: reference.
        courses: number of them.
        seed: of the efforts and of the courses.
    """
    spec = describe(robot, ends=True)
    generator = np.random.default_rng(seed)
    limit = np.array([joint.effort_limit for joint in spec.robot.joints])

    def act(observation: object, reward: float, terminal: bool, learning: bool) -> NDArray:
        return generator.uniform(-limit, limit)

    body = spec.create()
    try:
        body.reset(seed)
        loop = StepLoop(spec.robot, body, act)
        returns = np.zeros(courses)
        for course in range(courses):
            loop.run_course()
            returns[course] = loop.total
            loop.put_back()
    finally:
        body.close()
    return returns
