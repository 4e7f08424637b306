"""Runs a command that ends with the process that started it: python tether.py PARENT COMMAND...

Linux sends a process SIGTERM when its parent dies, however that dies, if it asks for it; the wish
survives exec. Run as a file, not imported: only the standard library, so that it starts at once.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask for the signal, then become the command."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:  # it died before the request was made
        sys.exit(1)
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
