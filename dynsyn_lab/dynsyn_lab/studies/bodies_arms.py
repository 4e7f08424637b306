"""Bodies and arms of the study `bodies`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

PLAIN = "dynamic_synapse_normalised"
"""The learner whose values are the same for every body."""
_LINEAR = {"network": "mlp", "network.hidden": "[]", "network.initial_scale": "0"}


@dataclass(frozen=True)
class BodyPlan:
    """A body of the study, with one network.

    Attributes:
        robot: reference of the robot.
        same: words of `dynsyn train` after which learner and values are those of every body.
        before: words after which they are what the robot had until then.
        others: False: only the arm `same` and its ablations are lived; another plan of this robot
            has the rest.
        linear: the network is linear and begins at 0.
    """

    robot: str
    same: dict[str, str] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    others: bool = True
    linear: bool = False


def _gymnasium(name: str) -> BodyPlan:
    before = {
        "learner": "dynamic_synapse",
        "preset": "dynsyn",
        "network.hidden": "[16]",
        "network.initial_scale": "1",
        "network.normalisation_time": "300",
    }
    return BodyPlan(f"gymnasium:{name}", before=before, linear=True)


def _linear(robot: str) -> BodyPlan:
    return BodyPlan(robot, {"learner": PLAIN, **_LINEAR}, others=False, linear=True)


BODIES: dict[str, BodyPlan] = {
    **{
        name: _gymnasium(name)
        for name in (
            "CartPole-v1",
            "InvertedPendulum-v5",
            "InvertedDoublePendulum-v5",
            "Pendulum-v1",
            "Reacher-v5",
            "Swimmer-v5",
            "Hopper-v5",
            "HalfCheetah-v5",
        )
    },
    "walker": BodyPlan("walker", {"learner": PLAIN}),
    "walker_linear": _linear("walker"),
    "swimmer": BodyPlan("swimmer", {"learner": PLAIN}),
    "swimmer_linear": _linear("swimmer"),
}
"""Name -> how it lives."""

SAME, BEFORE = "same", "before"
RANDOM_START = "random_start"
ABLATIONS: dict[str, dict[str, str]] = {
    "slow_usual": {"learner.usual_time": "100"},
    "no_course_credit": {"learner.course_credit": "false"},
    "hardly_bounded": {"learner.bound_minimum": "1e6", "learner.bound_maximum": "1e6"},
    RANDOM_START: {"network.initial_scale": "1"},
}
"""Arm -> what is different there from `SAME`."""
ARMS = (SAME, *ABLATIONS, BEFORE, "ars", "ppo")
"""The same values for every body; with an ingredient left out; what the robot had before;
baselines, as docs/baselines.md."""


def can_live(body: str, arm: str) -> bool:
    """Whether a body can be lived by an arm."""
    plan = BODIES[body]
    if arm == RANDOM_START:
        return plan.linear
    return arm == SAME or arm in ABLATIONS or plan.others


def words(body: str, arm: str) -> list[str]:
    """Robot and options of `dynsyn train`."""
    plan = BODIES[body]
    options: dict[str, Any] = {"learner": arm}
    if arm == BEFORE:
        options = plan.before
    elif arm == SAME or arm in ABLATIONS:
        options = {**plan.same, **ABLATIONS.get(arm, {})}
    return [plan.robot, *(word for key, value in options.items() for word in (f"--{key}", value))]
