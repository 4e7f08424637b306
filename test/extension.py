"""What the pages docs/extending-*.md show, put where a user would have it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import forked

from dynsyn_lab.interrupts import Interrupts
from dynsyn_lab.sweeps.point import Silence
from dynsyn_lab.training.limits import Limits
from dynsyn_lab.training.run_folder import RunFolder
from dynsyn_lab.training.run_setup import make_config
from dynsyn_lab.training.trainer import Trainer

ROOT = Path(__file__).resolve().parents[1]


def example(page: str) -> str:
    """The Python code of a page of docs/."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    return code


def train(path: Path, steps: int, robot: str = "swimmer", **chosen) -> RunFolder:
    """A run of one lifetime; in a folder that is there it goes on."""
    if path.exists():
        folder = RunFolder(path)
    else:
        folder = RunFolder.create(path, make_config(robot, save_every=500, **chosen))
    Trainer(folder, Limits(steps), Silence(), Interrupts()).run()
    return folder


def dynsyn(*words: object, cwd: Path) -> subprocess.CompletedProcess:
    """The command line, in a process of its own."""
    path = os.pathsep.join(filter(None, sys.path))
    command = [*forked.DYNSYN, *map(str, words)]
    return forked.run(command, env={**os.environ, "PYTHONPATH": path}, cwd=cwd)


def checkpoint_of(folder: RunFolder) -> Path:
    """The lifetime as it was saved last."""
    return folder.lifetime(0) / "checkpoint.ckpt"
