"""A process that has imported what the project's programs import, and forks into them when asked.

A node imports for a second before it does anything, and the tests start some two hundred. What is
forked is a process of its own all the same: its pid, session, signals, environment, output and the
end of its Python are those of a program started from a shell; only its imports are done already.

A request is a line of JSON, and so is the answer:
    {"argv": [...], "cwd": ..., "env": {...}, "output": file, "errors": file}  ->  its pid
    {"ended": pid}  ->  its exit code as the system has it (os.waitstatus_to_exitcode)
"""

from __future__ import annotations

import gc
import importlib
import inspect
import json
import os
import runpy
import socket
import sys
import warnings
from pathlib import Path
from typing import Any

PROGRAMS = {"dynsyn_controller.node.controller_node", "dynsyn_sim_bridge.bridge_node"}
"""Modules that are run by `python -m`."""
SCRIPTS = {"controller_node", "bridge_node"}
"""Names of programs that are run by the path at which the workspace has them."""
IMPORTED = (
    "dynsyn_controller.lifetime.checkpoint",
    "dynsyn_controller.node.introduction",
    "dynsyn_controller.node.reports",
    "dynsyn_lab.cli.main",
    "dynsyn_lab.live.dashboard",
    "dynsyn_lab.live.display",
    "dynsyn_lab.training.trainer",
    "dynsyn_sim_bridge.robots.bipedal_walker",
    "dynsyn_sim_bridge.robots.swimmer",
    "diagnostic_msgs.msg",
    "dynsyn_msgs.msg",
    "dynsyn_msgs.srv",
    "lifecycle_msgs.srv",
    "nav_msgs.msg",
    "rcl_interfaces.srv",
    "sensor_msgs.msg",
    "std_srvs.srv",
)
"""What takes long, rclpy aside: its library starts threads, which no fork would have."""
MESSAGES = (
    "diagnostic_msgs",
    "dynsyn_msgs",
    "lifecycle_msgs",
    "nav_msgs",
    "rcl_interfaces",
    "sensor_msgs",
    "std_msgs",
    "std_srvs",
)
"""Packages whose library a node loads when it first uses one of their messages."""
AFTER_IMPORTS = {
    "COLUMNS",
    "FASTDDS_BUILTIN_TRANSPORTS",
    "FASTDDS_DEFAULT_PROFILES_FILE",
    "PYTEST_CURRENT_TEST",
    "PYTHONPATH",
    "ROS_AUTOMATIC_DISCOVERY_RANGE",
    "ROS_DOMAIN_ID",
    "XDG_STATE_HOME",
}
"""Variables that are read after the imports: another one that differs asks for another Python."""


def serves(argv: list[str], env: dict[str, str], served: dict[str, str]) -> bool:
    """Whether a fork does what a new process of `argv` would do.

    Args:
        argv: command: Python first, or a script of the workspace's.
        env: the environment that it is to have.
        served: the environment of the server.
    """
    program = argv[1:2] == ["-c"] or (argv[1:2] == ["-m"] and argv[2] in PROGRAMS)
    served_here = (argv[0] == sys.executable and program) or is_script(argv[0])
    differs = {name for name in env.keys() | served.keys() if env.get(name) != served.get(name)}
    return served_here and differs <= AFTER_IMPORTS


def is_script(path: str) -> bool:
    """Whether it is one of SCRIPTS, and this Python is the one that it asks for."""
    file = Path(path)
    return file.name in SCRIPTS and file.read_text().startswith(f"#!{sys.executable}\n")


def serve(line: socket.socket) -> dict[str, Any]:
    """Answer until the other side is gone, then exit; returns in each fork, with its request."""
    with line, line.makefile("rw") as file:
        for text in file:
            request = json.loads(text)
            if "ended" in request:
                _, status = os.waitpid(request["ended"], 0)
                answer = os.waitstatus_to_exitcode(status)
            else:
                answer = os.fork()
                if answer == 0:
                    return request
            print(json.dumps(answer), file=file, flush=True)
    sys.exit()


def become(request: dict[str, Any]) -> None:
    """Run the program asked for, in this process."""
    os.setsid()
    for number, path, mode in (
        (0, os.devnull, os.O_RDONLY),
        (1, request["output"], os.O_WRONLY | os.O_APPEND),
        (2, request["errors"], os.O_WRONLY | os.O_APPEND),
    ):
        descriptor = os.open(path, mode)
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(request["cwd"])
    sys.path[1:1] = filter(None, request["env"].get("PYTHONPATH", "").split(os.pathsep))
    os.environ.clear()
    os.environ.update(request["env"])
    if is_script(request["argv"][0]):
        script, *rest = request["argv"]
        sys.path[0] = os.path.dirname(script)
        sys.argv = [script, *rest]
        runpy.run_path(script, run_name="__main__")
        return
    kind, program, *rest = request["argv"][1:]
    if kind == "-m":
        sys.path[0] = request["cwd"]
        sys.argv = [program, *rest]
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = ""
        sys.argv = ["-c", *rest]
        exec(compile(program, "<string>", "exec"), {"__name__": "__main__"})


def warm_up() -> None:
    """Let Numba, ROS, and `inspect` for a node's first log line, look up what they look up once."""
    import numba  # only here: the tests that ask `serves` need not wait for them
    import rosidl_generator_py

    numba.njit(lambda: 0)()
    inspect.getmodule(inspect.currentframe())
    for package in MESSAGES:
        rosidl_generator_py.import_type_support(package)


def main() -> None:
    """Import, then serve on the socket that is standard input."""
    line = socket.socket(fileno=os.dup(0))
    sys.path[0] = ""
    for name in IMPORTED:
        importlib.import_module(name)
    warm_up()
    assert "rclpy" not in sys.modules
    gc.collect()
    gc.freeze()
    # Python warns of threads at a fork. Those here are OpenBLAS's, which it starts anew.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        request = serve(line)
    become(request)


if __name__ == "__main__":
    main()
