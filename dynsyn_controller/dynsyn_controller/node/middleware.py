"""ROS as this process finds it: rclpy and its middleware load, or one line says why not."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from dynsyn_controller.robot.config_files import config_path


class MiddlewareError(RuntimeError):
    """rclpy or the middleware cannot be loaded; the message says where it is and what chose it."""


_RANGE, _OLD_RANGE = "ROS_AUTOMATIC_DISCOVERY_RANGE", "ROS_LOCALHOST_ONLY"
_TRANSPORTS = (
    "FASTDDS_BUILTIN_TRANSPORTS",
    "FASTDDS_DEFAULT_PROFILES_FILE",
    "FASTRTPS_DEFAULT_PROFILES_FILE",
)
"""Variables by which a user chooses Fast DDS's transports."""


def keep_to_this_machine() -> None:
    """Let nodes be seen on this machine only, unless the user's environment says otherwise."""
    if not {_RANGE, _OLD_RANGE} & set(os.environ):
        os.environ[_RANGE] = "LOCALHOST"


def avoid_shared_memory() -> None:
    """Let Fast DDS use sockets alone, unless the user's environment says otherwise.

    Its shared memory outlives a process that is killed, and a process that was held up for a second
    is taken for dead: then nothing reaches the node any more until it is started again
    (https://github.com/eProsima/Fast-DDS/issues/5469).

    With LOCALHOST as the range of discovery, ROS chooses shared memory itself, whatever the
    transports are. So that range is replaced by its equal, a profile of the loopback alone. With
    peers on other machines (ROS_STATIC_PEERS) it stays.
    """
    if set(_TRANSPORTS) & set(os.environ):
        return
    if not _asks_for_this_machine():
        os.environ[_TRANSPORTS[0]] = "UDPv4"
    elif not os.environ.get("ROS_STATIC_PEERS"):
        os.environ[_TRANSPORTS[1]] = str(config_path("fastdds/this_machine.xml"))
        os.environ[_RANGE] = "SYSTEM_DEFAULT"  # which is: as the profile has it
        os.environ.pop(_OLD_RANGE, None)


def _asks_for_this_machine() -> bool:
    return os.environ.get(_OLD_RANGE) == "1" or os.environ.get(_RANGE) == "LOCALHOST"


def load() -> None:
    """Import rclpy, once it is known that the middleware asked for is there.

    To be called first: where the middleware is missing, the import itself ends the process.

    Raises:
        MiddlewareError: one of them is missing or does not load.
    """
    _check_chosen()
    try:
        import rclpy
    except ImportError as error:
        raise MiddlewareError(_import_failure(error)) from None
    if rclpy.get_rmw_implementation_identifier().startswith("rmw_fastrtps"):
        avoid_shared_memory()


def _check_chosen() -> None:
    chosen = os.environ.get("RMW_IMPLEMENTATION", "")
    if not chosen:
        return
    try:
        from ament_index_python.resources import get_resources
    except ImportError:
        return  # then rclpy is missing as well, which is said by its import
    # This type of resource is what rmw_implementation itself looks its implementations up by.
    there = sorted(set(get_resources("rmw_typesupport")) - {"rmw_implementation"})
    if chosen not in there:
        raise MiddlewareError(
            f"middleware {chosen} (RMW_IMPLEMENTATION) is not installed, there is "
            f"{', '.join(there) or 'none'}: install it, or unset that variable"
        )


def _import_failure(error: ImportError) -> str:
    found = importlib.util.find_spec("rclpy") if error.name != "rclpy" else None
    if found is None or found.origin is None:
        return "rclpy is not installed: run make setup, or source a ROS 2 distribution"
    path = f"; PYTHONPATH is {os.environ['PYTHONPATH']}" if os.environ.get("PYTHONPATH") else ""
    reason = " ".join(str(error).split())[:300]
    return f"rclpy at {Path(found.origin).parent} does not load: {reason}{path}"
