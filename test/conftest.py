"""Fixtures that any test may use."""

from __future__ import annotations

import csv
import gc
import os
import signal
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import forked
import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from ros_environment import Peer, Process, Processes

FAILED = pytest.StashKey[bool]()
WAITING = {"integration", "launch"}
"""Folders of tests that start processes and wait for them; three at a time they fill two cores."""
FIRST = ("test_controller_node.py", "test_extend_learner.py", "test_swimmer_commands.py")
"""Files that compile what others use: one of them the walker's kernels, which thus are compiled
once, and not by each worker at the same moment."""
LONG_EXAMPLES = 3000
"""Examples of each property test with --long."""
# How long an example takes says what else the machine does, not whether it is right.
settings.register_profile("dynsyn", deadline=None, max_examples=30)
settings.register_profile("long", deadline=None, max_examples=LONG_EXAMPLES)
settings.load_profile("dynsyn")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="long tests, and many more examples")
    parser.addoption("--measured", type=Path, help="CSV that what tests measure is written to")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--long"):
        settings.load_profile("long")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is long, unless it is asked for; what waits comes before what computes."""
    items.sort(key=place)
    for item in items:
        if item.get_closest_marker("realtime") and item.path.parent.name != "integration":
            raise pytest.UsageError(f"{item.nodeid}: realtime; expected in test/integration")
    if config.getoption("--long"):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


def place(item: pytest.Item) -> tuple[bool, int]:
    """What the order of tests is by: their files', in their own order where this is the same."""
    name = item.path.name
    return item.path.parent.name not in WAITING, FIRST.index(name) if name in FIRST else len(FIRST)


def pytest_collection_finish() -> None:
    """What has been imported stays: the garbage collector need not look at it time and again."""
    gc.collect()
    gc.freeze()
    put_environment_back(forked.ENVIRONMENT)


def put_environment_back(before: dict[str, str]) -> None:
    """All variables as they were; `forked` starts real processes where one differs."""
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    """What a test sets, or a library that it uses, is gone after it."""
    before = dict(os.environ)
    yield
    put_environment_back(before)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport]:
    """Let fixtures know that their test has failed."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture
def note_measured(request: pytest.FixtureRequest) -> Callable[[str, float, float], None]:
    """Writes down what was measured beside what was allowed, with --measured."""
    path = request.config.getoption("--measured")

    def note(what: str, allowed: float, measured: float) -> None:
        if path is None:
            return
        new = not path.exists()
        with path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            if new:
                writer.writerow(("test", "what", "allowed", "measured"))
            writer.writerow((request.node.name, what, f"{allowed:.4g}", f"{measured:.4g}"))

    return note


# A run under nohup, or in the background of a shell, ignores these signals, and so would children:
# tests of a closed terminal or of Ctrl-C could not pass, or would wait for ever.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def ros_domain(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A ROS domain of the test's own; its child processes are in it and reach this machine only."""
    from ros_environment import enter, free_domain

    with free_domain() as domain:
        enter(domain, monkeypatch)
        yield domain


@pytest.fixture
def processes(
    request: pytest.FixtureRequest, ros_domain: int, tmp_path: Path
) -> Iterator[Processes]:
    """Starts processes in the test's ROS domain; none outlives the test."""
    from ros_environment import Processes

    started = Processes(tmp_path)
    yield started
    if request.node.stash.get(FAILED, False):
        started.abort_all()
    started.kill_all()


@pytest.fixture
def peer(ros_domain: int) -> Iterator[Peer]:
    """A node of the test's own in its ROS domain."""
    from ros_environment import Peer

    node = Peer(ros_domain)
    yield node
    node.close()


@pytest.fixture
def state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a user without lifetimes will have them."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "dynsyn"


@pytest.fixture
def dynsyn(processes: Processes) -> Callable[..., Process]:
    """Starts the command with these words."""
    return lambda *words: processes.start([*forked.DYNSYN, *map(str, words)])
