"""Bounds on rewards, in units of what a lifetime knows as usual: one wrong number teaches nothing.

A lifetime learns from every reward, and one that is some thousand times larger than the rest (a
sender that counts in other units, a localisation that jumped) can undo weeks. So the running size
(root mean square) of the rewards is followed. What is far beyond it says nothing of its true size,
and counts as a large ordinary reward of its sign. Rewards that end an episode (a fall, a goal) have
a size of their own.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from dynsyn_controller.core.schema import SchemaError, parse
from dynsyn_controller.robot.sections import Reward

USUAL_FACTOR = 100.0
"""A reward may be so many times the usual size. Measured on the shipped walker, whose rewards are
0.35 in size: one of 300 times that does no harm, one of 3000 times does."""
ALWAYS_FINE = 10.0
"""A reward of this size or less is never cut: learning rates are made for sizes around 1."""
ENDING_FACTOR = 3.0
"""A reward that ends an episode may be so many times the usual size of those, or the robot file's
fall."""
_MEMORY = 100_000  # rewards over which the usual size is taken
_ENDINGS = 100  # the same, of rewards that end an episode
_YOUNG = 1000  # so many rewards are learnt from even while most of them are cut
_SURPRISE = 3.0  # a cut reward counts as so many times the usual size
_RECENT = 500  # rewards over which the share of cut ones is taken
_MUCH, _LITTLE = 0.02, 0.01  # shares at which rewards become implausible, and plausible again


@dataclass
class Usual:
    """What is usual: mean squares of rewards in passing and at an end, and how many were seen.

    Attributes:
        passing, endings: mean squares.
        passing_count, endings_count: rewards that went into them.
    """

    passing: float = 0.0
    passing_count: int = 0
    endings: float = 0.0
    endings_count: int = 0


class RewardBounds:
    """Cuts rewards to what is plausible, and says when too many have to be cut.

    Attributes:
        usual: what is usual; kept with the lifetime.
        cut: rewards that have been cut.
        implausible: so many of the last rewards were cut that nothing should be learnt from them.

    Args:
        reward: the robot file's section. Its `largest`, where stated, is the bound of all rewards
            in place of what was seen, and what is beyond it is cut to it; its fall says what the
            end of an episode may be worth.
    """

    def __init__(self, reward: Reward) -> None:
        self.usual = Usual()
        self.cut = 0
        self.implausible = False
        self._stated = reward.largest
        self._ending = max(abs(reward.fall), abs(reward.fall_threshold))
        self._share = 0.0

    def bound(self, terminal: bool) -> float:
        """Largest |reward| that is taken as it is."""
        if self._stated is not None:
            return self._stated
        usual = self.usual
        passing = max(ALWAYS_FINE, USUAL_FACTOR * math.sqrt(usual.passing))
        if not terminal:
            return passing
        return max(passing, ENDING_FACTOR * max(self._ending, math.sqrt(usual.endings)))

    def apply(self, reward: float, terminal: bool) -> float:
        """The reward (not NaN) as it may be learnt from; it is counted as seen.

        Args:
            reward: as it came, or the sum of those since the last step; may be infinite.
            terminal: an episode ended with it.
        """
        bound = self.bound(terminal)
        size = abs(reward)
        if size <= bound:
            self._share -= self._share / _RECENT
            self._see(size, terminal)
        else:
            self.cut += 1
            self._share += (1.0 - self._share) / _RECENT
            size = self._surprise(terminal, bound)
            if self._young or not self.implausible:
                self._see(size, terminal)
            reward = math.copysign(size if self._stated is None else bound, reward)
        self.implausible = self._share > (_LITTLE if self.implausible else _MUCH)
        return reward

    @property
    def _young(self) -> bool:
        return self.usual.passing_count < _YOUNG

    def _surprise(self, terminal: bool, bound: float) -> float:
        """What the size of a cut reward counts as."""
        usual = self.usual
        size = _SURPRISE * math.sqrt(usual.endings if terminal else usual.passing)
        if terminal:
            size = max(size, self._ending)
        return min(bound, max(size, ALWAYS_FINE) if self._young else size)

    def _see(self, size: float, terminal: bool) -> None:
        usual = self.usual
        if terminal:
            usual.endings_count += 1
            count = min(usual.endings_count, _ENDINGS)
            usual.endings += (size * size - usual.endings) / count
        else:
            usual.passing_count += 1
            count = min(usual.passing_count, _MEMORY)
            usual.passing += (size * size - usual.passing) / count

    def begin(self, notes: dict[str, Any] | None, average: float) -> None:
        """Go on with a lifetime.

        Args:
            notes: what `notes` gave when it was saved; None: it was saved without, or is new-born.
            average: its running mean of the reward, a first guess of the size where there are no
                notes; NaN: none.
        """
        self._share, self.implausible = 0.0, False
        known = None if notes is None else _read(notes)
        if known is not None:
            self.usual = known
        elif math.isfinite(average) and average != 0.0:
            self.usual = Usual(passing=average * average, passing_count=_YOUNG // 10)
        else:
            self.usual = Usual()

    def notes(self) -> dict[str, Any]:
        """What is usual, for the checkpoint."""
        return asdict(self.usual)


def _read(notes: dict[str, Any]) -> Usual | None:
    """None: they were written by another version."""
    try:
        return parse(Usual, notes)
    except SchemaError:
        return None
