"""Controllers of this machine know of each other."""

import os
import signal
import subprocess
import sys

import pytest

from dynsyn_controller.node.presence import Presence, Taken

NODE = """
import sys
from dynsyn_controller.node.presence import Presence
here = Presence(3, "/left")
print("there", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """A machine of the test's own."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


def test_a_second_one_is_refused_by_the_pid_of_the_first():
    first = Presence(3, "/left", alone=True)
    with pytest.raises(Taken, match=f"/left of ROS domain 3 already: process {os.getpid()}"):
        Presence(3, "/left", alone=True)
    for domain, namespace in ((4, "/left"), (3, "/"), (3, "/left/arm")):
        Presence(domain, namespace, alone=True).leave()
    first.leave()
    Presence(3, "/left", alone=True).leave()


def test_a_node_shares_the_place_with_the_command_that_started_it():
    command = Presence(3, "/left", alone=True)
    node = Presence(3, "/left")
    command.leave()
    with pytest.raises(Taken, match=f"process {os.getpid()}"):
        Presence(3, "/left", alone=True)
    node.leave()
    Presence(3, "/left", alone=True).leave()


def test_a_killed_node_is_gone():
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", NODE], **pipes) as node:
        assert node.stdout.readline() == "there\n"
        with pytest.raises(Taken, match=f"process {node.pid}"):
            Presence(3, "/left", alone=True)
        node.send_signal(signal.SIGKILL)
        node.wait()
        Presence(3, "/left", alone=True).leave()


def test_without_a_folder_nothing_is_said(own_folder):
    (own_folder / f"dynsyn-{os.getuid()}").write_text("in the way")
    Presence(3, "/left", alone=True)
    Presence(3, "/left", alone=True)
