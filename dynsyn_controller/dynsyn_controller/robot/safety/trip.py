"""Says when a body has fallen or hangs so low that nothing should move it any more."""

from __future__ import annotations

from dynsyn_controller.messages.layout import FloatArray
from dynsyn_controller.robot.observation import tilt_angle
from dynsyn_controller.robot.robot import Robot
from dynsyn_controller.robot.safety.channels import HEIGHT, ORIENTATION

IN_A_ROW = 3
"""Control steps; a single reading may be wrong."""


class BodyTrip:
    """Looks at the tilt and the height of a body against the robot file's section `safety`.

    Args:
        robot: the robot file.
    """

    def __init__(self, robot: Robot) -> None:
        self._tilt_limit = robot.safety.tilt_limit
        self._height_minimum = robot.safety.height_minimum
        places = {c.name: robot.layout.locate(c)[0] for c in robot.safety_channels}
        self._orientation = places.get(ORIENTATION, -1)
        self._height = places.get(HEIGHT, -1)
        self._in_a_row = 0

    def look(self, sensors: FloatArray) -> str:
        """Why the robot must be disarmed, in words; empty: it need not.

        Args:
            sensors: readings of one control step, (layout.size,).
        """
        why = self._why(sensors)
        self._in_a_row = self._in_a_row + 1 if why else 0
        return why if self._in_a_row >= IN_A_ROW else ""

    def _why(self, sensors: FloatArray) -> str:
        if self._orientation >= 0:
            quaternion = sensors[self._orientation : self._orientation + 4].tolist()
            tilt = tilt_angle(*quaternion)
            if tilt > self._tilt_limit:
                return f"tilted by {tilt:.2f} rad, more than {self._tilt_limit:g}"
        if self._height >= 0 and sensors[self._height] < self._height_minimum:
            return f"at a height of {sensors[self._height]:.2f} m, below {self._height_minimum:g}"
        return ""
