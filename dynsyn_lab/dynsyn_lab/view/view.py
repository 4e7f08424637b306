"""`dynsyn view`: gathers what a robot and its controller say, and serves the page."""

from __future__ import annotations

import math
import time

from dynsyn_lab.errors import CommandError
from dynsyn_lab.interrupts import Interrupts
from dynsyn_lab.live.client import ControllerClient
from dynsyn_lab.view.scene import Scene
from dynsyn_lab.view.server import PageServer

PERIOD = 0.05
"""s between two pictures."""


def view(namespace: str, host: str, port: int, duration: float) -> None:
    """Serve the page until that is ended by a signal or the duration.

    Args:
        namespace: of robot and controller, absolute.
        host: name or address to listen on.
        port: 0: any that is free.
        duration: s; may be infinite.

    Raises:
        CommandError: the address is taken, or no controller reported in a finite duration.
    """
    end = time.monotonic() + duration
    with (
        Interrupts() as interrupts,
        ControllerClient(namespace) as client,
        Scene(client) as scene,
        PageServer(host, port) as server,
    ):
        print(f"{server.address} shows {namespace} (Ctrl-C ends it)", flush=True)
        while not interrupts.requested and time.monotonic() < end:
            client.poll(PERIOD)
            server.show(scene.picture(), scene.weights, scene.weights_count)
        heard = client.telemetry.status is not None
    if not heard and math.isfinite(duration):
        raise CommandError(f"no controller reported in namespace {namespace}")
