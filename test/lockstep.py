"""Commands of a controller in lockstep, one for each observation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from rclpy.qos import QoSProfile, ReliabilityPolicy
from ros_environment import Peer

from dynsyn_controller.messages.conversions import stamp_nanoseconds
from dynsyn_msgs.msg import JointCommand
from dynsyn_msgs.srv import Step

_AT_ONCE = 100  # control steps
DEEP = QoSProfile(depth=10_000, reliability=ReliabilityPolicy.RELIABLE)


class Commands:
    """Hears a controller's efforts from now on.

    Args:
        peer: the test's node.
        period: of control, ns.
    """

    def __init__(self, peer: Peer, period: int) -> None:
        self._peer, self._period = peer, period
        self._heard: dict[int, list[float]] = {}
        peer.listen(JointCommand, "joint_command", self._note, DEEP)

    def _note(self, message: JointCommand) -> None:
        self._heard[stamp_nanoseconds(message.header.stamp)] = list(message.effort)

    def live(self, steps: int) -> NDArray[np.float64]:
        """Let a bridge that is paused at its first observation go on to that of the last of so many
        steps, a hundred at a time, so that a listener that is held up loses none.

        Returns:
            (steps - 1, joints), as `efforts`.
        """
        received = self.efforts(1)
        for lived in range(1, steps, _AT_ONCE):
            request = Step.Request(n=min(_AT_ONCE, steps - lived))
            answer = self._peer.call(Step, "sim/step", request, timeout=120.0)
            assert answer.success, answer.message
            assert answer.steps == lived + request.n - 1
            received = self.efforts(lived + request.n)
        return received

    def efforts(self, steps: int) -> NDArray[np.float64]:
        """Wait for the answers to the observations of the second of so many steps and all after it.

        That of the first step may come before the controller knows of this listener.

        Returns:
            (steps - 1, joints).
        """
        stamps = [step * self._period for step in range(2, steps + 1)]
        self._peer.wait_for(lambda: self._heard.keys() >= set(stamps), "all commands")
        assert self._heard.keys() - set(stamps) <= {self._period}, "a command for nothing"
        return np.array([self._heard[stamp] for stamp in stamps])
