"""What a simulated robot and its controller in one process hand each other in place of messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dynsyn_controller.messages.wire import Form

Parts = list[tuple[str, Form]]
"""Source and form, whose record holds the numbers, of all that is sensed at one moment and of the
reward."""


class Link:
    """Between one bridge and one controller; both work in the thread of who hands over.

    Attributes:
        hear: the controller's, for an observation; None while it is not configured.
        command: the bridge's, for an object with the fields of a dynsyn_msgs/JointCommand.
    """

    def __init__(self) -> None:
        self.hear: Callable[[Parts], None] | None = None
        self.command: Callable[[Any], None] = lambda command: None
