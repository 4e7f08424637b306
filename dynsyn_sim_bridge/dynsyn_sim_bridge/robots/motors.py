"""Motors that have become weak or late: what is applied of the efforts that are asked for."""

from __future__ import annotations

import numpy as np

from dynsyn_controller.messages.layout import FloatArray
from dynsyn_controller.node.parameter_table import Parameter

OPTIONS = (
    Parameter("torque", 1.0, "share of every effort that the motors give", 0.0, 1.0),
    Parameter("delay", 0, "control steps by which efforts come late", 0, 50),
)
"""Options of a robot that has these motors."""


class Motors:
    """Between the efforts of a controller and a body.

    Args:
        joints: number of them.
        torque: share of every effort that is given, 0 to 1.
        delay: control steps by which efforts come late, >= 0; the first ones of a course are 0.
    """

    def __init__(self, joints: int, torque: float, delay: int) -> None:
        self._torque, self._as_new = torque, torque == 1.0 and delay == 0
        self._waiting = np.zeros((delay, joints))
        self._oldest = 0

    def reset(self) -> None:
        """Forget the efforts that have yet to come."""
        self._waiting[:] = 0.0

    def pass_on(self, effort: FloatArray) -> None:
        """Turn `effort` (joints,), in any unit, from what was asked for to what is given, in place.

        Motors that are as new change nothing, not even the last bit.
        """
        if self._as_new:
            return
        if len(self._waiting):
            due = self._waiting[self._oldest].copy()
            self._waiting[self._oldest] = effort
            self._oldest = (self._oldest + 1) % len(self._waiting)
            effort[:] = due
        effort *= self._torque
