"""Child processes: watched, ended together, and never left behind."""

import os
import select
import signal
import subprocess
import sys
import textwrap

import pytest

from dynsyn_lab.live.processes import Group

OBEDIENT = """
    import os, signal
    signal.signal(signal.SIGINT, lambda *_: (os.write(1, b"asked\\n"), os._exit(0)))
    print("[INFO] ready", flush=True)
    print("[WARN] [1795330364.357817767] [sim]: careful", flush=True)
    while True:
        signal.pause()
"""
DEAF = """
    import signal
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("[INFO] ready", flush=True)
    while True:
        signal.pause()
"""


def python(program, *arguments):
    """Command line of a Python program given as text."""
    return [sys.executable, "-I", "-S", "-c", textwrap.dedent(program), *arguments]


def wait_for_text(process, text):
    """Block until the process has written `text`, or has ended."""
    while text not in process.log.read_text() and not process.wait(0.01):
        pass
    assert text in process.log.read_text()


def gone(pid, seconds=10):
    """Whether the process ends within `seconds`."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], seconds)[0])
    finally:
        os.close(descriptor)


def start(group, tmp_path, program, name="node"):
    group.start(name, python(program), tmp_path / f"{name}.log")
    return group.processes[-1]


def test_leaving_the_group_ends_all_of_it_by_asking_once(tmp_path):
    with Group() as group:
        for name in ("one", "two"):
            wait_for_text(start(group, tmp_path, OBEDIENT, name), "ready")
        assert group.ended() is None
    assert [process.code for process in group.processes] == [0, 0]
    assert [process.log.read_text().count("asked") for process in group.processes] == [1, 1]
    assert group.failed() is None


def test_an_exception_in_the_group_ends_it_too(tmp_path):
    group = Group()

    def fail():
        with group:
            wait_for_text(start(group, tmp_path, OBEDIENT), "ready")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert group.processes[0].code == 0


def test_one_that_does_not_listen_is_killed(tmp_path, monkeypatch):
    short = tuple((number, 0.2) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL))
    monkeypatch.setattr("dynsyn_lab.live.processes.STOPPING", short)
    with Group() as group:
        wait_for_text(start(group, tmp_path, DEAF), "ready")
    assert group.processes[0].ending() == "was killed by SIGKILL"
    assert group.failed() is group.processes[0]


def test_one_that_ends_by_itself_is_noticed_and_tells_why(tmp_path):
    with Group() as group:
        failing = start(group, tmp_path, "import sys; sys.exit('no such robot')")
        assert failing.wait(10)
        assert group.ended() is failing
    assert failing.ending() == "ended with exit code 1"
    assert failing.tail() == ["no such robot"]


def test_warnings_are_told_once(tmp_path):
    with Group() as group:
        process = start(group, tmp_path, OBEDIENT)
        wait_for_text(process, "careful")
        assert process.warnings() == ["node: warn: careful"]
        assert process.warnings() == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_outlives_a_parent_however_it_dies(tmp_path, number):
    parent = """
        import signal, sys, threading
        from pathlib import Path
        from dynsyn_lab.live.processes import Group
        # ignored where these tests were started in the background of a script
        signal.signal(signal.SIGINT, signal.default_int_handler)
        group = Group()
        group.start("node", sys.argv[2:], Path(sys.argv[1]))
        child = group.processes[0]
        while "ready" not in child.log.read_text() and child.code is None:
            pass
        print(child.pid, flush=True)
        threading.Event().wait()
    """
    command = [sys.executable, "-c", textwrap.dedent(parent), str(tmp_path / "node.log")]
    with subprocess.Popen([*command, *python(OBEDIENT)], stdout=subprocess.PIPE) as running:
        try:
            pid = int(running.stdout.readline())
            running.send_signal(number)
            assert running.wait(10) != 0
            assert gone(pid)
        finally:
            running.kill()


def test_children_of_a_process_end_with_it(tmp_path):
    family = """
        import subprocess, sys
        program = "import signal; signal.pause()"
        child = subprocess.Popen([sys.executable, "-I", "-S", "-c", program])
        print("child", child.pid, "ready", flush=True)
        child.wait()
    """
    with Group() as group:
        process = start(group, tmp_path, family)
        wait_for_text(process, "ready")
        pid = int(process.tail()[0].split()[1])
    assert gone(pid)
