"""Whether a robot may act: armed or not, stopped or not, and how much of its effort so far."""

from __future__ import annotations


class Arming:
    """Armed, disarmed and stopped.

    An emergency stop is over and above being armed: while it lasts nothing acts, and when it is
    ended the robot is as armed as it was.

    Attributes:
        armed: it may act.
        stopped: the emergency stop is on.
        ramp: 0 to 1; how much of the effort that is wanted may be sent.

    Args:
        armed: at the start.
        ramp_steps: control steps over which efforts grow from neutral to full once it acts; 0: at
            once.
    """

    def __init__(self, armed: bool = True, ramp_steps: int = 0) -> None:
        self.armed = armed
        self.stopped = False
        self._step = 1.0 / ramp_steps if ramp_steps > 0 else 1.0
        self.ramp = 0.0

    def arm(self) -> None:
        """From now on it may act, beginning at no effort."""
        if not self.armed:
            self.ramp = 0.0
        self.armed = True

    def disarm(self) -> None:
        """Nothing acts until `arm`."""
        self.armed = False

    def stop(self) -> None:
        """Emergency: nothing acts until `rearm`."""
        self.stopped = True

    def rearm(self) -> None:
        """End the emergency stop."""
        if self.stopped:
            self.ramp = 0.0
        self.stopped = False

    @property
    def why_not(self) -> str:
        """Why it may not act; empty: it may."""
        if self.stopped:
            return "emergency stop"
        return "" if self.armed else "disarmed"

    def begin_anew(self) -> None:
        """Somebody else has moved the robot: efforts grow from neutral again."""
        self.ramp = 0.0

    def advance(self) -> float:
        """One more control step acts: the ramp from then on."""
        self.ramp = min(1.0, self.ramp + self._step)
        return self.ramp
