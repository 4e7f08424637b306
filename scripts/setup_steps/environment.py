"""The Python environment `.venv`: created, filled with the pinned packages, kept up to date.

Without a ROS distribution ROS 2 itself comes from wheels. Where one is sourced (`ROS_DISTRO`), the
environment sees the distribution's packages and adds only what is not ROS; NumPy then stays the
distribution's, because its message packages are compiled against it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from setup_steps import wheels
from setup_steps.common import ROOT, VENV, VENV_PYTHON, SetupError, distribution, run_logged, stage

RECORD = VENV / "dynsyn-setup.json"
REQUIREMENTS = ROOT / "requirements"
LOG = "setup.log"
WHEELS = ("kilted", "jazzy")  # ROS distributions whose wheels are pinned; the first is the default


@dataclass(frozen=True)
class Record:
    """What an environment was made from; when this differs from what is wanted, it is stale.

    `origin` is "wheels of jazzy" and the like, or the name of a sourced ROS distribution;
    `requirements` a digest of the pins.
    """

    path: str
    origin: str
    python: str
    requirements: str
    complete: bool = False

    @property
    def wheels(self) -> str | None:
        """ROS distribution whose wheels are installed; None beside a sourced one."""
        kind, _, name = self.origin.partition(" of ")
        return (name or "kilted") if kind == "wheels" else None  # records of before have no name


@dataclass(frozen=True)
class Environment:
    """A ready environment: its record, and its folder for modules (site-packages)."""

    record: Record
    site_packages: Path

    @property
    def has_distribution(self) -> bool:
        """Whether ROS 2 comes from a sourced distribution rather than from wheels."""
        return self.record.wheels is None


def requirement_files(ros_wheels: str | None) -> list[Path]:
    """Files of pins to install, in this order: build tools first, sources are built with them.

    :param ros_wheels: the ROS distribution to install as wheels, None beside a sourced one.
    """
    ros = [] if ros_wheels is None else [f"ros-{ros_wheels}", "numpy"]
    return [REQUIREMENTS / f"{name}.txt" for name in ("build", *ros, "runtime", "dev")]


def digest(files: list[Path]) -> str:
    """SHA-256 of the files' contents, in order."""
    sha = hashlib.sha256()
    for file in files:
        sha.update(file.read_bytes())
    return sha.hexdigest()


def ensure() -> Environment:
    """Create or update `.venv` if it is not what is wanted, and return it.

    :raises SetupError: with one line that says what to install or do.
    """
    found = read_record()
    refuse_forgotten_distribution(found)
    wanted = wanted_record(found)
    if found != wanted:
        check_machine()
        if found is None or not found.complete or not same_interpreter(found, wanted):
            create(wanted)
        with stage(f"installing Python packages (log: log/{LOG})"):
            install(wanted.wheels)
        RECORD.write_text(json.dumps(asdict(wanted), indent=2) + "\n", encoding="utf-8")
    site = VENV / "lib" / f"python{wanted.python.rpartition('.')[0]}" / "site-packages"
    return Environment(wanted, site)


def same_interpreter(one: Record, other: Record) -> bool:
    """Whether two records are of the same folder, ROS origin and Python."""
    return (one.path, one.origin, one.python) == (other.path, other.origin, other.python)


def wanted_record(found: Record | None) -> Record:
    """Record of the environment to have: the existing Python is kept unless one is asked for."""
    python = platform.python_version()
    asked_for = os.environ.get("DYNSYN_PYTHON_ASKED_FOR") == "yes"
    if found is not None and found.complete and not asked_for and VENV_PYTHON.exists():
        python = found.python
    origin = distribution() or f"wheels of {wanted_wheels(found)}"
    wanted = Record(str(VENV), origin, python, "", complete=True)
    return replace(wanted, requirements=digest(requirement_files(wanted.wheels)))


def wanted_wheels(found: Record | None) -> str:
    """ROS distribution to have as wheels: what ROS= asks for, else what is there, else the default.

    :raises SetupError: when ROS= names one that has no pins here.
    """
    asked_for = os.environ.get("DYNSYN_ROS", "").strip().lower()
    if asked_for and asked_for not in WHEELS:
        raise SetupError(
            f"ROS={asked_for}: there are wheels for {' and '.join(WHEELS)} only; "
            "any other distribution has to be installed and sourced"
        )
    if asked_for:
        if distribution():
            raise SetupError(
                f"ROS={asked_for} asks for wheels, but {distribution()} is sourced: leave one out"
            )
        return asked_for
    return (found.wheels if found else None) or WHEELS[0]


def read_record() -> Record | None:
    """Record of the existing `.venv`, None where there is none.

    :raises SetupError: when `.venv` exists but is not ours to change.
    """
    if not VENV.exists():
        return None
    try:
        return Record(**json.loads(RECORD.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise SetupError(
            ".venv exists but was not made by `make setup`: move it away or delete it"
        ) from None
    except (ValueError, TypeError):
        return Record(str(VENV), "unknown", "unknown", "")


def refuse_forgotten_distribution(found: Record | None) -> None:
    """Do not replace an environment made beside a distribution just because none is sourced.

    :raises SetupError: naming the distribution and both ways on.
    """
    if found is None or not found.complete or found.wheels or distribution():
        return
    raise SetupError(
        f".venv was made for ROS 2 {found.origin}, which is not sourced here: source it, "
        "or run `make distclean` to use the ROS wheels instead"
    )


def check_machine() -> None:
    """Check what no pip package brings: venv, compilers, Python's headers, a machine with wheels.

    :raises SetupError: one line naming what is missing and the command that installs it.
    """
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    if not distribution():
        if sys.platform != "linux" or platform.machine() not in ("x86_64", "AMD64"):
            raise SetupError(
                f"there are no ROS 2 wheels for {sys.platform} on {platform.machine()}, only for "
                "linux on x86_64: install a ROS 2 distribution, source it and run make again"
            )
        if platform.libc_ver()[0] != "glibc":
            raise SetupError("the ROS 2 wheels need glibc (Debian, Ubuntu, Fedora and the like)")
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            raise SetupError(
                f"Python {minor} has no module {module}: sudo apt install python{minor}-venv"
            )
    for language, variable, names in (
        ("C", "CC", ("cc", "gcc", "clang")),
        ("C++", "CXX", ("c++", "g++", "clang++")),
    ):
        asked = os.environ.get(variable, "").split()[:1]
        if not any(shutil.which(name) for name in asked or names):
            tried = f"{variable}={asked[0]}" if asked else ", ".join(names)
            raise SetupError(
                f"no {language} compiler found ({tried}): sudo apt install build-essential"
            )
    if not Path(sysconfig.get_paths()["include"], "Python.h").exists():
        raise SetupError(
            f"the headers of Python {minor} are missing: sudo apt install python{minor}-dev"
        )


def create(wanted: Record) -> None:
    """Make a fresh `.venv`, and mark it as ours at once: a broken-off set-up starts anew."""
    with stage(f"creating .venv with Python {wanted.python}"):
        if VENV.exists():
            shutil.rmtree(VENV)
        VENV.mkdir()
        unfinished = {**asdict(wanted), "complete": False}
        RECORD.write_text(json.dumps(unfinished) + "\n", encoding="utf-8")
        command = [sys.executable, "-m", "venv", str(VENV)]
        if distribution():
            command.insert(-1, "--system-site-packages")
        run_logged(command, LOG)


def install(ros_wheels: str | None) -> None:
    """Install the pins into `.venv`; without a distribution also make the ROS wheels usable.

    :param ros_wheels: the ROS distribution to install as wheels, None beside a sourced one.

    The lists are complete, so pip need not resolve anything, except beside a distribution, whose
    own packages count and whose NumPy is kept.

    :raises SetupError: when pip fails.
    """
    build_tools, *rest = requirement_files(ros_wheels)
    pip_install([build_tools], LOG, "--no-deps")
    # What comes as source is built with the tools just pinned, not with whatever is newest.
    options = ["--no-build-isolation", "--use-pep517"]
    options += ["--no-deps"] if ros_wheels else ["--constraint", str(distribution_numpy())]
    pip_install(rest, LOG, *options)
    if ros_wheels:
        wheels.repair_cmake_files(VENV, VENV_PYTHON)


def pip_install(files: list[Path], log: str, *options: str) -> None:
    """Let the environment's pip install the pins of these files.

    :param log: name of the log file.
    :param options: of pip, beside those that every call has.
    :raises SetupError: when pip fails.
    """
    # The wheels' own start-up hook would only start Python twice here.
    env = {**os.environ, "_ROS_WHEELS_BOOTSTRAP_COMPLETE": "1"}
    # A sourced overlay must not hide what is, or is not, in the environment itself.
    env.pop("PYTHONPATH", None)
    pip = [str(VENV_PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    pins = [part for file in files for part in ("-r", str(file))]
    run_logged([*pip, "--quiet", *options, *pins], log, env)


def distribution_numpy() -> Path:
    """Write a pip constraint that keeps the distribution's NumPy, and return its path.

    :raises SetupError: when the distribution's Python has no NumPy.
    """
    asked = [str(VENV_PYTHON), "-c", "import numpy; print(numpy.__version__)"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetupError(
            f"ROS_DISTRO is {distribution()} but its Python has no NumPy: "
            "sudo apt install python3-numpy"
        )
    constraint = VENV / "distribution-numpy.txt"
    constraint.write_text(f"numpy=={done.stdout.strip()}\n", encoding="utf-8")
    return constraint
