"""`dynsyn train` and `dynsyn eval` as commands: killed, interrupted, out of disk, misled."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import forked
import numpy as np
import pytest
from forked import DYNSYN
from ros_environment import Process

from dynsyn_controller.lifetime import checkpoint
from dynsyn_lab.training.run_folder import LOCK, RunFolder

pytestmark = pytest.mark.faults

TIMEOUT = 120.0
KEYS = {"robot", "checkpoint", "mode", "episodes", "mean", "median", "std", "min", "max", "falls"}
KEYS |= {"solved", "seed", "threshold", "steps", "mean_distance", "mean_effort", "returns"}
KEYS |= {"footfalls", "alternation", "obstacles"}


def dynsyn(
    *words: object,
    code: int = 0,
    env: dict[str, str] | None = None,
    before: tuple[str, ...] = (),
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end, as arguments of the one `before`; it must exit with `code`."""
    done = forked.run([*before, *DYNSYN, *map(str, words)], TIMEOUT, env)
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.fixture
def start(tmp_path) -> Iterator[Callable[..., Process]]:
    """Starts the command with these words; it does not outlive the test."""
    started = []

    def begin(*words: object) -> Process:
        started.append(Process([*DYNSYN, *map(str, words)], tmp_path / f"{len(started)}.log"))
        return started[-1]

    yield begin
    for process in started:
        process.kill()


def wait_until_saved(run: Path, process: Process, steps: int) -> None:
    """Look at the run's state again and again until a lifetime of so many steps is in it."""
    end = time.monotonic() + TIMEOUT
    while True:
        if (run / "state.npz").exists():
            state = RunFolder(run).load_state()
            if state is not None and state["states"]["steps"].min() >= steps:
                return
        ended = select.select([], [], [], 0.02) and process.popen.poll() is not None
        if ended or time.monotonic() > end:
            raise AssertionError(process.output)


def assert_same_run(one: Path, other: Path) -> None:
    """The lifetimes of two runs have lived the same, bit for bit."""
    folders = RunFolder(one).lifetimes, RunFolder(other).lifetimes
    for first, second in zip(*folders, strict=True):
        for name in ("curve.csv", "trace.csv", "checkpoint.ckpt"):
            assert (first / name).read_bytes() == (second / name).read_bytes(), name
    states = [RunFolder(path).load_state() for path in (one, other)]
    assert states[0].keys() == states[1].keys()
    for name in states[0].keys() - {"seconds"}:
        assert states[0][name].tobytes() == states[1][name].tobytes(), name


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A lifetime of 2000 steps that nothing has interrupted."""
    run = tmp_path_factory.mktemp("runs") / "whole"
    dynsyn("train", "walker", "--steps", 2000, "--seed", 3, "--out", run)
    return run


@pytest.fixture
def begun(tmp_path) -> list[object]:
    """Words of a command that begins the same lifetime, saved often."""
    return ["train", "walker", "--seed", 3, "--save-every", 500, "--out", tmp_path / "run"]


def assert_goes_on(run: Path) -> None:
    """Resumed for 500 steps, it has lived what a lifetime has that nothing interrupted."""
    steps = RunFolder(run).load_state()["states"]["steps"].max() + 500
    dynsyn("train", "--resume", run, "--steps", steps)
    whole = run.with_name("whole")
    dynsyn("train", "walker", "--steps", steps, "--seed", 3, "--out", whole)
    assert_same_run(whole, run)


def test_twice_1000_steps_are_2000(whole, tmp_path) -> None:
    run = tmp_path / "run"
    dynsyn("train", "walker", "--steps", 1000, "--seed", 3, "--out", run)
    assert checkpoint.load(run / "lifetime_000" / "checkpoint.ckpt").state["steps"] == 1000
    dynsyn("train", "--resume", run, "--steps", 2000)
    assert_same_run(whole, run)
    assert RunFolder(run).trace(0)["step"].tolist() == [1000, 2000]


def test_kill_9_loses_nothing(tmp_path, start, begun) -> None:
    run = tmp_path / "run"
    process = start(*begun)
    wait_until_saved(run, process, 1000)
    process.popen.kill()
    process.wait()
    assert checkpoint.load(run / "lifetime_000" / "checkpoint.ckpt").state["steps"][0] >= 1000
    assert_goes_on(run)


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)]
)
def test_an_interrupt_saves_and_is_no_failure(tmp_path, start, begun, number) -> None:
    run = tmp_path / "run"
    process = start(*begun)
    wait_until_saved(run, process, 500)
    assert process.stop(number) == 0, process.output
    assert f"saved in {run}" in process.output
    summary = json.loads((run / "summary.json").read_text())
    state = RunFolder(run).load_state()["states"]
    assert summary["lifetimes"][0]["steps"] == state["steps"][0] >= 500
    assert_goes_on(run)


def test_a_run_is_not_trained_twice_at_once(tmp_path, start, begun) -> None:
    run = tmp_path / "run"
    first = start(*begun)
    wait_until_saved(run, first, 500)
    first.popen.send_signal(signal.SIGSTOP)
    second = dynsyn("train", "--resume", run, "--steps", 10_000, code=1)
    assert f"is being trained by process {first.popen.pid}; end that first" in second.stderr
    assert len(second.stderr.splitlines()) == 1
    first.popen.send_signal(signal.SIGCONT)
    assert first.stop() == 0
    assert first.output
    assert_goes_on(run)


def test_a_full_disk_leaves_the_last_good_files(whole, tmp_path) -> None:
    run = tmp_path / "run"
    dynsyn("train", "walker", "--steps", 1000, "--seed", 3, "--out", run)
    files = [run / "state.npz", run / "lifetime_000" / "checkpoint.ckpt"]
    before = [path.read_bytes() for path in files]

    # a file may not grow beyond this: the write fails in the middle, as on a full disk
    little = ("prlimit", "--fsize=20000")
    failed = dynsyn("train", "--resume", run, "--steps", 2000, code=1, before=little)
    assert "cannot be written: File too large" in failed.stderr
    assert failed.stderr.count("\n") == 1
    assert [path.read_bytes() for path in files] == before
    hidden = {path.name for path in run.rglob(".*")} - {LOCK}
    assert not hidden, "a half-written neighbour was left"
    dynsyn("train", "--resume", run, "--steps", 2000)
    assert_same_run(whole, run)


def test_evaluation_is_repeatable_and_its_keys_are_stable(whole, tmp_path) -> None:
    saved = whole / "lifetime_000" / "checkpoint.ckpt"
    before = saved.read_bytes()
    results = []
    for name in ("a.json", "b.json"):
        dynsyn("eval", saved, "--episodes", 11, "--seed", 8, "--json", tmp_path / name)
        results.append(json.loads((tmp_path / name).read_text()))
    assert results[0] == results[1]
    assert saved.read_bytes() == before
    result = results[0]
    assert set(result) == KEYS
    assert (result["robot"], result["mode"], result["episodes"]) == ("walker", "frozen", 11)
    returns = np.array(result["returns"])
    assert len(returns) == 11
    assert len(set(returns)) > 6, "every episode has a course of its own"
    assert result["mean"] == pytest.approx(returns.mean())
    assert result["min"] == returns.min()
    assert result["falls"] <= 11
    assert result["solved"] is False
    assert 0.0 < result["mean_effort"] <= 80.0
    assert result["mean_distance"] > 0.0
    assert result["footfalls"] > 0
    assert 0.0 <= result["alternation"] <= 1.0
    assert result["obstacles"] == {}, "the walker's course is plain"


def test_evaluation_with_learning_on(whole, tmp_path) -> None:
    saved = whole / "lifetime_000" / "checkpoint.ckpt"
    out = tmp_path / "e.json"
    dynsyn("eval", saved, "--episodes", 3, "--learning", "--json", out)
    assert json.loads(out.read_text())["mode"] == "learning"


def test_another_world_for_the_same_body(whole) -> None:
    saved = whole / "lifetime_000" / "checkpoint.ckpt"
    shown = dynsyn("eval", saved, "--robot", "walker_hardcore", "--episodes", 1).stdout
    assert shown.startswith("walker_hardcore, frozen, 1 episodes")


@pytest.mark.parametrize(
    ("words", "message", "code"),
    [
        (("{saved}", "--robot", "swimmer"), "made for another robot: joints:", 1),
        (("{saved}", "--robot", "crawler"), "no robot named 'crawler'", 2),
        (("{saved}", "--robot.joints", 3), "joints", 2),
        (("{folder}/none.ckpt",), "cannot be read: No such file", 1),
        (("{folder}/damaged.ckpt",), "damaged, or not a checkpoint", 1),
        (("{saved}", "--json", "{folder}/none/e.json"), "there is no folder", 2),
        (("{saved}", "--episodes", 0), "found 0, expected 1 or more", 2),
    ],
)
def test_what_cannot_be_evaluated(whole, tmp_path, words, message, code) -> None:
    saved = whole / "lifetime_000" / "checkpoint.ckpt"
    (tmp_path / "damaged.ckpt").write_bytes(saved.read_bytes()[:9_000])
    words = [str(word).format(saved=saved, folder=tmp_path) for word in words]
    err = dynsyn("eval", *words, code=code).stderr
    assert message in err
    assert "Traceback" not in err


def test_watching_a_lifetime_does_not_change_it(tmp_path) -> None:
    """On SDL's dummy display: the window is real, only nobody sees it."""
    display = {**os.environ, "SDL_VIDEODRIVER": "dummy"}
    for name, watch, env in (("seen", ["--render"], display), ("unseen", [], None)):
        run = tmp_path / name
        words = "--preset", "authors", "--steps", 1000, "--out", run  # whose courses end soon
        dynsyn("train", "walker", *words, *watch, env=env)
    assert_same_run(tmp_path / "seen", tmp_path / "unseen")


def test_no_display_to_watch_on(tmp_path) -> None:
    hidden = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    hidden["SDL_VIDEODRIVER"] = "x11"
    run = tmp_path / "run"
    err = dynsyn("train", "walker", "--out", run, "--render", code=1, env=hidden).stderr
    assert "--render: no display to open a window on" in err
    assert not run.exists()
