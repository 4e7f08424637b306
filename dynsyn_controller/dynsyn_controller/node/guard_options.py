"""How a guard is to act."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GuardOptions:
    """How a guard is to act.

    Attributes:
        slew_limit: see `SafetyChain`.
        computed: compute the reward here instead of waiting for messages of it.
        armed: at the start.
        ramp_time: s over which efforts grow once the robot acts.
        settle_time: s for which nothing is learnt after the robot was disturbed (real time).
        dry_run: nothing is sent, so nothing is learnt.
        deadman: the robot acts only while a deadman switch is held.
        deadman_timeout: s after which the switch counts as let go.
        override_timeout: s after which an operator's own efforts have ended.
        rollback_fraction: see `Performance`.
        evaluate_every: see `Evaluations`.
    """

    slew_limit: float = 0.0
    computed: bool = False
    armed: bool = True
    ramp_time: float = 0.0
    settle_time: float = 0.0
    dry_run: bool = False
    deadman: bool = False
    deadman_timeout: float = 0.25
    override_timeout: float = 0.5
    rollback_fraction: float = 0.0
    evaluate_every: int = 0
