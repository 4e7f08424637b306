"""MuJoCo alone on the way that a swimmer's lifetime went, for `dynsyn bench train`."""

from __future__ import annotations

import mujoco
import numpy as np

from dynsyn_sim_bridge.robots.swimmer import SUBSTEPS, Swimmer


class Replay:
    """The swimmer's physics, stepped with efforts that are known beforehand.

    Args:
        seed: of the course.
        steps: effort (N m), reward and terminal of each control step; none terminal.
    """

    def __init__(self, seed: int, steps: list[tuple[list[float], float, bool]]) -> None:
        self._efforts = np.array([effort for effort, _, _ in steps])
        self._rewards = [reward for _, reward, _ in steps]
        self._body = Swimmer(joints=self._efforts.shape[1])
        self._body.reset(seed)
        self._at = 0

    def go(self, steps: int) -> None:
        """All but the last of the next `steps` control steps by MuJoCo alone.

        The last is the body's own, whose reward tells where it has come.

        Raises:
            RuntimeError: it went another way than it did when it was recorded.
        """
        advance, model, data = mujoco.mj_step, self._body.model, self._body.data
        control, efforts = data.ctrl, self._efforts
        last = self._at + steps - 1
        for at in range(self._at, last):
            control[:] = efforts[at]
            advance(model, data, SUBSTEPS)
        self._at += steps
        if self._body.step(efforts[last]).reward != self._rewards[last]:
            raise RuntimeError("MuJoCo went another way without its controller")
