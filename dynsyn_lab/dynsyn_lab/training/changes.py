"""Changes of the body in the middle of a life, such as torque=0.7@1000000."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from dynsyn_controller.core.text_values import value_of
from dynsyn_lab.errors import UsageError
from dynsyn_lab.rollouts.loop import StepLoop
from dynsyn_sim_bridge.robots.spec import RobotSpec


@dataclass(frozen=True)
class Change:
    """From a step of the life on, an option of the body has another value.

    Attributes:
        step: control steps lived since birth, >= 1. The course in which it falls is walked to its
            end; the next one begins on the changed body.
        option: of the body.
        value: of it.
    """

    step: int
    option: str
    value: bool | int | float | str

    def __str__(self) -> str:
        return f"{self.option}={self.value}@{self.step}"


def parse(text: str) -> Change:
    """The change that a text such as "torque=0.7@1000000" means.

    Raises:
        UsageError: it is not of this form.
    """
    what, _, when = text.rpartition("@")
    option, _, value = (part.strip() for part in what.partition("="))
    try:
        step = float(when)
    except ValueError:
        step = 0.0
    found = value_of(value)
    if not (option and value and step >= 1 and step.is_integer()) or isinstance(found, list):
        raise UsageError(
            f"--change: found {text!r}, expected OPTION=VALUE@STEP, such as torque=0.7@1000000"
        )
    return Change(int(step), option, found)


class Bodies:
    """The bodies of a life, one after the other.

    Args:
        spec: the first.
        changes: in any order; each holds until another one of the same option.

    Raises:
        UsageError: an option that the body does not have, a value that cannot be, an option that
            is changed twice at the same step, or a change that another controller would be needed
            for.

    Attributes:
        changes: in the order of their steps.
        specs: the robot from birth and from the step of each change on.
    """

    def __init__(self, spec: RobotSpec, changes: Iterable[Change] = ()) -> None:
        self.changes = tuple(sorted(changes, key=lambda change: change.step))
        specs = [spec]
        for at, change in enumerate(self.changes):
            if any(
                (other.step, other.option) == (change.step, change.option)
                for other in self.changes[:at]
            ):
                raise UsageError(f"--change {change}: {change.option} is changed twice then")
            try:
                specs.append(specs[-1].changed({change.option: change.value}))
            except ValueError as error:
                raise UsageError(f"--change {change}: {error}") from None
        self.specs = tuple(specs)
        self._steps = [change.step for change in self.changes]

    def at(self, step: int) -> RobotSpec:
        """The robot of a course that begins after so many control steps."""
        return self.specs[bisect_right(self._steps, step)]

    def build_all(self) -> None:
        """Build every body once.

        Raises:
            UsageError: one cannot be built.
        """
        for change, spec in zip(self.changes, self.specs[1:], strict=True):
            _build(change, spec)


class Succession:
    """Sees to it that each course of a loop is on the body of its time.

    Args:
        bodies: of the life, one after the other.
        loop: of the courses, on the first of them.

    Attributes:
        spec: of the body that the loop has.
    """

    def __init__(self, bodies: Bodies, loop: StepLoop) -> None:
        self._bodies, self._loop = bodies, loop
        self.spec = bodies.specs[0]

    def take_body_of(self, step: int) -> None:
        """Take the body of a course that begins after so many steps; it is put there after that."""
        spec = self._bodies.at(step)
        if spec is not self.spec:
            self.spec = spec
            self._loop.change_body(spec.create())


def _build(change: Change, spec: RobotSpec) -> None:
    try:
        spec.create().close()
    except ValueError as error:
        raise UsageError(f"--change {change}: {error}") from None
