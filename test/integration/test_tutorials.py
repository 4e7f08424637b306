"""The commands of the tutorials, as they stand on their pages, one after the other."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import forked
import pytest
from doc_tables import ROOT, table
from ros_environment import Peer, Process

from dynsyn_msgs.msg import Status

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("state_folder")]
STAND_IN = "examples/hardware_stand_in"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the commands name of the repository; they run in it."""
    for name in ("config", "examples"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sections(page: str) -> dict[str, list[str]]:
    """Heading -> the commands in its blocks of code."""
    found: dict[str, list[str]] = {}
    for part in re.split(r"^## ", (ROOT / "docs" / page).read_text(), flags=re.MULTILINE)[1:]:
        lines = [line.strip() for line in part.splitlines()]
        found[lines[0]] = [line for line in lines if re.match(r"(dynsyn|python) ", line)]
    return found


def do(command: str, code: int = 0) -> str:
    """Let a command run to its end; returns what it said."""
    done = forked.run([*forked.DYNSYN, *shlex.split(command)[1:]], timeout=120.0)
    said = done.stdout + done.stderr
    assert done.returncode == code, f"{command}\n{said}"
    return said


def begin(dynsyn: Callable[..., Process], command: str, peer: Peer) -> tuple[Process, list]:
    """Start a command that goes on; returns it and the reports of its controller."""
    heard = peer.listen(Status, "dynsyn/status")
    process = dynsyn(*shlex.split(command)[1:], "--headless")
    peer.wait_for(lambda: heard and not heard[-1].waiting_for, f"a robot: {process.output}", 60.0)
    return process, heard


def test_ten_minutes_with_the_walker(dynsyn, peer, folder):
    walks, word, good, film = sections("ten-minutes.md").values()
    process, heard = begin(dynsyn, walks[0], peer)
    peer.wait_for(lambda: heard[-1].steps > 20, "control steps")
    said = {command.split()[1]: do(command) for command in word}
    assert "bit-identical" in said["replay"]
    assert process.stop(signal.SIGINT) == 0, process.output
    young, shipped = (do(command) for command in good)
    assert "solved    no" in young
    assert "solved    yes" in shipped
    do(film[0])
    assert {path.name for path in folder.glob("*.*")} >= {
        *("my_walker.ckpt", "before.ckpt", "walk.mcap", "walk.ckpt", "walker.gif")
    }


def test_reading_a_lifetime(folder, capsys):
    for commands in sections("reading-a-lifetime.md").values():
        for command in commands:
            do(command)
    page = (ROOT / "docs" / "reading-a-lifetime.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(code, {})
    assert "walker: 21,000 steps" in capsys.readouterr().out
    for names in table(ROOT / "docs" / "reading-a-lifetime.md", "file in `runs/one`"):
        for name in names.replace("`", "").split(", "):
            assert (folder / "runs" / "one" / name).is_file(), name
    for name in ("returns", "trace", "weights", "activity"):
        assert f"`{name}.png`" in page
        assert (folder / "figures" / f"{name}.png").is_file()


def test_your_own_robot_with_the_stand_in(dynsyn, processes, peer, folder):
    """All but the wiggle, which asks a person first: `test_robot_check.py` does that."""
    page = sections("first-hour.md")
    file, hears, look, _, learns, afterwards, stand_in = page.values()
    urdf, robot, check, run = stand_in
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    subprocess.run(["bash", "-c", urdf], check=True, env={**os.environ, "PATH": programs})
    shutil.copy("stand_in.urdf", "my_robot.urdf")
    assert "FILL IN" in do(file[0])
    shutil.copy(f"{STAND_IN}/stand_in.yaml", "my_robot.yaml")

    body = processes.start([sys.executable, *shlex.split(robot)[1:]])
    for command in (check, hears[0]):
        assert "nothing wrong found" in do(command)
    for command in (look[0], learns[0], run):
        process, heard = begin(dynsyn, command, peer)
        if "--armed-at-start" not in command:
            assert do("dynsyn arm") == "/dynsyn/arm: armed\n"
        peer.wait_for(lambda heard=heard: heard[-1].steps > 50, f"control steps: {command}")
        if command == run:
            do("dynsyn stop")
            do("dynsyn rearm")
        assert process.stop(signal.SIGINT) == 0, process.output
    assert "bit-identical" in do(afterwards[0])
    assert body.stop(signal.SIGINT) == 0, body.output
