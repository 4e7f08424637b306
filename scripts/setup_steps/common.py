"""What the steps share: where things are, one error, a line for each stage, logged commands."""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
LOG_FOLDER = ROOT / "log"
TAIL_LINES = 15


class SetupError(Exception):
    """The set-up cannot go on; the message is what the user reads, and says what to do."""


@contextmanager
def stage(text: str) -> Iterator[None]:
    """Announce a stage of the set-up on one line, and how long it took once it is done."""
    print(f"setup: {text} ...", end="", flush=True)
    start = time.monotonic()
    try:
        yield
    except BaseException:
        print(" failed", flush=True)
        raise
    print(f" {time.monotonic() - start:.0f} s", flush=True)


def run_logged(command: Sequence[str], log_name: str, env: Mapping[str, str] | None = None) -> None:
    """Run a command with all its output appended to `log/<log_name>`.

    :raises SetupError: when it fails, with the end of its output and the path of the log.
    """
    LOG_FOLDER.mkdir(exist_ok=True)
    log = LOG_FOLDER / log_name
    with log.open("a", encoding="utf-8", errors="replace") as out:
        out.write(f"$ {' '.join(map(str, command))}\n")
        out.flush()
        begin = out.tell()
        done = subprocess.run(
            list(command), cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode == 0:
        return
    with log.open("rb") as whole:
        whole.seek(begin)
        lines = whole.read().decode(errors="replace").splitlines()
    tail = "\n".join(f"    {line}" for line in lines[-TAIL_LINES:])
    name = Path(command[0]).name
    raise SetupError(
        f"{name} failed with exit code {done.returncode}; its last lines (all of it: "
        f"{log.relative_to(ROOT)}):\n{tail}"
    )


@contextmanager
def exclusive() -> Iterator[None]:
    """Hold the workspace's lock: two `make` at once must not install or build over each other."""
    LOG_FOLDER.mkdir(exist_ok=True)
    with (LOG_FOLDER / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("setup: waiting for another set-up of this workspace to end", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def distribution() -> str:
    """Name of the sourced ROS distribution, or "" where there is none."""
    return os.environ.get("ROS_DISTRO", "")
