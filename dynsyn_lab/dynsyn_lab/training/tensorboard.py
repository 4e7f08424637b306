"""TensorBoard event files of a training run, with the names that Stable-Baselines3 gives them.

https://stable-baselines3.readthedocs.io/en/master/common/logger.html
"""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.statistics import WINDOW
from dynsyn_lab.errors import UsageError, install_extra
from dynsyn_lab.training.journal import Ending

FOLDER = "tensorboard"
"""In the run folder; in it, one folder for each lifetime."""
PERIOD = 5.0
"""s between two points of a curve."""


class TensorBoard:
    """Curves of all lifetimes of a run, over their control steps.

    Args:
        folder: of the run.
        states: records of the lifetimes; where they stand now is where their curves go on, and
            what a former process wrote beyond that is taken back.
        quantities: fields of the records whose means are shown, as train/NAME.

    Raises:
        UsageError: tensorboardX is not installed.
        OSError: a file cannot be written.
    """

    def __init__(
        self, folder: Path, states: NDArray[np.void], quantities: tuple[str, ...] = ()
    ) -> None:
        make = writer_class()
        self._writers = [
            make(
                logdir=str(folder / FOLDER / f"lifetime_{index:03d}"),
                purge_step=int(record["steps"]) + 1,
            )
            for index, record in enumerate(states)
        ]
        self._lengths: list[deque[int]] = [deque(maxlen=WINDOW) for _ in states]
        self._quantities = quantities
        self._began = self._before = time.monotonic()
        self._steps = states["steps"].copy()
        self._next = self._began + PERIOD

    def note(self, ending: Ending) -> None:
        """Take in the end of an episode."""
        self._lengths[ending.lifetime].append(ending.length)

    def update(self, states: NDArray[np.void], seconds: float, now: bool = False) -> None:
        """Add a point to every curve, if it is time for one.

        Args:
            states: records of the lifetimes.
            seconds: wall clock of the whole run so far.
            now: it is time, whatever the clock says.
        """
        clock = time.monotonic()
        if not now and clock < self._next:
            return
        self._next = clock + PERIOD
        for index, (writer, record) in enumerate(zip(self._writers, states, strict=True)):
            steps = int(record["steps"])
            if steps == self._steps[index]:
                continue
            rate = (steps - self._steps[index]) / max(clock - self._before, 1e-9)
            self._steps[index] = steps
            for name, value in self._values(index, record, rate, seconds):
                writer.add_scalar(name, value, steps)
            writer.flush()
        self._before = clock

    def close(self) -> None:
        """Write what is left."""
        for writer in self._writers:
            writer.close()

    def _values(
        self, index: int, record: Any, rate: float, seconds: float
    ) -> list[tuple[str, float]]:
        found = []
        if record["episodes"] > 0:
            found.append(("rollout/ep_rew_mean", float(record["return_average"])))
        if self._lengths[index]:
            found.append(("rollout/ep_len_mean", float(np.mean(self._lengths[index]))))
        found += [
            ("rollout/reward_mean", float(record["reward_average"])),
            ("time/fps", float(rate)),
            ("time/time_elapsed", seconds),
            ("time/total_timesteps", float(record["steps"])),
        ]
        return found + [(f"train/{name}", float(record[name].mean())) for name in self._quantities]


def writer_class() -> Any:
    """What writes the files.

    Raises:
        UsageError: tensorboardX is not installed.
    """
    try:
        from tensorboardX import SummaryWriter
    except ImportError:
        raise UsageError(
            f"--tensorboard: tensorboardX is not installed: {install_extra('tensorboard')}"
        ) from None
    return SummaryWriter
