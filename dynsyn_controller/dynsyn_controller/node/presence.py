"""Which controllers of this user are on which ROS domain and namespace of this machine.

Discovery over the network finds others too, but may take seconds; this is known at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from pathlib import Path


class Taken(RuntimeError):
    """A controller is there already; the message names its process."""


class Presence:
    """Says that a controller is on a domain and namespace, until `leave` or the process's end.

    A lock of the kernel's, shared by a command and the node that it starts, on a file that names
    the process to be ended. Where the file cannot be made, nothing is said.

    Args:
        domain: ROS domain id.
        namespace: absolute.
        alone: refuse where somebody else is there.

    Raises:
        Taken: `alone`, and somebody is.
    """

    def __init__(self, domain: int, namespace: str, alone: bool = False) -> None:
        self._file = -1
        path = _path(domain, namespace)
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if alone:
                holder = os.read(self._file, 20).decode(errors="replace").strip()
                self.leave()
                raise Taken(
                    f"a controller is in namespace {namespace} of ROS domain {domain} already: "
                    f"process {holder or 'unknown'}"
                ) from None
        else:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def leave(self) -> None:
        """Say it no more."""
        if self._file >= 0:
            with contextlib.suppress(OSError):
                os.close(self._file)
            self._file = -1


def _path(domain: int, namespace: str) -> Path:
    place = namespace.strip("/").replace("/", ".")
    return Path(tempfile.gettempdir(), f"dynsyn-{os.getuid()}", f"{domain}@{place}.controller")
