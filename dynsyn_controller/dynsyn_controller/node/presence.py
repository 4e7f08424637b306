"""Which controllers of this user are on which ROS domain and namespace of this machine.

Discovery over the network finds others too, but may take seconds; this is known at once.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from dynsyn_controller.lifetime.pid_lock import Held, PidLock


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
        self._lock: PidLock | None = None
        path = _path(domain, namespace)
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            self._lock = PidLock(path, joining=not alone)
        except OSError:
            return
        except Held as error:
            raise Taken(
                f"a controller is in namespace {namespace} of ROS domain {domain} already: process "
                f"{error.holder}"
            ) from None
        self._lock.share()

    def leave(self) -> None:
        """Say it no more."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def _path(domain: int, namespace: str) -> Path:
    place = namespace.strip("/").replace("/", ".")
    return Path(tempfile.gettempdir(), f"dynsyn-{os.getuid()}", f"{domain}@{place}.controller")
