"""What people and programs may ask of a running controller, whoever asks: a service or the loop."""

from __future__ import annotations

import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from rclpy.node import Node

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.lifetime.checkpoint import CheckpointError
from dynsyn_controller.lifetime.writer import CheckpointWriter, Saved, continue_lifetime
from dynsyn_controller.node.guard import Guard
from dynsyn_controller.node.parameters import Settings
from dynsyn_controller.node.publishers import Outputs
from dynsyn_controller.robot.robot_file import Robot


class Operations:
    """Saves, loads and exchanges the lifetime; stops and re-arms its robot.

    Attributes:
        acting: efforts are published and the lifetime is lived; the loop sets it.

    Args:
        node: for its logger.
        robot: the robot file.
        settings: of the node.
        guard: acts for it.
        writer: of its checkpoint.
        outputs: its publishers.
    """

    def __init__(
        self,
        node: Node,
        robot: Robot,
        settings: Settings,
        guard: Guard,
        writer: CheckpointWriter,
        outputs: Outputs,
    ) -> None:
        self.acting = False
        self._node, self._robot, self._settings = node, robot, settings
        self._guard, self._writer, self._outputs = guard, writer, outputs

    def save(self, path: Path | None = None) -> Future[Saved]:
        """Begin to save the lifetime; see `CheckpointWriter.save`."""
        return self._writer.save(self._guard.controller, time.monotonic_ns(), path)

    def load(self, path: Path | None = None) -> Future[Controller]:
        """Begin to read the lifetime in a checkpoint; `exchange` then goes on with it.

        Raises:
            CheckpointError: no path given, and the node has none.
        """
        path = path or self._writer.path
        if path is None:
            raise CheckpointError("no path given, and the parameter checkpoint_path is empty")
        return self._writer.run(continue_lifetime, self._robot, self._settings.origin, path)

    def exchange(self, controller: Controller) -> None:
        """Go on with another lifetime of the same robot."""
        self._guard.exchange(controller)
        self._outputs.prepare(self._settings)
        if self.acting:
            self._outputs.publish_weights(time.monotonic_ns())
        self._log.info(f"goes on with a lifetime of {controller.steps:,} steps")

    def emergency_stop(self) -> None:
        """Neutral efforts from this moment on, until `rearm`."""
        effort = self._guard.stop()
        if self.acting:
            self._outputs.send(effort, self._guard.stamp)
        self._log.warning("emergency stop: neutral effort until dynsyn/rearm is called")

    def rearm(self) -> bool:
        """End the emergency stop; False: there was none."""
        stopped = self._guard.stopped
        self._guard.rearm()
        return stopped

    @property
    def _log(self) -> Any:
        return self._node.get_logger()
