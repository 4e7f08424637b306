"""What `dynsyn doctor` looks for, and where. It looks only: nothing that it finds is imported."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dynsyn_lab.errors import install_extra

AGAIN = "run make setup"
MESSAGES = (
    "builtin_interfaces",
    "diagnostic_msgs",
    "geometry_msgs",
    "lifecycle_msgs",
    "nav_msgs",
    "rosgraph_msgs",
    "sensor_msgs",
    "std_msgs",
    "std_srvs",
)
OWN_PACKAGES = ("dynsyn_msgs", "dynsyn_controller", "dynsyn_sim_bridge", "dynsyn_lab")


@dataclass(frozen=True)
class Finding:
    """One thing looked for.

    `found` is its version or place, None where it is missing; `remedy` says how to get it, and
    matters only then; `required` tells whether dynsyn runs without it.
    """

    name: str
    found: str | None
    remedy: str
    required: bool = True

    @property
    def state(self) -> str:
        """In a word, for the table."""
        if self.found is not None:
            return "ok"
        return "MISSING" if self.required else "not there"


def examine() -> Iterator[Finding]:
    """Look for everything, in the order of the table."""
    yield python_finding()
    yield compiler_finding("C compiler", ("cc", "gcc", "clang"))
    yield compiler_finding("C++ compiler", ("c++", "g++", "clang++"))
    yield Finding("Python headers", headers(), "sudo apt install python3-dev")
    yield program("make", "sudo apt install make", required=False)
    yield program("cmake", AGAIN)
    yield distribution("colcon", "colcon-core", AGAIN)
    yield from ros_findings()
    for name in ("numpy", "numba", "PyYAML", "rich", "psutil"):
        yield distribution(name, name, AGAIN)
    yield distribution("gymnasium", "gymnasium", AGAIN)
    yield distribution("Box2D (walkers)", "Box2D", AGAIN)
    yield distribution("mujoco (swimmer)", "mujoco", AGAIN, required=False)
    yield distribution("matplotlib (plots)", "matplotlib", AGAIN, required=False)
    yield distribution("imageio (render)", "imageio", AGAIN, required=False)
    for name, use in (
        ("torch", "import of .zip"),
        ("onnx", "import of .onnx"),
        ("stable-baselines3", "baselines"),
        ("sb3-contrib", "baselines"),
        ("cma", "baselines"),
    ):
        yield distribution(f"{name} ({use})", name, install_extra("baselines"), False)
    yield distribution("envpool (many lifetimes)", "envpool", install_extra("envpool"), False)
    yield distribution("ray (sweeps on a cluster)", "ray", install_extra("ray"), False)
    video = f"{install_extra('video')}, or sudo apt install ffmpeg (for .mp4; .gif needs nothing)"
    yield program("ffmpeg", video, False)


def python_finding() -> Finding:
    """The running Python: its version and place."""
    good = sys.version_info >= (3, 10)
    found = f"{platform.python_version()} at {sys.executable}" if good else None
    return Finding("Python", found, "install Python 3.10 to 3.13")


def compiler_finding(name: str, programs: tuple[str, ...]) -> Finding:
    """The first of the compilers that is there; the message package is built with it."""
    place = next(filter(None, map(shutil.which, programs)), None)
    return Finding(
        name, place and first_line([place, "--version"]), "sudo apt install build-essential"
    )


def headers() -> str | None:
    """Folder of Python.h, or None."""
    folder = sysconfig.get_paths()["include"]
    return folder if Path(folder, "Python.h").exists() else None


def program(name: str, remedy: str, required: bool = True) -> Finding:
    """A program beside this Python or on the PATH, by the first line that it says of itself."""
    beside = Path(sys.executable).with_name(name)
    place = str(beside) if beside.exists() else shutil.which(name)
    option = "-version" if name == "ffmpeg" else "--version"
    return Finding(name, place and first_line([place, option]), remedy, required)


def first_line(command: list[str]) -> str | None:
    """First line that a command prints, None when it cannot run or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return (done.stdout.splitlines() or [""])[0].strip() or None


def distribution(name: str, package: str, remedy: str, required: bool = True) -> Finding:
    """An installed Python package, by its version."""
    try:
        found: str | None = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        found = None
    return Finding(name, found, remedy, required)


def ros_findings() -> Iterator[Finding]:
    """ROS 2: rclpy and where it comes from, messages, own packages, its tools."""
    remedy = f"{AGAIN}, or source a ROS 2 distribution and run it again"
    yield Finding("rclpy", rclpy_origin(), remedy)
    missing = [name for name in MESSAGES if place(name) is None]
    found = None if missing else f"{len(MESSAGES)} packages"
    yield Finding("messages", found, f"{remedy} (missing: {', '.join(missing)})")
    for name in OWN_PACKAGES:
        yield Finding(name, share_folder(name), "run make build")
    ros = "comes with a ROS 2 distribution; dynsyn runs without it"
    for name in ("launch_ros", "ros2cli"):
        yield Finding(name, place(name), ros, required=False)


def place(package: str) -> str | None:
    """Folder of a Python package, None where it cannot be found."""
    try:
        found = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return None
    if found is None:
        return None
    return (
        str(Path(found.origin).parent)
        if found.origin
        else next(iter(found.submodule_search_locations or ()), None)
    )


def rclpy_origin() -> str | None:
    """Where rclpy comes from, the wheels or a distribution; None where there is none."""
    where = place("rclpy")
    if where is None:
        return None
    try:
        return f"{importlib.metadata.version('ros-rclpy')}, wheels (Kilted)"
    except importlib.metadata.PackageNotFoundError:
        return f"{os.environ.get('ROS_DISTRO', 'unknown distribution')}, {where}"


def share_folder(package: str) -> str | None:
    """Where a package of the workspace is installed, by the index that ROS's tools read."""
    for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep):
        if prefix and Path(prefix, "share/ament_index/resource_index/packages", package).exists():
            return str(Path(prefix, "share", package))
    return None


def show(findings: list[Finding]) -> None:
    """Print the findings as a plain table: it must work where even rich is missing."""
    rows = [(finding.state, finding.name, finding.found or finding.remedy) for finding in findings]
    width = max(len(name) for _, name, _ in rows)
    for state, name, text in rows:
        print(f"{state:<9}  {name:<{width}}  {text}")
