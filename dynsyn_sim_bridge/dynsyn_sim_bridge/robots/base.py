"""What every simulated robot offers: bridge, trainer and contract tests use only this."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.messages.layout import FloatArray, SensorLayout


class Outcome(NamedTuple):
    """What one control step brought.

    Attributes:
        reward: dimensionless, finite.
        terminal: the body fell, or the course ended; the body stays as it is until `reset`.
        fell: terminal by a fall, not by the end of the course or of the time.
    """

    reward: float
    terminal: bool
    fell: bool


class Obstacle(NamedTuple):
    """Something in the way.

    Attributes:
        kind: such as "stump".
        start, end: m, along the x of `odom.position`.
    """

    kind: str
    start: float
    end: float


@runtime_checkable
class ObstacleCourse(Protocol):
    """A simulated robot that knows what is in its way."""

    def obstacles(self) -> Sequence[Obstacle]:
        """Those of the present course, in the order in which they come; none: it is plain."""


class SimulatedRobot(Protocol):
    """A body and its world in simulation, in SI units.

    Attributes:
        layout: of the sensor vector that `sense` fills: the sensors that the body has, with what
            is to be said of them in messages. Every reading is a number that its message can carry
            (a ray a float32).
        control_period: s; how long one `step` lasts.
        generator: of all its random things. Its state before a `reset` without a seed, and the
            efforts since, are enough to come to the same place again.
    """

    layout: SensorLayout
    control_period: float

    @property
    def generator(self) -> np.random.Generator:
        """See the attributes; `reset` with a seed may make it another one."""

    def reset(self, seed: int | None = None) -> None:
        """Put the body back to its start; a seed also restarts its generator of random things.

        What follows depends on nothing from before but, without a seed, that generator.
        """

    def sense(self, sensors: FloatArray) -> None:
        """Fill `sensors` (layout.size,) with the readings of this moment, in place."""

    def step(self, effort: FloatArray) -> Outcome:
        """Apply `effort` (N m, (joints,), order of layout.joints) for one control period."""

    def frame(self) -> NDArray[np.uint8]:
        """A picture of the scene, uint8 (height, width, 3)."""

    def close(self) -> None:
        """Release what the simulation holds."""
