"""A pose that the robot is held in while its controller does not act."""

from __future__ import annotations

import numpy as np

from dynsyn_controller.messages.layout import FloatArray
from dynsyn_controller.robot.robot import Robot
from dynsyn_controller.robot.safety.channels import of_joint


class Standby:
    """Holds the joints that the robot file gives a stiffness at their standby positions.

    Args:
        robot: joints with standby positions and gains.
    """

    def __init__(self, robot: Robot) -> None:
        self._neutral = np.array([joint.neutral_effort for joint in robot.joints])
        held = [(at, joint) for at, joint in enumerate(robot.joints) if joint.stiffness > 0]
        places = {c.name: robot.layout.locate(c)[0] for c in robot.safety_channels}
        position = [places[of_joint("position", joint.name)] for _, joint in held]
        velocity = [places[of_joint("velocity", joint.name)] for _, joint in held]
        self._position = np.array(position, dtype=np.int64)
        self._velocity = np.array(velocity, dtype=np.int64)
        self._joints = np.array([at for at, _ in held], dtype=np.int64)
        self._target = np.array([joint.standby_position for _, joint in held])
        self._stiffness = np.array([joint.stiffness for _, joint in held])
        self._damping = np.array([joint.damping for _, joint in held])

    @property
    def holds(self) -> bool:
        """Whether any joint is held."""
        return self._joints.size > 0

    def effort(self, sensors: FloatArray) -> FloatArray:
        """Efforts, N m or N, (joints,), that hold the pose; neutral for joints without a stiffness.

        Args:
            sensors: readings of now, (layout.size,).
        """
        effort = self._neutral.copy()
        away = self._target - sensors[self._position]
        effort[self._joints] += self._stiffness * away - self._damping * sensors[self._velocity]
        return effort
