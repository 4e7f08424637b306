"""The program `dynsyn` from outside: who reads it may leave, who stops it may be impatient."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from importlib.metadata import version

import pytest

pytestmark = pytest.mark.faults


def run(program: str, *words: str, **streams) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", textwrap.dedent(program), *words]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, **streams)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", [["--help"], ["robot", "new", "--urdf", "URDF"]])
def test_a_pipe_that_nobody_reads_any_more_is_no_error(words, unbuffered, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    urdf = tmp_path / "arm.urdf"
    urdf.write_text('<robot name="arm"><joint name="wrist" type="continuous"/></robot>')
    words = [str(urdf) if word == "URDF" else word for word in words]
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run("from dynsyn_lab.cli.program import dynsyn; dynsyn()", *words, stdout=writing)
    finally:
        os.close(writing)
    assert done.stderr == ""
    assert done.returncode in (0, 1)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    ("words", "length"),
    [(["--help"], 0), (["completion", "bash"], 10), (["completion", "bash"], 100_000)],
    ids=["argparse", "less than a buffer", "more than a buffer"],
)
def test_output_that_cannot_be_written_is_one_line(words, length, unbuffered, monkeypatch):
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    program = f"""
        from dynsyn_lab.cli import completion
        from dynsyn_lab.cli.program import dynsyn
        completion.script = lambda *_: "x" * {length}
        dynsyn()
    """
    with open("/dev/full", "w") as full:
        done = run(program, *words, stdout=full)
    assert done.stderr == "dynsyn: error: [Errno 28] No space left on device\n"
    assert done.returncode == 1


@pytest.mark.parametrize("reader", ["gone", "full"])
def test_an_error_is_said_even_where_output_cannot_be_written(reader, monkeypatch):
    monkeypatch.setenv("PYTHONUNBUFFERED", "")
    program = """
        from dynsyn_lab.cli import completion
        from dynsyn_lab.cli.program import dynsyn
        from dynsyn_lab.errors import UsageError
        def script(*_):
            print("begun")
            raise UsageError("the controller ended with 1")
        completion.script = script
        dynsyn()
    """
    reading, writing = os.pipe()
    os.close(reading)
    full = os.open("/dev/full", os.O_WRONLY)
    done = run(program, "completion", "bash", stdout=writing if reader == "gone" else full)
    os.close(writing)
    os.close(full)
    assert done.stderr.startswith("dynsyn: error: the controller ended with 1\n")
    assert done.returncode == 2


def test_a_ctrl_c_when_all_is_done_changes_nothing():
    program = """
        import atexit, os, signal
        from dynsyn_lab.cli import program
        program._run = lambda: print("done") or 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            atexit.register(os.kill, os.getpid(), number)
        program.dynsyn()
    """
    done = run(program, stdout=subprocess.PIPE)
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)


def test_a_ctrl_c_while_importing_is_one_line():
    program = """
        import os, signal
        # ignored where these tests were started in the background of a script
        signal.signal(signal.SIGINT, signal.default_int_handler)
        from dynsyn_lab.cli import program
        program._run = lambda: os.kill(os.getpid(), signal.SIGINT)
        program.dynsyn()
    """
    done = run(program, stdout=subprocess.PIPE)
    assert (done.stderr, done.returncode) == ("dynsyn: interrupted\n", 1)


def test_the_version_is_that_of_the_package():
    done = run(
        "from dynsyn_lab.cli.program import dynsyn; dynsyn()", "--version", stdout=subprocess.PIPE
    )
    assert (done.stdout, done.returncode) == (f"dynsyn {version('dynsyn_lab')}\n", 0)
