"""What is in the way of writing a file, found out before a life depends on it."""

from __future__ import annotations

import os
import re
import secrets
import stat
from pathlib import Path


def protection(path: str | Path) -> str:
    """Why the file, if there is one, must not be written over; empty: it may be."""
    try:
        mode = Path(path).stat().st_mode
    except OSError:
        return ""
    if not stat.S_ISREG(mode):
        return "is not a file"
    # the mode, not os.access: to root everything is writable, protected or not
    if not mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        return f"is write-protected (mode {stat.S_IMODE(mode):03o})"
    return ""


def obstacle(path: str | Path) -> str:
    """What would be in the way of replacing the file, or of making it; empty: nothing.

    A link is followed. A neighbour is made and removed, since only that finds a file system that is
    mounted read-only.
    """
    real = Path(os.path.realpath(path))
    if not real.parent.is_dir():
        return f"there is no folder {real.parent}"
    if found := protection(real):
        return found
    probe = real.with_name(f".{real.name}.{secrets.token_hex(4)}")
    try:
        with open(probe, "xb"):
            probe.unlink()
    except OSError as error:
        return f"folder {real.parent} cannot be written to: {error.strerror}"
    if _mounted(real):
        return "is mounted as a file of its own, which cannot be replaced; mount its folder"
    return ""


def _mounted(path: Path) -> bool:
    try:
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:  # not Linux: the first save will tell
        return False
    escaped = re.sub(r"[ \t\n\\]", lambda found: f"\\{ord(found[0]):03o}", str(path))
    return any(line.split(" ")[4] == escaped for line in mounts.splitlines())
