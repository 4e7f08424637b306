"""A simulated robot as an environment of gymnasium."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from dynsyn_lab.baselines.account import Account
from dynsyn_lab.rollouts.loop import StepLoop
from dynsyn_lab.training.changes import Bodies, Succession
from dynsyn_sim_bridge.robots.spec import RobotSpec


class RobotEnv(gymnasium.Env):
    """One body of a lifetime. Every step is counted in the lifetime's account.

    An observation is the robot file's channels, float32, and behind them the beat, where there is
    one; an action -1..1 of each joint's effort limit. An episode is truncated where it ends by the
    length of the course and not by a fall. The courses come from the body's own seed, so that
    `seed` of `reset` has no meaning.

    Args:
        bodies: the robot, one after the other; a course is lived on the body of its beginning.
        seed: of the courses, >= 0.
        account: that the steps are counted in.
        index: of this body in the account.
        period: control steps after which the beat begins anew; it counts those lived, as the
            oscillators of a lifetime do, whatever a course begins or ends. 0: no beat is observed.

    Attributes:
        loop: the body, and all it takes to put it back where it was.
    """

    def __init__(
        self, bodies: Bodies, seed: int, account: Account, index: int, period: int = 0
    ) -> None:
        spec = bodies.specs[0]
        robot = spec.robot
        observed, joints = len(robot.observation) + bool(period), len(robot.joints)
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (observed,), np.float32)
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (joints,), np.float32)
        self._account, self._index, self._period = account, index, period
        self._limit = np.asarray(robot.body.effort_limit, np.float64)
        self._effort = np.zeros(joints)
        body = spec.create()
        body.reset(seed)
        self.loop = StepLoop(robot, body, self._act, recording=True)
        self._succession = Succession(bodies, self.loop)
        self._longest = longest_course(spec)

    def _act(self, *_: Any) -> NDArray[np.float64]:
        return self._effort

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Put the body onto its next course, unless it stands at the beginning of one."""
        if self.loop.length:
            self._take_body(0)
            self.loop.put_back()
        return self._look(), {}

    def step(self, action: NDArray) -> tuple[NDArray[np.float32], float, bool, bool, dict]:
        """Live one control step; actions beyond -1..1 are clipped."""
        np.clip(action, -1.0, 1.0, out=self._effort)
        self._effort *= self._limit
        loop = self.loop
        loop.run(1)
        late = loop.terminal and not loop.fell and 0 < self._longest <= loop.length
        self._account.count(self._index, loop.reward, loop.terminal)
        return self._look(), loop.reward, loop.terminal and not late, late, {}

    def _look(self) -> NDArray[np.float32]:
        seen = self.loop.senses.look()
        if self._period:
            seen = np.append(seen, self._account.lived(self._index) % self._period)
        return seen.astype(np.float32)

    def _take_body(self, length: int) -> None:
        """See to it that a course which has lasted so many steps is on the body of its beginning.

        The bodies' turns are counted, not the steps: so a change comes to all at the same turn.
        """
        own = self._account.lived(self._index) - length
        self._succession.take_body_of(own * self._account.bodies)
        self._longest = longest_course(self._succession.spec)

    def restore(self, parts: dict[str, NDArray]) -> None:
        """Put a new body where `loop.save` was called; the account has been restored before."""
        self._take_body(len(parts["efforts"]))
        self.loop.restore(parts)

    def close(self) -> None:
        """Release the body."""
        self.loop.body.close()


def longest_course(spec: RobotSpec) -> int:
    """Control steps after which a course ends, whatever happens; 0: not known."""
    option = spec.entry.course_option or "course_steps"
    return int(spec.options.get(option, spec.task.episode_steps))
