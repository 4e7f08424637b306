"""Asks a running controller to record, for `dynsyn record`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from dynsyn_lab.errors import CommandError
from dynsyn_lab.interrupts import Interrupts
from dynsyn_lab.live import calls
from dynsyn_lab.live.calling import LONGEST_ANSWER, LOOK
from dynsyn_lab.live.client import ControllerClient

_LOOK = 0.1  # s between two looks at the interrupts


def record(path: Path, namespace: str, duration: float, interrupts: Interrupts) -> Iterator[str]:
    """Record, and say so in lines for people.

    Args:
        path: file to write, absolute.
        namespace: of the controller.
        duration: s; may be infinite.
        interrupts: what ends it from outside.

    Raises:
        CommandError: there is no controller, or it refuses.
    """
    with ControllerClient(namespace) as client:
        if not client.offers(calls.record(""), LOOK):
            raise CommandError(f"no controller in namespace {namespace} answers")
        yield f"records into {_ask(client, str(path))}; Ctrl-C ends it"
        end = time.monotonic() + duration
        while not interrupts.requested and time.monotonic() < end:
            client.poll(_LOOK)
        yield f"recorded: {_ask(client, '')}"


def _ask(client: ControllerClient, path: str) -> str:
    answer = client.ask(calls.record(path), LONGEST_ANSWER)
    if answer is None:
        raise CommandError(f"dynsyn/record: no answer within {LONGEST_ANSWER:g} s")
    if not answer.success:
        raise CommandError(answer.message)
    return answer.path
