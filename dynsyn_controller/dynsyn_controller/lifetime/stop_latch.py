"""An emergency stop that outlasts the process: a file beside the checkpoint."""

from __future__ import annotations

from pathlib import Path

from dynsyn_controller.lifetime import atomic
from dynsyn_controller.lifetime.checkpoint import CheckpointError


class StopLatch:
    """The file NAME.stopped beside a checkpoint NAME.

    Args:
        path: of the checkpoint; None: nothing outlasts the process.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path.with_name(f"{path.name}.stopped") if path else None

    def held(self) -> bool:
        """Whether a stop was left on; a file that cannot be read counts as one."""
        try:
            return self.path is not None and self.path.exists()
        except OSError:
            return True

    def hold(self, why: str) -> None:
        """Leave the stop on.

        Args:
            why: one line, for people who find the file.

        Raises:
            CheckpointError: it cannot be written.
        """
        if self.path is None:
            return
        try:
            atomic.write(self.path, f"{why}\n")
        except OSError as error:
            raise CheckpointError(
                f"emergency stop: not kept for after a restart: {self.path}: {error.strerror}"
            ) from None

    def release(self) -> None:
        """Take it off.

        Raises:
            CheckpointError: the file cannot be removed, so that it holds again after a restart.
        """
        try:
            if self.path is not None:
                self.path.unlink(missing_ok=True)
        except OSError as error:
            raise CheckpointError(
                f"emergency stop: {self.path} cannot be removed: {error.strerror}"
            ) from None
