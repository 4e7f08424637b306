"""`dynsyn sim` and `dynsyn monitor` with real nodes over DDS."""

import json
import os
import re
import select
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from ros_environment import TIMEOUT

from dynsyn_controller.lifetime.checkpoint import load, save
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.config_files import config_path, shipped_checkpoint
from dynsyn_sim_bridge.robots.registry import entry

pytestmark = [pytest.mark.usefixtures("state_folder"), pytest.mark.faults]

STEPS = re.compile(r"^([1-9][\d,]*) steps \(", re.MULTILINE)


def children(pid):
    """Process ids of the children of a process."""
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_until(true, what, process, timeout=TIMEOUT):
    """Look again and again, at files that a process writes; fails when it ends or time is up."""
    end = time.monotonic() + timeout
    while not true():
        ended = select.select([], [], [], 0.02) and process.popen.poll() is not None
        if ended or time.monotonic() > end:
            raise AssertionError(f"{what} did not come:\n{process.output}")


def wait_until_alive(process):
    """Wait for the first control steps; returns the pids of bridge and controller."""
    wait_until(lambda: STEPS.search(process.output), "a report of steps", process)
    nodes = children(process.popen.pid)
    assert len(nodes) == 2
    return nodes


def reported(process) -> list[int]:
    """Steps that it has reported, in order."""
    return [int(found.replace(",", "")) for found in STEPS.findall(process.output)]


def assert_gone(pids, timeout=TIMEOUT):
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        assert select.select([descriptor], [], [], timeout)[0], f"process {pid} is still there"
        os.close(descriptor)


@pytest.mark.realtime
def test_real_time_lives_at_the_robots_rate(dynsyn, tmp_path, state_folder):
    path = tmp_path / "summary.json"
    # Long enough to see learning: after a fall, as at the start, it pauses for up to 4 s.
    run = dynsyn("sim", "walker", "--headless", "--duration", 6, "--summary", path)
    assert run.wait(60) == 0, run.output
    summary = json.loads(path.read_text())
    shipped = shipped_checkpoint("walker")
    begun = "begins as a copy of the shipped lifetime of" if shipped else "a new-born lifetime"
    assert begun in run.output
    assert summary["steps_before"] == (load(shipped).state["steps"][0] if shipped else 0)
    assert summary["robot"] == "walker"
    assert summary["mode"] == "realtime"
    assert summary["rate_hz"] < 51
    # A step that was not lived in its time is accounted for, on however busy a machine.
    lived_or_skipped = summary["steps"] + summary["overruns"]
    assert lived_or_skipped > 49 * summary["seconds"] or "stale" in run.output
    assert 5.8 < summary["seconds"] < 6.5
    assert summary["weights_changed"] is True
    assert summary["falls"] >= 0
    assert summary["latency_us_median"] <= summary["latency_us_p99"]
    lived = load(state_folder / "walker.ckpt").controller().steps
    assert lived >= summary["steps_before"] + summary["steps"]


@pytest.mark.parametrize(
    "more",
    [[], pytest.param(["--composed"], marks=pytest.mark.long)],
    ids=["two_processes", "composed"],
)
def test_lockstep_is_faster_than_time_and_keeps_nothing(dynsyn, tmp_path, state_folder, more):
    path = tmp_path / "summary.json"
    arguments = ("--lockstep", "--headless", "--duration", 2, "--seed", 5, "--summary", path)
    run = dynsyn("sim", "walker", *arguments, *more)
    assert run.wait(60) == 0, run.output
    summary = json.loads(path.read_text())
    assert summary["mode"] == "lockstep"
    assert summary["rate_hz"] > 100
    assert summary["weights_changed"] is True
    assert summary["checkpoint"] == ""
    assert not list(state_folder.glob("*.ckpt"))


def test_a_life_that_ended_well_goes_on_and_says_what_it_earns_frozen(dynsyn, tmp_path):
    path, life = tmp_path / "summary.json", tmp_path / "life.ckpt"
    arguments = ("--lockstep", "--composed", "--headless", "--duration", 1, "--summary", path)
    ended, evaluated = 0, 0
    for _ in range(2):
        run = dynsyn("sim", "cart_pole", *arguments, "--checkpoint", life, "--evaluate-every", 2)
        assert run.wait(60) == 0, run.output
        summary, saved = json.loads(path.read_text()), load(life)
        assert summary["steps_before"] == ended
        assert summary["steps"] > 100
        ended = saved.controller().steps
        # What was lived after the last report is in the file alone.
        assert ended >= summary["steps_before"] + summary["steps"]
        assert 0 < summary["evaluations"] <= saved.notes["evaluations"]["count"] - evaluated
        evaluated = saved.notes["evaluations"]["count"]
        assert f"frozen {summary['evaluation_average']:.1f} an episode" in run.output


def test_a_body_that_breaks_ends_composed_lockstep_and_loses_nothing(dynsyn, tmp_path):
    (tmp_path / "broken.py").write_text(
        "from dynsyn_sim_bridge.robots.cart_pole import CartPole\n"
        "class Broken(CartPole):\n"
        "    steps = 0\n"
        "    def step(self, effort):\n"
        "        self.steps += 1\n"
        "        if self.steps > 300:\n"
        "            raise ArithmeticError('the pole broke')\n"
        "        return super().step(effort)\n"
    )
    robot = config_path("robots/cart_pole.yaml").read_text()
    (tmp_path / "broken.yaml").write_text(f"{robot}\nsimulation: {{robot: 'broken.py:Broken'}}\n")
    life, arguments = tmp_path / "life.ckpt", ("--lockstep", "--composed", "--headless")
    run = dynsyn("sim", tmp_path / "broken.yaml", *arguments, "--checkpoint", life)
    assert run.wait(60) == 1
    assert "the pole broke" in run.output
    assert load(life).controller().steps == 301


@pytest.mark.long
def test_a_lifetime_goes_on_in_a_longer_body(dynsyn, tmp_path):
    """Refused as it is; with --transfer it learns on, in a file of its own."""
    swimmer, five = entry("swimmer"), tmp_path / "five.ckpt"
    parent = new_controller(swimmer.robot(), seed=3)
    for _ in range(1000):
        parent.step(np.zeros(len(parent.body.states)), 0.0)
    save(five, swimmer.robot(), parent)
    before = five.read_bytes()
    arguments = ("--joints", 7, "--checkpoint", five, "--lockstep", "--headless", "--duration", 1)
    refused = dynsyn("sim", "swimmer", *arguments)
    assert refused.wait(60) == 1
    assert "joints: found 5 of them, expected 7" in refused.output
    run = dynsyn("sim", "swimmer", *arguments, "--transfer")
    assert run.wait(60) == 0, run.output
    assert "continues a lifetime of" in run.output
    assert five.read_bytes() == before
    moved = load(tmp_path / "five-7.ckpt")
    assert moved.robot.modules == 7
    controller = moved.controller()
    assert controller.steps > 1000
    assert not np.array_equal(controller.quantity("centre"), parent.quantity("centre"))
    again = dynsyn("sim", "swimmer", *arguments, "--transfer")
    assert again.wait() == 2
    assert "five-7.ckpt holds a lifetime" in again.output


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_being_asked_to_end_ends_every_process_well(dynsyn, state_folder, number):
    run = dynsyn("sim", "--headless")
    nodes = wait_until_alive(run)
    assert run.stop(number) == 0, run.output
    assert_gone(nodes)
    assert (state_folder / "walker.ckpt").exists()


@pytest.mark.parametrize(
    "which", [pytest.param(0, marks=pytest.mark.long), 1], ids=["bridge", "controller"]
)
def test_a_node_that_dies_takes_the_stack_down_and_is_named(dynsyn, which):
    run = dynsyn("sim", "--headless", "--from-scratch")
    nodes = wait_until_alive(run)
    os.kill(nodes[which], signal.SIGKILL)
    assert run.wait() == 1
    name = ("sim", "controller")[which]
    assert f"dynsyn: error: {name} was killed by SIGKILL" in run.output
    assert_gone(nodes)


def test_a_lifetime_goes_on_next_time_and_a_kill_leaves_nothing_else_behind(dynsyn, state_folder):
    robot, life = entry("walker").robot(), state_folder / "walker.ckpt"
    lived = new_controller(robot, seed=3)
    for _ in range(500):
        lived.step(np.zeros(24), 0.0)
    state_folder.mkdir(parents=True)
    save(life, robot, lived)
    run = dynsyn("sim", "--headless")
    nodes = wait_until_alive(run)
    assert "continues a lifetime of" in run.output
    wait_until(lambda: max(reported(run)) > 500, "steps beyond those of the file", run)
    assert run.stop(signal.SIGKILL) == -signal.SIGKILL
    assert_gone(nodes)
    assert load(life).controller().steps > 500


def test_a_damaged_lifetime_is_refused_and_left_alone(dynsyn, tmp_path):
    damaged = tmp_path / "life.ckpt"
    damaged.write_bytes(b"not a lifetime")
    run = dynsyn("sim", "--headless", "--checkpoint", damaged)
    assert run.wait() == 1
    assert f"checkpoint {damaged}: damaged" in run.output
    assert damaged.read_bytes() == b"not a lifetime"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["wlker"], "did you mean 'walker'"),
        (["--seed", "-1"], "seed: found -1"),
        (["--duration", "0"], "expected a number above 0"),
        (["--durations", "3", "x"], "unrecognized arguments"),
        (["--summary", "/no/such/folder/s.json"], "no folder /no/such/folder"),
    ],
)
def test_wrong_usage_says_so_in_one_line_and_starts_nothing(dynsyn, arguments, message):
    run = dynsyn("sim", "--headless", *arguments)
    assert run.wait() == 2
    assert message in run.output
    assert "Traceback" not in run.output


def test_others_can_watch_a_lifetime_but_not_live_it_too(dynsyn, tmp_path):
    life = ("--checkpoint", tmp_path / "life.ckpt")
    run = dynsyn("sim", "--headless", "--namespace", "left", *life)
    nodes = wait_until_alive(run)
    second = dynsyn("sim", "--headless", *life)
    assert second.wait() == 1
    assert "life.ckpt is being lived by process" in second.output
    monitor = dynsyn("monitor", "--headless", "--namespace", "left")
    wait_until(lambda: STEPS.search(monitor.output), "a report of steps", monitor)
    assert monitor.stop() == 0
    elsewhere = dynsyn("monitor", "--headless", "--duration", 1)
    assert elsewhere.wait() == 1
    assert "no controller reported in namespace /" in elsewhere.output
    assert run.stop() == 0, run.output
    assert_gone(nodes)
    assert (tmp_path / "life.ckpt").exists()
