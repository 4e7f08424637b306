"""Whether a lifetime may learn from what happens now."""

from __future__ import annotations

from dynsyn_controller.node.rewards import Rewards
from dynsyn_controller.node.senses import Senses

SETTLING = "the robot settles: it has just begun to act, or something was done to it"


class LearningPause:
    """Says why nothing is to be learnt although learning is on.

    A body that stood still, or was driven by stale or wrong numbers, stumbles for a while after.
    What it earns then is not the doing of the weights, so nothing is learnt for some steps after
    the last disturbance, or until the episode ends.

    Args:
        dry_run: nothing is sent.
        settle_steps: control steps after a disturbance.
        rewards, senses: of the guard.
    """

    def __init__(self, dry_run: bool, settle_steps: int, rewards: Rewards, senses: Senses) -> None:
        self._dry_run, self._settle_steps = dry_run, settle_steps
        self._rewards, self._senses = rewards, senses
        self._left = 0
        self._cut = 0

    def disturb(self) -> None:
        """Something has been done to the robot, or to what it is told."""
        self._left = self._settle_steps

    def why(self, ramp: float, terminal: bool) -> str:
        """Why nothing is learnt from this control step; empty: it is. To be asked once in each.

        Args:
            ramp: of the arming, below 1 while efforts grow.
            terminal: an episode ended with the step.
        """
        bounds = self._rewards.bounds
        if bounds.cut != self._cut:
            self._cut = bounds.cut
            self.disturb()
        settling = self._left > 0
        self._left = 0 if terminal else max(0, self._left - 1)
        if self._dry_run:
            return "dry run"
        if ramp < 1.0:
            return "efforts ramp up"
        if bounds.implausible:
            return "rewards are implausible"
        if settling:
            return SETTLING
        return "an operator commands" if self._senses.commanded() else ""
