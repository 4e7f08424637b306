"""Whether what is installed also loads: each thing is imported, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from dynsyn_lab.doctor.findings import AGAIN, Finding

TIME_LIMIT = 120.0
"""s that one thing may take."""

_MIDDLEWARE = """
import rclpy.utilities
print(rclpy.utilities.get_rmw_implementation_identifier())
"""
_OWN_MESSAGES = """
from rclpy.serialization import serialize_message
import dynsyn_msgs.msg as messages
serialize_message(messages.Weights())
print(sum(isinstance(member, type) for member in vars(messages).values()), "message types")
"""
_NUMBA = """
import numba, numpy
total = numba.njit(lambda values: values.sum())
assert total(numpy.ones(3)) == 3.0
print(numba.__version__)
"""
_MODULE = "import {0}; print(getattr({0}, '__version__', 'loads'))"


def load_all() -> Iterator[Finding]:
    """Load everything that something may be wrong with, in the order of the table."""
    yield loaded("NumPy loads", _MODULE.format("numpy"), AGAIN)
    yield loaded("Numba compiles", _NUMBA, AGAIN)
    ros = f"{AGAIN}; unset RMW_IMPLEMENTATION if it is set"
    yield loaded("middleware loads", _MIDDLEWARE, ros)
    yield loaded("dynsyn_msgs loads", _OWN_MESSAGES, "run make build")
    yield loaded("Box2D loads", _MODULE.format("Box2D"), AGAIN)
    yield loaded("mujoco loads", _MODULE.format("mujoco"), AGAIN, required=False)
    yield loaded("matplotlib loads", _MODULE.format("matplotlib.figure"), AGAIN, required=False)


def loaded(name: str, program: str, remedy: str, required: bool = True) -> Finding:
    """What a Python program prints last; where it fails, its last line of error is in the remedy.

    Args:
        name: for people.
        program: to run.
        remedy, required: see `Finding`.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=TIME_LIMIT
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding(name, None, f"{remedy} ({' '.join(str(error).split())})", required)
    if done.returncode == 0:
        return Finding(name, (done.stdout.strip().splitlines() or ["loads"])[-1], remedy, required)
    lines = done.stderr.strip().splitlines()
    # A signal ended it: what may stand there is not an error's last line but Python's fault dump.
    reason = lines[-1] if lines and done.returncode > 0 else f"exit code {done.returncode}"
    return Finding(name, None, f"{remedy} ({reason})", required)
