"""The colcon build of the workspace, and what makes `.venv/bin/python` see it without sourcing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from setup_steps.common import ROOT, VENV, VENV_PYTHON, SetupError, run_logged, stage
from setup_steps.environment import Environment

PACKAGES = ("dynsyn_msgs", "dynsyn_controller", "dynsyn_sim_bridge", "dynsyn_lab")
STAMP = ROOT / "build" / ".dynsyn-built"
LOG = "build.log"
SITE_SOURCE = Path(__file__).with_name("start_up_hook.py")
LAUNCHER = """#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
from dynsyn_lab.cli.program import dynsyn
if __name__ == "__main__":  # not in the processes that multiprocessing starts
    dynsyn()
"""


def ensure(place: Environment, force: bool = False) -> None:
    """Build what is newer than the last build, and refresh the launcher and the search paths.

    :raises SetupError: when colcon fails, or cannot build here.
    """
    if not force and not stale(place):
        return
    refuse_unreadable_path(place)
    forget_other_environment(place)
    with stage(f"building the workspace (log: log/{LOG})"):
        run_logged(colcon_command(), LOG, colcon_environment(place))
        make_visible(place)
    STAMP.write_text(fingerprint(place), encoding="utf-8")


def refuse_unreadable_path(place: Environment) -> None:
    """ROS's own CMake files read paths as ASCII; only those of the wheels have been mended.

    :raises SetupError: when this folder has other letters and a distribution builds in it.
    """
    if place.has_distribution and not str(ROOT).isascii():
        raise SetupError(
            f"ROS's build tools cannot build in {ROOT}: move the clone into a folder whose path "
            "has only plain letters (ASCII)"
        )


def fingerprint(place: Environment) -> str:
    """What a build belongs to: another environment, or the same one moved, needs a new build."""
    return f"{place.record.path} {place.record.origin} {place.record.python}\n"


def sources() -> Iterator[Path]:
    """Files and folders whose change asks for a build.

    Modules are not among them: the build links to them, so that an edit is live.
    """
    for package in PACKAGES:
        folder = ROOT / package
        yield from (folder / name for name in ("CMakeLists.txt", "package.xml", "setup.py"))
        yield from (folder / "setup.cfg", folder / package / "__init__.py")
        yield from folder.glob("msg/*.msg")
        yield from folder.glob("srv/*.srv")
        yield from (folder / "msg", folder / "srv")
    for top in ("launch", "config"):
        tree = (ROOT / top, *(ROOT / top).rglob("*"))
        yield from (path for path in tree if "__pycache__" not in path.parts)
    yield from Path(__file__).parent.glob("*.py")


def stale(place: Environment) -> bool:
    """Whether anything the build depends on is newer than the last one."""
    if not STAMP.exists() or STAMP.read_text(encoding="utf-8") != fingerprint(place):
        return True
    built = STAMP.stat().st_mtime
    return any(path.exists() and path.stat().st_mtime > built for path in sources())


def forget_other_environment(place: Environment) -> None:
    """Delete a build made for another environment: CMake's cache would keep its paths."""
    if STAMP.exists() and STAMP.read_text(encoding="utf-8") == fingerprint(place):
        return
    for folder in ("build", "install"):
        shutil.rmtree(ROOT / folder, ignore_errors=True)


def colcon_command() -> list[str]:
    """The build itself. Links instead of copies, so that edits of Python and YAML are live."""
    return [
        str(VENV_PYTHON),
        *("-m", "colcon", "build", "--symlink-install"),
        *("--base-paths", *PACKAGES, "--event-handlers", "console_cohesion+"),
        *("--cmake-args", "-DCMAKE_BUILD_TYPE=Release", f"-DPython3_EXECUTABLE={VENV_PYTHON}"),
        "-DBUILD_TESTING=OFF",
    ]


def colcon_environment(place: Environment) -> dict[str, str]:
    """Environment variables of the build: as if the virtual environment were activated."""
    env = {**os.environ, "VIRTUAL_ENV": str(VENV), "COLCON_HOME": str(ROOT / "build" / ".colcon")}
    env["PATH"] = os.pathsep.join((str(VENV / "bin"), env.get("PATH", os.defpath)))
    env["PYTHONWARNINGS"] = "ignore"
    if place.has_distribution:
        return env
    # An overlay of a distribution that is not sourced any more would mix two ROS installations.
    for variable in ("AMENT_PREFIX_PATH", "CMAKE_PREFIX_PATH"):
        env[variable] = str(VENV)
    for variable in ("COLCON_PREFIX_PATH", "PYTHONPATH", "PYTHONHOME"):
        env.pop(variable, None)
    return env


def library_folders(place: Environment) -> list[Path]:
    """Folders of shared libraries that ROS 2 and the built messages are loaded from."""
    folders = [ROOT / "install" / package / "lib" for package in PACKAGES[:1]]
    if not place.has_distribution:
        folders += [VENV / "lib", *sorted(place.site_packages.glob("ros_*.libs"))]
    return folders


def module_folders() -> list[Path]:
    """Folders of modules: sources first, so that edits are live; then messages and metadata."""
    folders = [ROOT / package for package in PACKAGES[1:]]
    folders += [ROOT / "build" / package for package in PACKAGES[1:]]
    for pattern in ("lib/python*/site-packages", "local/lib/python*/dist-packages"):
        folders += sorted((ROOT / "install").glob(f"*/{pattern}"))
    return [folder for folder in folders if folder.is_dir()]


def make_visible(place: Environment) -> None:
    """Write the launcher `.venv/bin/dynsyn` and the start-up hook into the environment."""
    prefixes = [str(ROOT / "install" / package) for package in PACKAGES]
    variables = {
        "LD_LIBRARY_PATH": [str(folder) for folder in library_folders(place)],
        "AMENT_PREFIX_PATH": prefixes + ([] if place.has_distribution else [str(VENV)]),
    }
    modules = [str(folder) for folder in module_folders()]
    if place.has_distribution:
        # What the sourced distribution had set, so that `dynsyn` works where nothing is sourced.
        for variable in variables:
            variables[variable] += split(os.environ.get(variable, ""))
        modules += split(os.environ.get("PYTHONPATH", ""))
    site = place.site_packages
    text = SITE_SOURCE.read_text(encoding="utf-8")
    hook = text.replace("WANTED: dict[str, list[str]] = {}", f"WANTED = {variables!r}")
    (site / "_dynsyn_workspace.py").write_text(hook, encoding="utf-8")
    # Read in alphabetical order: this one comes before the wheels' own start-up hook.
    (site / "_dynsyn_workspace.pth").write_text(
        "import _dynsyn_workspace\n" + "".join(f"{folder}\n" for folder in modules),
        encoding="utf-8",
    )
    launcher = VENV / "bin" / "dynsyn"
    launcher.write_text(LAUNCHER.format(python=VENV_PYTHON), encoding="utf-8")
    launcher.chmod(0o755)


def split(paths: str) -> list[str]:
    """The entries of a search path such as PATH, empty ones left out."""
    return [entry for entry in paths.split(os.pathsep) if entry]
