"""What becomes of standard output when it cannot be written any more."""

from __future__ import annotations

import os
import sys


def drop_output() -> None:
    """Let nothing that is still to be written, as Python does at its end, fail once more."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
