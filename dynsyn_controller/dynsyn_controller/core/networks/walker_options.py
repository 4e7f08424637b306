"""Options of the walker's network: section `network` of a robot file with `type: walker`."""

from __future__ import annotations

from dataclasses import dataclass, field

from dynsyn_controller.core.networks.base import Body
from dynsyn_controller.core.schema import SchemaError


@dataclass(frozen=True)
class Drive:
    """An initial centre of the action layer: `weight` on output "v" or "w" of an oscillator."""

    joint: str
    oscillator: int
    output: str
    weight: float


@dataclass(frozen=True)
class WalkerOptions:
    """Section `network` of a robot file with `type: walker`.

    Attributes:
        type: "walker".
        hidden: units of layer 2, >= 1.
        oscillators: of layer 3, >= 1.
        drives: initial centres from oscillators to joints; the others start at 0.
        position_feedback, velocity_feedback: initial centres from a joint's own channels.
    """

    type: str
    hidden: int = 8
    oscillators: int = 2
    drives: tuple[Drive, ...] = field(default_factory=tuple)
    position_feedback: float = 0.0
    velocity_feedback: float = 0.0


def check(body: Body, options: WalkerOptions) -> None:
    """Check the options against the body.

    Raises:
        SchemaError: a size below 1, no state, or a drive that names no joint, oscillator or output.
    """
    for name in ("hidden", "oscillators"):
        if getattr(options, name) < 1:
            raise SchemaError(
                f"network.{name}", f"found {getattr(options, name)}, expected 1 or more"
            )
    if not body.states:
        raise SchemaError("observation", "no channel of kind state, expected at least one")
    for number, drive in enumerate(options.drives):
        where = f"network.drives[{number}]"
        if drive.joint not in body.joints:
            raise SchemaError(f"{where}.joint", f"{drive.joint!r} is not a joint of this robot")
        if not 0 <= drive.oscillator < options.oscillators:
            raise SchemaError(
                f"{where}.oscillator",
                f"found {drive.oscillator}, expected 0 to {options.oscillators - 1}",
            )
        if drive.output not in ("v", "w"):
            raise SchemaError(f"{where}.output", f"found {drive.output!r}, expected v or w")
