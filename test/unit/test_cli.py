"""The `dynsyn` command itself: quick, light, and alive where its libraries are missing."""

from __future__ import annotations

import argparse
import importlib.util
import os
import resource
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from dynsyn_lab.cli.completion import script
from dynsyn_lab.cli.main import build_parser

HEAVY = ("numba", "numpy", "rclpy", "dynsyn_msgs", "ament_index_python", "matplotlib", "gymnasium")
HEAVY += ("mujoco", "rich", "yaml", "PIL", "dynsyn_lab.training.trainer", "torch", "cma")
HEAVY += ("stable_baselines3", "sb3_contrib")
LONGEST = 0.4
"""s of processor time that a light command may take."""
CALL = "import sys; from dynsyn_lab.cli.main import main; sys.exit(main())"
OWN = ("dynsyn_lab", "dynsyn_sim_bridge", "dynsyn_controller")


def parsers(parser: argparse.ArgumentParser, *words: str) -> Iterator[tuple[str, ...]]:
    """Words of every command, such as ("bench", "loop"); of the whole one none."""
    yield words
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, part in action.choices.items():
                yield from parsers(part, *words, name)


LIGHT = [(*words, "--help") for words in parsers(build_parser())]
LIGHT += [("completion", "bash"), ("completion", "zsh"), ("doctor",)]


@pytest.mark.parametrize("words", LIGHT, ids=" ".join)
def test_light_commands_import_nothing_heavy_and_are_quick(words: tuple[str, ...]) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", CALL, *words],
        capture_output=True,
        text=True,
        timeout=60,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "dynsyn_lab.cli.main" in imported
    assert imported & set(HEAVY) == set()
    if words != ("doctor",):  # which asks compilers for their versions
        assert after.ru_utime - before.ru_utime < LONGEST


class Environment:
    """A virtual environment in which nothing but this workspace's own sources is installed."""

    def __init__(self, folder: Path) -> None:
        venv.EnvBuilder(symlinks=True).create(folder)
        self._python = folder / "bin" / "python"
        (self.site,) = folder.glob("lib/python*/site-packages")
        places = [Path(importlib.util.find_spec(name).origin).parents[1] for name in OWN]
        (self.site / "own.pth").write_text("\n".join(map(str, places)))

    def dynsyn(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the command."""
        hidden = ("AMENT_PREFIX_PATH", "LD_LIBRARY_PATH", "PYTHONPATH")
        return subprocess.run(
            [self._python, "-c", CALL, *words],
            capture_output=True,
            text=True,
            timeout=120,
            env={name: value for name, value in os.environ.items() if name not in hidden},
        )


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> Environment:
    return Environment(tmp_path_factory.mktemp("bare"))


def table(text: str) -> dict[str, str]:
    """State of each finding that `dynsyn doctor` printed."""
    rows = [line for line in text.splitlines() if line.startswith(("ok ", "MISSING ", "not there"))]
    return {row[11:].split("  ")[0].strip(): row[:9].strip() for row in rows}


def test_doctor_says_what_is_missing_where_nothing_is_installed(bare: Environment) -> None:
    done = bare.dynsyn("doctor", "--load")
    assert (done.returncode, done.stderr) == (1, "")
    states = table(done.stdout)
    assert states["Python"] == "ok"
    for name in ("numpy", "numba", "rclpy", "dynsyn_msgs", "gymnasium", "Numba compiles"):
        assert states[name] == "MISSING", name
    assert states["mujoco (swimmer)"] == "not there"
    assert "missing: " in done.stdout


def test_doctor_where_numba_alone_is_missing(tmp_path: Path) -> None:
    """Everything that is installed here from packages, but Numba."""
    environment = Environment(tmp_path)
    for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
        # start-up hooks make ROS and the built workspace visible, which is not what is asked here
        if not entry.name.lower().startswith(("numba", "llvmlite")) and entry.suffix != ".pth":
            (environment.site / entry.name).symlink_to(entry)
    done = environment.dynsyn("doctor", "--load")
    assert (done.returncode, done.stderr) == (1, "")
    states = table(done.stdout)
    assert states["numba"] == states["Numba compiles"] == "MISSING"
    for name in ("numpy", "NumPy loads", "gymnasium", "Box2D loads", "PyYAML", "rich"):
        assert states[name] == "ok", name
    line = next(line for line in done.stdout.splitlines() if "Numba compiles" in line)
    assert "No module named 'numba'" in line
    assert "make setup" in line


def test_help_where_nothing_is_installed(bare: Environment) -> None:
    done = bare.dynsyn("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "doctor" in done.stdout


def test_a_command_that_needs_more_says_so_in_one_line(bare: Environment) -> None:
    done = bare.dynsyn("eval", "life.ckpt")
    assert done.returncode == 1
    assert done.stderr.startswith("dynsyn: error: No module named ")
    assert "dynsyn doctor" in done.stderr
    assert done.stderr.count("\n") == 1


COMPLETE = """
source <(cat)
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_dynsyn
printf '%s\\n' "${COMPREPLY[@]}"
"""


def completed(*words: str, folder: Path) -> list[str]:
    """What bash offers for the last of the words."""
    done = subprocess.run(
        ["bash", "-c", COMPLETE, "bash", "dynsyn", *words],
        input=script(build_parser(), "bash"),
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
    )
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if line]


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("b",), ["bench"]),
        (("bench", "l"), ["loop"]),
        (("bench", "loop", "--ra"), ["--rates"]),
        (("--debug", "plot", "--figure", "act"), ["activity"]),
        (("plot", "--format", ""), ["png", "svg"]),
        (("completion", "z"), ["zsh"]),
        (("render", "a "), ["a life.ckpt"]),
        (("render", "--sec"), ["--seconds"]),
        (("nonsense", "--nonsense"), []),
    ],
    ids=str,
)
def test_what_bash_completes(words, offered, tmp_path: Path) -> None:
    (tmp_path / "a life.ckpt").touch()
    found = completed(*words, folder=tmp_path)
    assert [word for word in found if word != "a life.ckpt" or "render" in words] == offered


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_every_command_and_option_can_be_completed(tmp_path: Path) -> None:
    for words in parsers(build_parser()):
        offered = completed(*words, "--h", folder=tmp_path)
        assert offered[0] == "--help", words
