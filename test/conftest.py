"""Fixtures that any test may use."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from ros_environment import Peer, Processes

# How long an example takes says what else the machine does, not whether it is right.
settings.register_profile("dynsyn", deadline=None)
settings.load_profile("dynsyn")


# A run under nohup, or in the background of a shell, ignores these signals, and so would children:
# tests of a closed terminal or of Ctrl-C could not pass, or would wait for ever.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def ros_domain(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A ROS domain of the test's own; its child processes are in it and reach this machine only."""
    from ros_environment import free_domain

    with free_domain() as domain:
        monkeypatch.setenv("ROS_DOMAIN_ID", str(domain))
        monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
        yield domain


@pytest.fixture
def processes(ros_domain: int, tmp_path: Path) -> Iterator[Processes]:
    """Starts processes in the test's ROS domain; none outlives the test."""
    from ros_environment import Processes

    started = Processes(tmp_path)
    yield started
    started.kill_all()


@pytest.fixture
def peer(ros_domain: int) -> Iterator[Peer]:
    """A node of the test's own in its ROS domain."""
    from ros_environment import Peer

    node = Peer(ros_domain)
    yield node
    node.close()
