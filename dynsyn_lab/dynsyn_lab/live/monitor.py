"""The live dashboard of any running controller, simulated or real."""

from __future__ import annotations

import math
import time

from dynsyn_lab.errors import CommandError
from dynsyn_lab.interrupts import Interrupts
from dynsyn_lab.live.client import ControllerClient
from dynsyn_lab.live.display import make_display
from dynsyn_lab.live.job_control import JobControl
from dynsyn_lab.live.session import POLL, attend


def watch(namespace: str, headless: bool, duration: float) -> None:
    """Show a controller until that is ended by a signal, a key or the duration.

    Args:
        namespace: of the controller, absolute.
        headless: plain lines, even on a terminal.
        duration: s; may be infinite.

    Raises:
        CommandError: no controller reported in a finite duration.
    """
    end = time.monotonic() + duration
    display = make_display(headless)
    with (
        Interrupts() as interrupts,
        ControllerClient(namespace) as client,
        display,
        JobControl(display.release, lambda: None) as jobs,
    ):
        if not headless:
            client.see_activity()
        display.note(f"listening to {namespace.rstrip('/')}/dynsyn/status")
        while not interrupts.requested and time.monotonic() < end:
            jobs.obey()
            client.poll(POLL)
            if "q" in attend(client, display):
                break
        heard = client.telemetry.status is not None
    if not heard and math.isfinite(duration):
        raise CommandError(f"no controller reported in namespace {namespace}")
