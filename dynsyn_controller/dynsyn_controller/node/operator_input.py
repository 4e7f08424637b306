"""What a person holds over a running robot: a deadman switch, and efforts of their own.

Times are nanoseconds of the caller's steady clock.
"""

from __future__ import annotations

from typing import Any

from dynsyn_controller.messages.commands import CommandReader
from dynsyn_controller.messages.layout import FloatArray


class Operator:
    """The deadman switch and the override; each only where it is wanted.

    Args:
        reader: of the operator's commands.
        deadman: the robot acts only while the switch is heard to be held.
        deadman_after: ns without a message after which it counts as let go.
        override_after: ns without a message after which the override has ended.
    """

    def __init__(
        self, reader: CommandReader, deadman: bool, deadman_after: int, override_after: int
    ) -> None:
        self._deadman, self._deadman_after = deadman, deadman_after
        self._override_after = override_after
        self._held_at: int | None = None
        self._reader = reader
        self._effort: FloatArray | None = None
        self._effort_at = 0

    def hear_deadman(self, held: bool, now: int) -> None:
        """A message of the switch: whether it is held."""
        self._held_at = now if held else None

    def hear_override(self, message: Any, now: int) -> None:
        """Efforts of the operator's own, a dynsyn_msgs/JointCommand.

        Raises:
            MessageError: joints or efforts that cannot be; nothing has been taken.
        """
        self._effort, self._effort_at = self._reader.read_command(message), now

    def lets_go(self, now: int) -> bool:
        """Whether the deadman switch is wanted and not held."""
        if not self._deadman:
            return False
        return self._held_at is None or now - self._held_at > self._deadman_after

    def override(self, now: int) -> FloatArray | None:
        """The operator's own efforts or targets, (joints,); None: there are none now."""
        if self._effort is not None and now - self._effort_at > self._override_after:
            self._effort = None
        return self._effort
