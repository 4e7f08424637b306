"""The services of controllers and simulations that the commands call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from std_srvs.srv import SetBool, Trigger

from dynsyn_msgs.srv import Record, Rollback, SaveCheckpoint


@dataclass(frozen=True)
class Call:
    """One call of a service.

    Attributes:
        name: of the service, relative to the controller's namespace.
        kind: its type.
        fields: of the request, by name; the others at their defaults.
    """

    name: str
    kind: Any
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def short(self) -> str:
        """The name without the part before its last slash, for people."""
        return self.name.rpartition("/")[2]


EMERGENCY_STOP = Call("dynsyn/emergency_stop", Trigger)
REARM = Call("dynsyn/rearm", Trigger)
ARM = Call("dynsyn/arm", Trigger)
DISARM = Call("dynsyn/disarm", Trigger)
FREEZE = Call("dynsyn/set_learning", SetBool, {"data": False})
LEARN = Call("dynsyn/set_learning", SetBool, {"data": True})
PAUSE_SIMULATION = Call("sim/pause", SetBool, {"data": True})
GO_ON_SIMULATION = Call("sim/pause", SetBool, {"data": False})


def save(path: str) -> Call:
    """Save the lifetime; an empty path: in its own file."""
    return Call("dynsyn/save_checkpoint", SaveCheckpoint, {"path": path})


def record(path: str) -> Call:
    """Begin to record into this file (absolute); an empty path: end it."""
    return Call("dynsyn/record", Record, {"path": path})


def rollback(hours: float) -> Call:
    """Go back to a copy that is at least so many hours of the lifetime old; 0: to the last one."""
    return Call("dynsyn/rollback", Rollback, {"hours": hours})


def told(response: Any) -> str:
    """What a response says, for people."""
    if response.message:
        return str(response.message)
    if not response.success:
        return "refused"
    if hasattr(response, "path"):
        return f"{response.path}, {response.steps:,} steps"
    return "done"
