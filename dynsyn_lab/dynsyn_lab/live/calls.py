"""The services of controllers and simulations that the commands call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from std_srvs.srv import SetBool, Trigger


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
FREEZE = Call("dynsyn/set_learning", SetBool, {"data": False})
LEARN = Call("dynsyn/set_learning", SetBool, {"data": True})
PAUSE_SIMULATION = Call("sim/pause", SetBool, {"data": True})
GO_ON_SIMULATION = Call("sim/pause", SetBool, {"data": False})
