"""A window that shows a robot while it trains."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

from dynsyn_lab.errors import CommandError

PERIOD = 1.0 / 30.0
"""s between pictures."""


class Window:
    """Opens with the first picture.

    Args:
        title: of the window.

    Raises:
        CommandError: there is no display.
    """

    def __init__(self, title: str) -> None:
        os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
        import pygame

        self._pygame, self._title = pygame, title
        try:
            pygame.display.init()
        except pygame.error as error:
            raise CommandError(f"--render: no display to open a window on: {error}") from None
        # Without a display SDL quietly takes one that nobody sees; asked for by name it may.
        if pygame.display.get_driver() != os.environ.get("SDL_VIDEODRIVER", "").lower() and (
            pygame.display.get_driver() in ("dummy", "offscreen")
        ):
            raise CommandError("--render: no display to open a window on")
        self._screen: pygame.Surface | None = None

    def show(self, frame: NDArray[np.uint8]) -> bool:
        """Show a picture, (height, width, 3). Returns False once the window has been closed."""
        pygame = self._pygame
        size = frame.shape[1::-1]
        if self._screen is None or self._screen.get_size() != size:
            self._screen = pygame.display.set_mode(size)
            pygame.display.set_caption(self._title)
        pygame.surfarray.blit_array(self._screen, frame.swapaxes(0, 1))
        pygame.display.flip()
        return not any(event.type == pygame.QUIT for event in pygame.event.get())

    def close(self) -> None:
        """Close the window."""
        self._pygame.display.quit()
