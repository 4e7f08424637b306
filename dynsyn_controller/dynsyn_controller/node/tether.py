"""Runs a command that ends with the process that started it: python tether.py PARENT COMMAND...

Linux sends a process SIGTERM when its parent dies, however that dies, if it asks for it; the wish
survives exec. Run as a file, not imported by the child: only the standard library, so that it
starts at once.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that ask a program to end in order."""


def tethered(command: Sequence[str] = (), deferring: bool = False) -> list[str]:
    """Command line that runs `command` such that it gets a SIGTERM when this process dies.

    Args:
        command: absolute path of the program, then its arguments; they may also be appended to what
            is returned.
        deferring: block the signals that ask it to end: they wait until the program has set up its
            handlers and lets them through, as `node.stop_request` does.
    """
    mode = "deferring" if deferring else "plain"
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), mode, *command]


def main() -> None:
    """Ask for the signal, then become the command."""
    parent, mode, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:  # it died before the request was made
        sys.exit(1)
    if mode == "deferring":
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
