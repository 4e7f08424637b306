"""Start-up hook of `.venv`: makes ROS 2 and the built workspace visible without sourcing anything.

The build copies this file into site-packages with the search paths filled in. The dynamic linker
reads LD_LIBRARY_PATH only when a process starts, so where an entry is missing Python is replaced by
itself once (same process id, same arguments, same exit code). The ROS wheels bring a hook that does
the same for their part; it is told that the work is done, so that Python starts twice, not thrice.
"""

import os
import sys

WANTED: dict[str, list[str]] = {}


def extended(current: str, wanted: list[str]) -> str:
    """Search path `current` with the missing entries of `wanted` put before it, in their order."""
    entries = [entry for entry in current.split(os.pathsep) if entry]
    missing = [entry for entry in dict.fromkeys(wanted) if entry not in entries]
    return os.pathsep.join(missing + entries)


def is_sourcing(arguments: list[str]) -> bool:
    """Whether this Python works for `source install/setup.bash`.

    That script finds out what the shell lacks from its own environment: nothing may be added to
    it, or the shell would not get it.
    """
    return any(os.path.basename(name).startswith("_local_setup_util") for name in arguments[1:3])


def main() -> None:
    """Extend the search paths; start Python again if the linker has to see the new ones."""
    os.environ["_ROS_WHEELS_BOOTSTRAP_COMPLETE"] = "1"
    if is_sourcing(sys.orig_argv):
        return
    changed = set()
    for variable, entries in WANTED.items():
        current = os.environ.get(variable, "")
        path = extended(current, entries)
        if path != current:
            os.environ[variable] = path
            changed.add(variable)
    # Should something strip LD_LIBRARY_PATH on the way, one try must be enough.
    tried = os.environ.pop("_DYNSYN_RESTARTED", "") == str(os.getpid())
    if "LD_LIBRARY_PATH" not in changed or tried or not sys.executable:
        return
    os.environ["_DYNSYN_RESTARTED"] = str(os.getpid())
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


if WANTED:
    main()
