"""What a run leaves on this machine: its logs and parameter files."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path

from dynsyn_lab.live.user_files import state_folder

KEPT_RUNS = 20


def run_folder(robot: str) -> Path:
    """A new folder for the logs of a run; those of older runs than the last KEPT_RUNS go.

    Raises:
        OSError: it cannot be made.
    """
    logs = state_folder() / "log"
    name = f"{datetime.now():%Y%m%d-%H%M%S}-{robot}-{os.getpid()}"
    (logs / name).mkdir(parents=True)
    for old in sorted(path for path in logs.iterdir() if path.is_dir())[:-KEPT_RUNS]:
        shutil.rmtree(old, ignore_errors=True)
    return logs / name
