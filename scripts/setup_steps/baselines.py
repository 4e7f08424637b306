"""What the baselines need (torch for CPUs, Stable-Baselines3, cma), in a folder of its own.

Only their tests have it on their path, so that all else is seen to need none of it.
"""

from __future__ import annotations

import re
import shutil

from setup_steps.common import VENV, stage
from setup_steps.environment import REQUIREMENTS, digest, pip_install

FOLDER = VENV / "baselines"
PINS = REQUIREMENTS / "extra-baselines.txt"
LOG = "baselines.log"
_RECORD = FOLDER / "dynsyn-setup.txt"


def for_cpus(pins: str) -> str:
    """The pins, of torch those of its version without CUDA, which is a tenth of the size."""
    return re.sub(r"^(torch==[\w.]+)$", r"\1+cpu", pins, flags=re.MULTILINE)


def ensure() -> None:
    """Install them unless they are there.

    :raises SetupError: when pip cannot.
    """
    wanted = digest([PINS])
    if _RECORD.exists() and _RECORD.read_text(encoding="utf-8") == wanted:
        return
    with stage(f"installing the baselines for their tests (log: log/{LOG})"):
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        list_ = FOLDER / "requirements.txt"
        list_.write_text(for_cpus(PINS.read_text(encoding="utf-8")), encoding="utf-8")
        # One attempt: who has no way to them is not kept waiting for what is not needed.
        options = ["--retries", "1", "--timeout", "20", "--no-compile", "--no-deps"]
        pip_install([list_], LOG, *options, "--target", str(FOLDER))
    _RECORD.write_text(wanted, encoding="utf-8")
