"""Where events of a node go: its log, its topic, and a black box on disk when one is bad."""

from __future__ import annotations

import time
from typing import Any

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.lifetime.writer import CheckpointWriter, Saved
from dynsyn_controller.node.black_box import BlackBox
from dynsyn_controller.node.events import Event, Events, Level
from dynsyn_controller.node.publishers import Outputs
from dynsyn_controller.node.timing import Pace
from dynsyn_controller.robot.robot import Robot

_DETAILS = 10.0  # Hz, at most


class Teller:
    """Logs, publishes and remembers events; the last minute is kept when one is bad.

    Attributes:
        events: what is told.
        box: the last minute, kept beside the checkpoint.
        outputs: the node's publishers; None: not open yet, events are only logged.

    Args:
        logger: the node's.
        robot: the robot file.
        writer: of its checkpoint.
    """

    def __init__(self, logger: Any, robot: Robot, writer: CheckpointWriter) -> None:
        self._logger, self._writer = logger, writer
        self.events = Events(self._tell)
        names = tuple(channel.name for channel in robot.observation)
        self.box = BlackBox(names, robot.joint_names, robot.control_rate)
        self.outputs: Outputs | None = None
        path = writer.path
        self._folder = path.with_name(f"{path.name}.black_box") if path else None
        self._told: Saved | None = None
        self._told_plainly: Saved | None = None
        self._episodes: int | None = None
        self._pace = Pace(_DETAILS)

    def tell_saved(self, plainly: bool) -> None:
        """Log the last save of the checkpoint, once: at info if `plainly`, else at debug."""
        saved = self._writer.saved
        if saved is None or saved is (self._told_plainly if plainly else self._told):
            return
        self._told = saved
        text = f"saved {saved.path}: {saved.steps:,} steps"
        if plainly:
            self._told_plainly = saved
            self._logger.info(text)
        else:
            self._logger.debug(text)

    def tell_details(self, controller: Controller, now: int) -> None:
        """Log saves and the ends of episodes, at debug."""
        if not self._pace.due(now):
            return
        self.tell_saved(plainly=False)
        statistics = controller.statistics
        if self._episodes is not None and statistics.episodes > self._episodes:
            self._logger.debug(
                f"episode {statistics.episodes:,} ended at step {statistics.steps:,}: "
                f"return {statistics.return_last:.4g}, mean {statistics.return_average:.4g}"
            )
        self._episodes = statistics.episodes

    def _tell(self, event: Event) -> None:
        now = time.monotonic_ns()
        _log(self._logger, event.level, event.text)
        self.box.note(event.text, now)
        if self.outputs is not None:
            self.outputs.tell(event)
        if event.level == Level.ERROR and not event.again and self._folder is not None:
            taken = self.box.take(now)
            if taken is not None:
                self._writer.run_told(self.box.save, self._folder, taken)


def _log(logger: Any, event_level: Level, text: str) -> None:
    """One line in the log; each level from its own line of code, as rclpy wants it."""
    if event_level == Level.ERROR:
        logger.error(text)
    elif event_level == Level.WARNING:
        logger.warning(text)
    else:
        logger.info(text)
